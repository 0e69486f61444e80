"""`digest doctor`: check what to fix before e-mail is sent."""

from __future__ import annotations

from pathlib import Path

import click

from digest.cli.exits import Exit
from digest.cli.invocation import Invocation, command
from digest.cli.renderer import load_renderer
from digest.fetching.profile_folder import read_profile_folder
from digest.runs.operations.doctor import DoctorReport, Installation, examine
from digest.runs.operations.sender_domain import RecordFinding, RecordVerdict

_SIGNS = {
    RecordVerdict.GOOD: ("ok  ", "green"),
    RecordVerdict.LOOK: ("look", "yellow"),
    RecordVerdict.FIX: ("FIX", "red"),
}


@command(reports=True)
@click.option("--send-to", default="", metavar="EMAIL", help="Send a test message there.")
@click.option(
    "--dkim-selector", "selectors", multiple=True, metavar="NAME", help="DKIM selector to look up; repeatable."
)
@click.option("--offline", is_flag=True, help="Do not use DNS.")
def doctor(invocation: Invocation, send_to: str, selectors: tuple[str, ...], offline: bool) -> None:
    """Check configuration, store and e-mail, and say what to fix.

    Reads the settings and the profiles, opens the store, logs in to the relay, and looks up the SPF, DKIM and DMARC
    records of the sender domain if a resolver is reachable. Exits with code 1 when something must be fixed.
    """
    folder = Path(invocation.settings.subscribers.folder)
    installation = Installation(
        settings=invocation.settings,
        profiles=read_profile_folder(folder) if folder.is_dir() else {},
        open_store=lambda: invocation.open_store(must_exist=True),
        renderer=load_renderer(invocation.settings),
        selectors=selectors,
        send_to=send_to,
        online=not offline,
    )
    with invocation.steps() as tell:
        report = examine(installation, invocation.now, tell)
    invocation.show(report.as_dict(), _text(invocation, report))
    if not report.is_well:
        raise SystemExit(Exit.ERROR)


def _text(invocation: Invocation, report: DoctorReport) -> str:
    file = invocation.configuration.file
    head = f"settings: {file.absolute()}" if file else "settings: the built-in defaults, no digest.toml found"
    last = "Everything is fine." if report.is_well else "Fix what is marked FIX: it stops e-mail now or will soon."
    return "\n".join([head, *(_line(finding) for finding in report.findings), last])


def _line(finding: RecordFinding) -> str:
    sign, colour = _SIGNS[finding.verdict]
    line = f"{click.style(sign, fg=colour, bold=True)}  {finding.area}: {finding.found}"
    return f"{line}\n      {finding.fix}" if finding.fix else line
