"""Persistence: write a batch of listings with its papers, keys, sightings and statistics to the store at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.papers import Listing, Paper, Sighting
from digest.ranking import CorpusStatistics
from digest.runs.ingest.deduplication import Deduplication, PlacedSighting, PreparedSightings
from digest.runs.ingest.report import ListingReport
from digest.runs.ingest.source_reader import SourceContent
from digest.storage import Tx
from digest.storage.papers import listings, papers, statistics
from digest.storage.papers.listings import ListingRecord


@dataclass(frozen=True, kw_only=True)
class ReadListing:
    """A listing that was read, not yet recorded."""

    content: SourceContent
    listing: Listing
    sightings: Sequence[PreparedSightings]


@dataclass(frozen=True, kw_only=True)
class _Shown:
    """What one listing of the batch showed, by final paper numbers."""

    sightings: Sequence[tuple[int, Sighting]]
    unknown: int  #: replacements of papers that are not known
    new: int
    updated: int


def record(tx: Tx, batch: Mapping[int, ReadListing], now: datetime) -> dict[int, ListingReport]:
    """Write all that a batch shows, in the transaction that numbers papers; return the report of each listing."""
    keys = (key for reading in batch.values() for prepared in reading.sightings for key in prepared.keys)
    deduplication = Deduplication.known(papers.by_keys(tx, keys))
    placed = {
        place: [deduplication.place(prepared) for prepared in reading.sightings] for place, reading in batch.items()
    }
    numbers = _write(tx, deduplication, now)
    left = set(deduplication.new)
    reports: dict[int, ListingReport] = {}
    for place, reading in batch.items():
        shown = _shown(reading, placed[place], deduplication, numbers, left)
        reports[place] = _list(tx, reading, shown, now)
    return reports


def _write(tx: Tx, deduplication: Deduplication, now: datetime) -> Mapping[int, int]:
    """Write papers, joins, keys and statistics; return the number of each new paper by its stand-in."""
    new = papers.add(tx, [deduplication.papers[stand_in] for stand_in in deduplication.new])
    numbers = dict(zip(deduplication.new, (paper.number for paper in new), strict=True))
    for kept, gone in deduplication.joins:
        papers.merge(tx, deduplication.papers[deduplication.owner(kept)], gone)
    papers.change(tx, [deduplication.papers[number] for number in sorted(deduplication.changed) if number > 0])
    owners = {key: deduplication.owner(number) for key, number in deduplication.keys.items()}
    papers.identify(tx, {key: numbers.get(number, number) for key, number in owners.items()})
    if new:
        _learn(tx, new, now)
    return numbers


def _learn(tx: Tx, new: Sequence[Paper], now: datetime) -> None:
    latest = statistics.latest(tx)
    corpus = CorpusStatistics.load(latest.data) if latest else CorpusStatistics.empty()
    corpus = corpus.with_papers(new)
    statistics.add(tx, now, corpus.papers, corpus.dump())


def _shown(
    reading: ReadListing,
    placed: Sequence[PlacedSighting | None],
    deduplication: Deduplication,
    numbers: Mapping[int, int],
    left: set[int],
) -> _Shown:
    """Return what a listing showed; `left` are the new papers that no listing before it did."""
    pairs = [(place, found) for place, found in zip(placed, reading.sightings, strict=True) if place]
    owners = [deduplication.owner(place.paper) for place, _ in pairs]
    new = left & set(owners)
    left -= new
    enriched = {deduplication.owner(place.paper) for place, _ in pairs if place.is_enriched}
    return _Shown(
        sightings=[
            (numbers.get(owner, owner), found.sighting) for owner, (_, found) in zip(owners, pairs, strict=True)
        ],
        unknown=sum(place is None for place in placed),
        new=len(new),
        updated=len(enriched - deduplication.new.keys()),
    )


def _list(tx: Tx, reading: ReadListing, shown: _Shown, now: datetime) -> ListingReport:
    source, listing, sha256 = reading.content.source.name, reading.listing, reading.content.fetched.sha256
    if known := listings.held(tx, source, sha256):
        # The same content twice in this run, or read by another run in the meantime.
        return ListingReport.again(known, listing.origin)
    entry = ListingRecord(
        source=source,
        origin=listing.origin,
        format=listing.format,
        sha256=sha256,
        read_at=now,
        page_date=listing.page_date,
        papers=len({number for number, _ in shown.sightings}) + shown.unknown,
        new=shown.new,
        updated=shown.updated,
        problems=listing.problems,
    )
    listings.add(tx, entry, shown.sightings)
    return ListingReport(
        source=source,
        origin=listing.origin,
        format=listing.format,
        papers=entry.papers,
        new=entry.new,
        updated=entry.updated,
        problems=listing.problems,
    )
