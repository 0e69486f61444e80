"""`digest ingest`: read listings into the store."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import click

from digest.cli.exits import Exit
from digest.cli.invocation import Invocation, command
from digest.cli.tables import counted
from digest.errors import UsageError
from digest.runs.ingest.ingest import IngestOptions, ListingReport
from digest.runs.ingest.ingest import ingest as run_ingest
from digest.runs.matching.embeddings import embed_new
from digest.settings import SourceSettings

MOST_PROBLEMS = 20  #: shown for one listing; the JSON has all


@command(reports=True)
@click.argument("places", metavar="[PATH_OR_URL]...", nargs=-1)
@click.option("--format", "format_", default="", metavar="NAME", help="Format of the listings. Default: detected.")
@click.option(
    "--page-date",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="Date of the pages, if they do not contain the year.",
)
def ingest(invocation: Invocation, places: tuple[str, ...], format_: str, page_date: datetime | None) -> None:
    """Read listings into the store.

    Reads the given files, folders or URLs, or all configured sources. A listing that was read before changes nothing.
    Unreadable parts are reported with their line and do not affect the rest; the command exits with code 1 only when
    nothing could be read.
    """
    sources = tuple(_source(place, format_) for place in places) or invocation.settings.sources
    if not sources:
        raise UsageError("no sources are configured; name a listing, or add [[sources]] to digest.toml")
    options = IngestOptions(
        folder=invocation.configuration.folder,
        page_date=page_date.date() if page_date else None,
        wait=invocation.settings.store.busy_seconds,
        fetching=invocation.settings.fetching,
        configured=not places,
    )
    with invocation.store() as store, invocation.bar("papers") as advance:
        report = run_ingest(
            store, sources, now=invocation.now, options=options, progress=lambda count, _origin: advance(count)
        )
        embed_new(store, invocation.settings.issue, invocation.now)
    invocation.show(report.as_dict(), ingest_text(report.listings, report.papers_new))
    if report.listings and len(report.failed) == len(report.listings):
        raise SystemExit(Exit.ERROR)


def _source(place: str, format_: str) -> SourceSettings:
    if "://" in place:
        return SourceSettings(name=place, url=place, format=format_)
    return SourceSettings(name=Path(place).name or place, path=os.path.abspath(place), format=format_)


def ingest_text(listings: Iterable[ListingReport], new: int) -> str:
    """Return the report of an ingest as text: one line per listing, with its problems below."""
    lines = []
    for listing in listings:
        if listing.format:
            lines.append(f"{listing.origin}: {counted(listing.papers, 'paper')}, {listing.new} new ({listing.format})")
        else:
            lines.append(f"{listing.origin}: could not be read")
        for problem in listing.problems[:MOST_PROBLEMS]:
            lines.append(f"  line {problem.line}: {problem.reason}" if problem.line else f"  {problem.reason}")
        if len(listing.problems) > MOST_PROBLEMS:
            lines.append(f"  and {len(listing.problems) - MOST_PROBLEMS} more")
    return "\n".join([*lines, counted(new, "new paper")])
