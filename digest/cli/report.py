"""`digest report`: recent activity, and who got no issue and why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import click

from digest.cli.invocation import Invocation, command
from digest.cli.tables import table
from digest.errors import UsageError
from digest.runs.operations import report as reporting
from digest.runs.operations.report import ActivityReport

_AGO = re.compile(r"(\d{1,4})([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@command(reports=True)
@click.option("--since", default="1d", show_default=True, help="A time (2026-03-12T06:00) or an age (12h, 3d, 2w).")
def report(invocation: Invocation, since: str) -> None:
    """Show recent activity, and who got no issue and why."""
    moment = _moment(since, invocation.now)
    with invocation.store() as store:
        found = reporting.report(store, moment, invocation.now)
    invocation.show(found.as_dict(), "\n".join(_lines(found)))


def _moment(text: str, now: datetime) -> datetime:
    if ago := _AGO.fullmatch(text.strip()):
        return now - int(ago[1]) * _UNITS[ago[2]]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"--since: found {text!r}, expected a time such as 2026-03-12T06:00 or an age such as 3d"
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _lines(found: ActivityReport) -> Iterator[str]:
    yield f"since {found.since:%Y-%m-%d %H:%M} UTC"
    counts = [f"{count} {state}" for state, count in found.states.items() if count]
    yield f"issues: {', '.join(counts) or 'none'}"
    yield from (f"  skipped, {reason}: {count}" for reason, count in found.skipped.items())
    yield ""
    rows = [
        (
            f"{run.started:%m-%d %H:%M}",
            run.kind,
            f"{run.ended:%H:%M:%S}" if run.ended else "did not end",
            _sums(run.report),
        )
        for run in found.runs
    ]
    yield table(("run", "kind", "ended", "result"), rows) if rows else "no runs"
    if found.unsent:
        yield ""
        yield table(
            ("not sent to", "issue date", "state", "reason"),
            [(u.address, u.issue_date, u.state, u.why) for u in found.unsent],
        )
    for need in found.needs:
        yield f"\n! {need}"


def _sums(document: object) -> str:
    known = document if isinstance(document, dict) else {}
    counts = ("planned", "sent", "deferred", "failed", "unknown")
    return ", ".join(f"{known[name]} {name}" for name in counts if known.get(name)) or "nothing to do"
