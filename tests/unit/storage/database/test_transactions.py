from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from digest.errors import ConfigurationError, SchemaTooNew, StoreBusy, StoreError
from digest.settings import StoreSettings
from digest.storage import Store, open_store
from digest.storage.database.migrations import STEPS
from digest.storage.delivery import runs


def test_a_transaction_sees_what_an_earlier_one_wrote(store: Store) -> None:
    with store.transaction() as tx:
        runs.set_flag(tx, "hold", "yes")
    with store.reading() as tx:
        assert runs.flag(tx, "hold") == "yes"


def test_a_block_that_raises_writes_nothing(store: Store) -> None:
    def interrupted() -> None:
        with store.transaction() as tx:
            runs.set_flag(tx, "hold", "yes")
            raise KeyError

    with pytest.raises(KeyError):
        interrupted()
    with store.reading() as tx:
        assert runs.flag(tx, "hold") == ""


def test_a_reader_sees_one_state_while_another_writes(store: Store) -> None:
    with store.reading() as reader:
        before = runs.flag(reader, "hold")
        with store.transaction() as writer:
            runs.set_flag(writer, "hold", "yes")
        assert runs.flag(reader, "hold") == before == ""


def test_a_second_ingest_gives_up_after_its_wait(store: Store) -> None:
    def ingest() -> None:
        with store.ingesting(0.05):
            raise AssertionError("two ingests at a time")

    with store.ingesting(0.05), pytest.raises(StoreBusy, match="another process is writing"):
        ingest()


def test_a_second_ingest_goes_on_once_the_first_is_done(store: Store) -> None:
    inside, order = threading.Event(), []

    def first() -> None:
        with store.ingesting(5):
            inside.set()
            threading.Event().wait(0.2)
            order.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    inside.wait(5)
    with store.ingesting(5):
        order.append("second")
    thread.join()
    assert order == ["first", "second"]


def test_opening_a_store_again_keeps_what_it_holds(store_url: str, tmp_path: Path) -> None:
    for expected in ("", "yes"):
        store = open_store(StoreSettings(url=store_url), tmp_path)
        with store.transaction() as tx:
            assert runs.flag(tx, "hold") == expected
            runs.set_flag(tx, "hold", "yes")
        store.close()


def test_a_store_of_a_newer_program_is_refused_and_left_unchanged(store: Store, store_url: str) -> None:
    with store.transaction() as tx:
        tx.connection.execute(text("UPDATE schema_version SET version = 999"))
    with pytest.raises(SchemaTooNew, match=f"schema version 999, this program knows {len(STEPS)}"):
        open_store(StoreSettings(url=store_url), Path())


@pytest.mark.parametrize(
    ("url", "message"),
    [
        pytest.param("digest.db", "'digest.db' is not a database address", id="a bare file name"),
        pytest.param(
            "mysql://localhost/digest", "'mysql' is not a database that this program supports", id="another database"
        ),
        pytest.param("sqlite://", "cannot share an in-memory", id="memory"),
    ],
)
def test_an_invalid_store_address_is_refused(url: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=message):
        open_store(StoreSettings(url=url), tmp_path)


def test_a_relative_file_is_in_the_base_folder_which_is_created(tmp_path: Path) -> None:
    store = open_store(StoreSettings(url="sqlite:///var/digest.db"), tmp_path)
    assert store.file == tmp_path / "var" / "digest.db"
    assert store.file.exists()
    store.close()


def test_an_unreachable_server_is_an_error_that_keeps_the_password(tmp_path: Path) -> None:
    url = "postgresql://ada:sesame@127.0.0.1:1/digest"
    with pytest.raises(StoreError) as raised:
        open_store(StoreSettings(url=url), tmp_path)
    assert "127.0.0.1" in str(raised.value)
    assert "sesame" not in str(raised.value)
