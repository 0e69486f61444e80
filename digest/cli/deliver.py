"""`digest deliver`: drains the ledger."""

from __future__ import annotations

import click

from digest.cli.calls import Call, command
from digest.cli.exits import exit_after
from digest.cli.presses import load_press
from digest.cli.stopping import stopping
from digest.cli.tables import counted
from digest.runs import deliver as delivering
from digest.runs.deliver import DeliverReport
from digest.storage import ledger
from digest.storage.secrets import keyring


@command(reports=True)
@click.option("--resend-unknown", is_flag=True, help="Send again what may or may not have arrived.")
def deliver(call: Call, resend_unknown: bool) -> None:
    """Send what is planned already.

    Reads no listing and plans nothing. On SIGTERM what is under way is finished. Ends with code 3 when some of it could
    not be sent; another `digest deliver` or `digest run` tries again when its time has come.
    """
    press = load_press(call.settings)
    with call.store() as store, stopping() as stop, call.bar("mails") as tried:
        with store.transaction() as tx:
            again = ledger.resend_unknown(tx, call.now) if resend_unknown else 0
            keys = keyring(tx, call.now)
        compose = delivering.composer(press, keys, call.settings)
        report = delivering.deliver(store, compose, call.settings, call.now, stop=stop, tried=tried)
    call.show(report.as_dict() | {"resent": again}, deliver_text(report))
    if report.problem:
        call.warn(report.problem)
    exit_after(report.is_complete, some=report.sent)


def deliver_text(report: DeliverReport) -> str:
    """Gives what people read of a delivery."""
    counts = {name: count for name, count in report.as_dict().items() if isinstance(count, int)}
    rest = [f"{count} {name}" for name, count in counts.items() if count and name != "sent"]
    return ", ".join([f"{counted(report.sent, 'issue')} sent", *rest])
