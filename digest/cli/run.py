"""`digest run`: read the sources, plan the issues that are due, and send them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from digest.cli.configuration import Configuration
from digest.cli.deliver import deliver_text
from digest.cli.exits import Exit, exit_after
from digest.cli.ingest import ingest_text
from digest.cli.invocation import Invocation, command
from digest.cli.renderer import load_renderer
from digest.cli.signals import stopping
from digest.cli.tables import counted
from digest.fetching.profile_folder import read_profile_folder
from digest.runs.pipeline.run import RunControl, RunOptions, RunReport
from digest.runs.pipeline.run import run as run_all
from digest.settings import SubscribersSettings


def instant(_ctx: click.Context, _option: click.Parameter, text: str | None) -> datetime | None:
    """Return the instant of an option in UTC; UTC is also the default zone."""
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"found {text!r}, expected an instant such as 2026-03-12T07:30:00Z") from error
    return read.replace(tzinfo=read.tzinfo or UTC).astimezone(UTC)


@command(reports=True)
@click.option(
    "--now", metavar="ISO8601", callback=instant, help="Use this instant as the current time; UTC without a zone."
)
@click.option("--only", default="", metavar="EMAIL", help="Send one subscriber an issue now, whether due or not.")
@click.option("--dry-run", is_flag=True, help="Only show what would be planned; nothing is read, stored or sent.")
@click.option("--exit-code", is_flag=True, help="Exit with code 4 when nothing was due.")
def run(invocation: Invocation, now: datetime | None, only: str, dry_run: bool, exit_code: bool) -> None:
    """Read the sources, plan the issues that are due, and send them.

    Reads the configured sources, loads the profile files, decides an issue for everyone who is due, and sends it. If
    started twice, it sends nothing twice. Exits with code 3 when some issues could not be sent (1 when none could); the
    next run tries them again.
    """
    invocation = replace(invocation, instant=now)
    options = RunOptions(
        folder=invocation.configuration.folder,
        files=profile_files(invocation.configuration),
        only=only,
        dry_run=dry_run,
    )
    renderer = load_renderer(invocation.settings)
    with (
        invocation.store(must_exist=True) as store,
        stopping() as stop,
        invocation.bars("papers", "subscribers", "e-mails") as (read, planned, tried),
    ):
        watch = RunControl(stop=stop, read=lambda count, _origin: read(count), planned=planned, tried=tried)
        report = run_all(store, invocation.settings, renderer, invocation.now, options, watch)
    for problem in report.problems:
        invocation.warn(problem)
    nothing = _is_nothing(report)
    invocation.show(report.as_dict(), "" if nothing and not invocation.at_terminal else _text(report))
    exit_after(not report.is_partly_sent, some=report.delivered.sent)
    if nothing and exit_code:
        raise SystemExit(Exit.NOTHING_DUE)


def profile_files(configuration: Configuration) -> Mapping[str, bytes]:
    """Return the profile files; none when the default folder does not exist."""
    folder = Path(configuration.settings.subscribers.folder)
    is_default = folder == configuration.folder / SubscribersSettings().folder
    return {} if is_default and not folder.exists() else read_profile_folder(folder)


def _is_nothing(report: RunReport) -> bool:
    """Return whether nobody was due and nothing happened."""
    served = report.planned.planned + sum(report.planned.skipped.values()) + report.delivered.sent
    return not (served or report.is_partly_sent or report.ingested.papers_new)


def _text(report: RunReport) -> str:
    lines = [ingest_text(report.ingested.listings, report.ingested.papers_new)] if report.ingested.listings else []
    would = "would be planned" if report.dry_run else "planned"
    skipped = [f"{count} not sent: {reason}" for reason, count in report.planned.skipped.items()]
    lines.append(", ".join([f"{counted(report.planned.planned, 'issue')} {would}", *skipped]))
    return "\n".join(lines if report.dry_run else [*lines, deliver_text(report.delivered)])
