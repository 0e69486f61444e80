"""What the sources hold now, one piece of content after the other; what was read before is marked as known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from digest.errors import FetchError
from digest.fetching.fetched import Fetched
from digest.fetching.files import Stamp, listing_paths, read_file, stamp, still_changing
from digest.settings import SourceSettings
from digest.storage import Store, listings
from digest.storage.listings import ListingRecord


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """Content that a source holds."""

    source: SourceSettings
    fetched: Fetched
    known: ListingRecord | None = None  #: what was recorded when the same content was read before
    is_whole_source: bool = False  #: whether it is all that the source holds: an address, not a file of a folder


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A source, or a file of one, that could not be read."""

    source: SourceSettings
    origin: str
    reason: str


def gathered(store: Store, sources: Iterable[SourceSettings], folder: Path) -> Iterator[Arrival | Failure]:
    """Gives the content of all sources, in their order; of folders only the files that were not read before."""
    for source in sources:
        if source.path:
            yield from _from_path(store, source, folder / source.path)
        else:
            yield Failure(source=source, origin=source.name, reason="the source names no path")


def _from_path(store: Store, source: SourceSettings, path: Path) -> Iterator[Arrival | Failure]:
    try:
        paths = listing_paths(path)
    except FetchError as error:
        yield Failure(source=source, origin=str(path), reason=str(error).removeprefix(f"{path}: "))
        return
    is_folder = path.is_dir()
    fresh: list[tuple[Path, Stamp | None]] = []
    for file in paths:
        stamped = stamp(file)
        found = _from_file(store, source, file)
        if isinstance(found, Failure) or not is_folder:
            yield found
        elif not found.known:
            fresh.append((file, stamped))
    yield from _settled(store, source, fresh)


def _settled(
    store: Store, source: SourceSettings, fresh: list[tuple[Path, Stamp | None]]
) -> Iterator[Arrival | Failure]:
    """Gives the new files of a folder, but for those that are still being written: they are left for the next time."""
    changing = still_changing(fresh)
    for file, _ in fresh:
        if file not in changing:
            yield _from_file(store, source, file)


def _from_file(store: Store, source: SourceSettings, file: Path) -> Arrival | Failure:
    try:
        fetched = read_file(file)
    except FetchError as error:
        return Failure(source=source, origin=str(file), reason=str(error).removeprefix(f"{file}: "))
    return Arrival(source=source, fetched=fetched, known=_known(store, source, fetched))


def _known(store: Store, source: SourceSettings, fetched: Fetched) -> ListingRecord | None:
    with store.reading() as tx:
        return listings.held(tx, source.name, fetched.sha256)
