"""Ingest: fetch and read listings, find or create their papers, and record them in one transaction."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from digest.errors import ListingError
from digest.fetching.fetched import Fetched
from digest.papers import Listing, Problem
from digest.runs.ingest.deduplication import PreparedSightings
from digest.runs.ingest.persistence import ReadListing, record
from digest.runs.ingest.report import IngestReport, ListingReport
from digest.runs.ingest.source_reader import Found, ReadSource, SourceContent, SourceFailure, SourceReader
from digest.settings import FetchingSettings, SourceSettings
from digest.sources import read_listing
from digest.storage import Store
from digest.storage.papers import listings

BATCH = 5_000  # sightings that are recorded in one transaction, unless a single listing holds more

__all__ = ["IngestOptions", "IngestReport", "ListingReport", "ingest"]

Progress = Callable[[int, str], None]  # papers read since the last call, and where

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class IngestOptions:
    """Options of one ingest."""

    folder: Path = Path()  #: what relative paths are relative to
    page_date: date | None = None  #: the date of the pages, when the caller knows it
    wait: float = 60  #: seconds to wait for another ingest
    configured: bool = True  #: whether the sources are those of the settings, whose state is remembered
    fetching: FetchingSettings = field(default_factory=FetchingSettings)
    sleep: Callable[[float], None] = time.sleep  #: how to wait for a server


def ingest(
    store: Store,
    sources: Iterable[SourceSettings],
    *,
    now: datetime,
    options: IngestOptions | None = None,
    progress: Progress | None = None,
) -> IngestReport:
    """Read the sources and return what is new in them; content that was read before changes nothing.

    A source or a listing that fails is in the report and stops no other. Raise StoreBusy when another ingest
    outlasts the wait.
    """
    chosen = options or IngestOptions()
    run = _Run(store, now, chosen, progress)
    reader = SourceReader(store=store, folder=chosen.folder, fetching=chosen.fetching, now=now, sleep=chosen.sleep)
    for found in reader.found(sources):
        run.take(found)
    run.record()
    report = IngestReport(listings=tuple(run.reports[place] for place in sorted(run.reports)))
    _log.info(
        "%d listings read, %d new papers",
        len(report.listings),
        report.papers_new,
        extra={"action": "ingest", "listings": len(report.listings), "papers_new": report.papers_new},
    )
    return report


class _Run:
    """One ingest under way: listings are collected into batches, and each batch is recorded in one transaction."""

    def __init__(self, store: Store, now: datetime, options: IngestOptions, progress: Progress | None) -> None:
        self.store, self.now, self.options, self.progress = store, now, options, progress
        self.reports: dict[int, ListingReport] = {}
        self.batch: dict[int, ReadListing] = {}
        self.place = 0

    def take(self, found: Found) -> None:
        """Read one listing into the batch, or report why that is impossible."""
        self.place += 1
        if isinstance(found, SourceFailure):
            self._fail(found)
        elif isinstance(found, ReadSource):
            self._worked(found.source, found.etag, found.last_modified)
        elif found.known:
            self.reports[self.place] = ListingReport.again(found.known, found.fetched.origin)
            self._content_read(found)
        else:
            self._read(found)
        if sum(len(reading.sightings) for reading in self.batch.values()) >= BATCH:
            self.record()

    def _read(self, content: SourceContent) -> None:
        source, origin = content.source, content.fetched.origin
        try:
            listing = _listing_of(content.fetched, source, self.now, self.options.page_date)
        except ListingError as error:
            reason = str(error).removeprefix(f"{origin}: ")
            self._fail(
                SourceFailure(source=source, origin=origin, reason=reason, is_whole_source=content.is_whole_source)
            )
            return
        prepared = [PreparedSightings.of(sighting, source.name, self.now) for sighting in listing.sightings]
        self.batch[self.place] = ReadListing(content=content, listing=listing, sightings=prepared)
        if self.progress:
            self.progress(len(prepared), listing.origin)

    def _fail(self, failure: SourceFailure) -> None:
        source, since = failure.source.name, None
        if self.options.configured and failure.is_whole_source:
            with self.store.transaction() as tx:
                listings.source_failed(tx, source, self.now, failure.reason)
                since = listings.source_states(tx)[source].failing_since
        problem = Problem(line=None, reason=failure.reason)
        self.reports[self.place] = ListingReport(
            source=source, origin=failure.origin, problems=(problem,), failing_since=since
        )
        keys = {"action": "ingest", "source": source, "origin": failure.origin}
        _log.warning("%s: %s", failure.origin, failure.reason, extra=keys)

    def _content_read(self, content: SourceContent) -> None:
        if content.is_whole_source:
            self._worked(content.source, content.fetched.etag, content.fetched.last_modified)

    def _worked(self, source: SourceSettings, etag: str, last_modified: str) -> None:
        if self.options.configured:
            with self.store.transaction() as tx:
                listings.source_worked(tx, source.name, self.now, etag=etag, last_modified=last_modified)

    def record(self) -> None:
        """Write the batch to the store in the one transaction that may number papers."""
        if not self.batch:
            return
        with self.store.ingesting(self.options.wait) as tx:
            self.reports |= record(tx, self.batch, self.now)
        for reading in self.batch.values():
            self._content_read(reading.content)
        self.batch.clear()


def _listing_of(fetched: Fetched, source: SourceSettings, now: datetime, page_date: date | None) -> Listing:
    seen = min(now, fetched.modified) if fetched.modified else now
    return read_listing(
        fetched.data, origin=fetched.origin, now=seen, format=source.format or None, page_date=page_date
    )
