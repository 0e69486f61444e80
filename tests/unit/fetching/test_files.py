"""Files and folders as sources: what is a listing, and what is still being written."""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.errors import FetchError
from digest.fetching import files
from digest.fetching.files import listing_paths, read_file, stamp, still_changing


def test_a_file_is_read_with_the_time_of_its_last_change(tmp_path: Path) -> None:
    path = tmp_path / "page.txt"
    path.write_bytes(b"text")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    fetched = read_file(path)
    assert (fetched.data, fetched.origin) == (b"text", str(path))
    assert fetched.modified == datetime.fromtimestamp(1_700_000_000, UTC)


def test_a_folder_stands_for_the_files_in_it_and_below_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.json", "c.txt.part", ".hidden", ".git/config", "d.crdownload", "e.txt~", "a/.x"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert [str(path.relative_to(tmp_path)) for path in listing_paths(tmp_path)] == ["a/z.json", "b.txt"]


def test_a_link_to_nowhere_and_a_pipe_are_no_listings(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe")
    assert listing_paths(tmp_path) == []


def test_what_does_not_exist_or_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FetchError, match="no such file or folder"):
        listing_paths(tmp_path / "nowhere")
    with pytest.raises(FetchError, match="No such file"):
        read_file(tmp_path / "nowhere")
    monkeypatch.setattr(files, "MOST_BYTES", 3)
    (tmp_path / "large").write_text("four")
    with pytest.raises(FetchError, match="more than 3 bytes"):
        read_file(tmp_path / "large")


def test_a_file_that_is_being_written_is_told_from_one_that_is_whole(tmp_path: Path) -> None:
    whole, growing, gone = (tmp_path / name for name in ("whole", "growing", "gone"))
    for path in (whole, growing, gone):
        path.write_text("beginning")
    stamps = [(path, stamp(path)) for path in (whole, growing, gone)]
    gone.unlink()
    stop = threading.Event()

    def write() -> None:
        with growing.open("a") as file:
            while not stop.is_set():
                file.write("more")
                file.flush()
                time.sleep(0.01)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert still_changing(stamps) == {growing, gone}
    finally:
        stop.set()
        writer.join()


def test_nothing_new_costs_no_wait() -> None:
    begun = time.process_time()
    assert still_changing([], pause=60) == frozenset()
    assert time.process_time() - begun < 5
