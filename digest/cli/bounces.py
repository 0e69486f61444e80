"""`digest bounces`: reads what came back."""

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
@click.option("--lift", "address", metavar="EMAIL", help="Let this suppressed address be mailed again.")
def bounces(invocation: Invocation, maildir: str | None, address: str | None) -> None:
    """Read what came back: bounces, complaints, wishes to leave.

    A mail is acted on only when it carries a valid token of ours. An address that does not exist is not mailed again,
    one that refuses mail for now only when that persists; `--lift` takes that back.
    """
    with invocation.store() as store:
        if address:
            lifted = lift(store, address, invocation.now)
            words = "is mailed again" if lifted else "was not suppressed"
            invocation.show({"lifted": lifted}, f"{address} {words}")
            return
        keys = link_keys(store, invocation.now)
        settings = invocation.settings.bounces
        if not (maildir or settings.maildir or settings.imap_host):
            raise ConfigurationError("bounces: neither bounces.maildir nor bounces.imap_host is set")
        mails = read_maildir(invocation.configuration.folder / maildir) if maildir else read_mailboxes(settings)
        report = read_mailbox(store, mails, keys, invocation.now)
    invocation.show(report.as_dict(), bounces_text(report))


def bounces_text(report: BounceReport) -> str:
    """Return what people read of a mailbox."""
    parts = [f"{report.effects[effect]} {effect}" for effect in Effect if report.effects[effect]]
    return ": ".join([counted(report.effects.total(), "mail") + " read", ", ".join(parts)]).removesuffix(": ")
