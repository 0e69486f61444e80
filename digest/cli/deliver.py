"""`digest deliver`: send the planned issues."""

from __future__ import annotations

import click

from digest.cli.exits import exit_after
from digest.cli.invocation import Invocation, command
from digest.cli.renderer import load_renderer
from digest.cli.signals import stopping
from digest.cli.tables import counted
from digest.runs.delivery import deliver as delivering
from digest.runs.delivery.deliver import DeliverReport


@command(reports=True)
@click.option("--resend-unknown", is_flag=True, help="Send deliveries again whose outcome is unknown.")
def deliver(invocation: Invocation, resend_unknown: bool) -> None:
    """Send the issues that are already planned.

    Reads no sources and plans nothing. On SIGTERM, deliveries in progress are finished. Exits with code 3 when some
    issues could not be sent; the next `digest deliver` or `digest run` tries them again when they are due.
    """
    renderer = load_renderer(invocation.settings)
    with invocation.store(must_exist=True) as store, stopping() as stop, invocation.bar("e-mails") as tried:
        again = delivering.resend_unknown(store, invocation.now) if resend_unknown else 0
        compose = delivering.composers(store, renderer, invocation.settings)(invocation.now)
        report = delivering.deliver(store, compose, invocation.settings, invocation.now, stop=stop, tried=tried)
    invocation.show(report.as_dict() | {"resent": again}, deliver_text(report))
    if report.problem:
        invocation.warn(report.problem)
    exit_after(report.is_complete, some=report.sent)


def deliver_text(report: DeliverReport) -> str:
    """Return the report of a delivery as text."""
    counts = {name: count for name, count in report.as_dict().items() if isinstance(count, int)}
    rest = [f"{count} {name}" for name, count in counts.items() if count and name != "sent"]
    return ", ".join([f"{counted(report.sent, 'issue')} sent", *rest])
