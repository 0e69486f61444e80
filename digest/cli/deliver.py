"""`digest deliver`: drains the ledger."""

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
@click.option("--resend-unknown", is_flag=True, help="Send again what may or may not have arrived.")
def deliver(invocation: Invocation, resend_unknown: bool) -> None:
    """Send what is planned already.

    Reads no listing and plans nothing. On SIGTERM what is under way is finished. Ends with code 3 when some of it could
    not be sent; another `digest deliver` or `digest run` tries again when its time has come.
    """
    renderer = load_renderer(invocation.settings)
    with invocation.store() as store, stopping() as stop, invocation.bar("mails") as tried:
        again = delivering.resend_unknown(store, invocation.now) if resend_unknown else 0
        compose = delivering.composers(store, renderer, invocation.settings)(invocation.now)
        report = delivering.deliver(store, compose, invocation.settings, invocation.now, stop=stop, tried=tried)
    invocation.show(report.as_dict() | {"resent": again}, deliver_text(report))
    if report.problem:
        invocation.warn(report.problem)
    exit_after(report.is_complete, some=report.sent)


def deliver_text(report: DeliverReport) -> str:
    """Return what people read of a delivery."""
    counts = {name: count for name, count in report.as_dict().items() if isinstance(count, int)}
    rest = [f"{count} {name}" for name, count in counts.items() if count and name != "sent"]
    return ", ".join([f"{counted(report.sent, 'issue')} sent", *rest])
