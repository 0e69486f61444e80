"""The present content of the sources, one file or page at a time; content that was read before is marked as known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest.errors import FetchError
from digest.fetching.fetched import Fetched
from digest.fetching.files import Stamp, listing_paths, read_file, stamp, still_changing
from digest.fetching.paging import is_index, next_page
from digest.fetching.presets import is_query, preset_url
from digest.fetching.web_reader import Known, WebReader
from digest.settings import FetchingSettings, SourceSettings
from digest.storage import Store
from digest.storage.papers import listings
from digest.storage.papers.listings import ListingRecord, SourceState


@dataclass(frozen=True, kw_only=True)
class SourceContent:
    """Content that a source holds."""

    source: SourceSettings
    fetched: Fetched
    known: ListingRecord | None = None  #: what was recorded when the same content was read before
    is_whole_source: bool = False  #: whether it is all that the source holds: an address, not a file of a folder


@dataclass(frozen=True, kw_only=True)
class SourceFailure:
    """A source, or a file of one, that could not be read."""

    source: SourceSettings
    origin: str
    reason: str
    is_whole_source: bool = True


@dataclass(frozen=True, kw_only=True)
class ReadSource:
    """A source that was reached: a folder that could be listed, an address whose content has not changed."""

    source: SourceSettings
    etag: str = ""  #: what its server said the last time, which still holds
    last_modified: str = ""


Found = SourceContent | SourceFailure | ReadSource


@dataclass(frozen=True, kw_only=True)
class SourceReader:
    """Where to look for the content of sources, and with which manners."""

    store: Store
    folder: Path  #: what relative paths are relative to
    fetching: FetchingSettings
    now: datetime
    sleep: Callable[[float], None]

    def found(self, sources: Iterable[SourceSettings]) -> Iterator[Found]:
        """Return the content of all sources; of folders only the files that were not read before.

        They come in their order, but those that failed the last time come last: they may use up the time of the run.
        """
        states = self._states()
        chosen = sorted(sources, key=lambda source: _is_failing(states.get(source.name)))
        with WebReader(self.fetching, now=lambda: self.now, sleep=self.sleep) as web:
            for source in chosen:
                if source.path:
                    yield from self._from_path(source, self.folder / source.path)
                else:
                    web.begin_source()
                    yield from self._from_web(web, source, states.get(source.name))

    def _states(self) -> dict[str, SourceState]:
        with self.store.reading() as tx:
            return listings.source_states(tx)

    def _from_web(self, web: WebReader, source: SourceSettings, state: SourceState | None) -> Iterator[Found]:
        """Return the content of an address; of a query its pages, of which those that were read before are known."""
        origin = source.url or source.preset or source.name
        is_paged = bool(not source.url and is_query(source.preset))
        known = Known(etag=state.etag, last_modified=state.last_modified) if state and not is_paged else Known()
        try:
            url = source.url or preset_url(source.preset)
            for _ in range(self.fetching.pages if is_paged else 1):
                fetched = web.read(url, known)
                if fetched is None:
                    yield ReadSource(source=source, etag=known.etag, last_modified=known.last_modified)
                    return
                following = next_page(url, fetched.data) if is_paged else ""
                if is_index(url):
                    fetched, following = web.read(following) if following else None, ""
                if fetched is None:
                    yield ReadSource(source=source)
                    return
                held = self._known(source, fetched)
                yield SourceContent(source=source, fetched=fetched, known=held, is_whole_source=not is_paged)
                if not following:
                    break
                url = following
            if is_paged:
                yield ReadSource(source=source)
        except FetchError as error:
            yield SourceFailure(source=source, origin=origin, reason=str(error).removeprefix(f"{origin}: "))

    def _from_path(self, source: SourceSettings, path: Path) -> Iterator[Found]:
        try:
            paths = listing_paths(path)
        except FetchError as error:
            yield SourceFailure(source=source, origin=str(path), reason=str(error).removeprefix(f"{path}: "))
            return
        fresh: list[tuple[Path, Stamp | None]] = []
        for file in paths:
            stamped = stamp(file)
            found = self._from_file(source, file)
            if isinstance(found, SourceFailure) or file == path:
                yield found
            elif not found.known:
                fresh.append((file, stamped))
        yield from self._settled(source, fresh)
        yield ReadSource(source=source)

    def _settled(self, source: SourceSettings, fresh: list[tuple[Path, Stamp | None]]) -> Iterator[Found]:
        """Return the new files of a folder, but for those that are still being written: they wait for the next time."""
        changing = still_changing(fresh)
        for file, _ in fresh:
            if file not in changing:
                yield self._from_file(source, file)

    def _from_file(self, source: SourceSettings, file: Path) -> SourceContent | SourceFailure:
        try:
            fetched = read_file(file)
        except FetchError as error:
            reason = str(error).removeprefix(f"{file}: ")
            return SourceFailure(source=source, origin=str(file), reason=reason, is_whole_source=False)
        return SourceContent(source=source, fetched=fetched, known=self._known(source, fetched))

    def _known(self, source: SourceSettings, fetched: Fetched) -> ListingRecord | None:
        with self.store.reading() as tx:
            return listings.held(tx, source.name, fetched.sha256)


def _is_failing(state: SourceState | None) -> bool:
    return state is not None and state.failing_since is not None
