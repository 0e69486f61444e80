"""`digest bounces`: process returned e-mail."""

from __future__ import annotations

import click

from digest.cli.invocation import Invocation, command
from digest.cli.tables import counted
from digest.errors import ConfigurationError
from digest.fetching.mailboxes import read_mailboxes, read_maildir
from digest.runs.bounces.process import BounceReport, Effect, lift, read_mailbox
from digest.runs.operations.signing_keys import link_keys


@command(reports=True)
@click.option(
    "--maildir", type=click.Path(file_okay=False), help="Read this Maildir instead of the configured mailboxes."
)
@click.option("--lift", "address", metavar="EMAIL", help="Lift the suppression of this address.")
def bounces(invocation: Invocation, maildir: str | None, address: str | None) -> None:
    """Process returned e-mail: bounces, complaints, unsubscribe requests.

    A message counts only if it contains a valid token of this installation. Addresses that do not exist are suppressed
    at once, addresses that refuse e-mail temporarily only when that persists. `--lift` undoes a suppression.
    """
    with invocation.store() as store:
        if address:
            lifted = lift(store, address, invocation.now)
            words = "is no longer suppressed" if lifted else "was not suppressed"
            invocation.show({"lifted": lifted}, f"{address} {words}")
            return
        keys = link_keys(store, invocation.now)
        settings = invocation.settings.bounces
        if not (maildir or settings.maildir or settings.imap_host):
            raise ConfigurationError("bounces: set bounces.maildir or bounces.imap_host")
        mails = read_maildir(invocation.configuration.folder / maildir) if maildir else read_mailboxes(settings)
        report = read_mailbox(store, mails, keys, invocation.now)
    invocation.show(report.as_dict(), bounces_text(report))


def bounces_text(report: BounceReport) -> str:
    """Return the report of a mailbox as text."""
    parts = [f"{report.effects[effect]} {effect}" for effect in Effect if report.effects[effect]]
    return ": ".join([counted(report.effects.total(), "message") + " read", ", ".join(parts)]).removesuffix(": ")
