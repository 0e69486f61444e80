"""`digest doctor`: what to mend before mail goes out."""

from __future__ import annotations

from pathlib import Path

import click

from digest.cli.calls import Call, command
from digest.cli.exits import Exit
from digest.cli.presses import load_press
from digest.fetching.profile_folder import read_profile_folder
from digest.runs.doctor import DoctorReport, Patient, examine
from digest.runs.sender_domain import Finding, Verdict
from digest.storage import open_store

_SIGNS = {Verdict.GOOD: ("ok  ", "green"), Verdict.LOOK: ("look", "yellow"), Verdict.MEND: ("MEND", "red")}


@command(reports=True)
@click.option("--send-to", default="", metavar="EMAIL", help="Send a test message there.")
@click.option("--dkim-selector", "selectors", multiple=True, metavar="NAME", help="A DKIM key to look up; repeatable.")
@click.option("--offline", is_flag=True, help="Look up no names.")
def doctor(call: Call, send_to: str, selectors: tuple[str, ...], offline: bool) -> None:
    """Check configuration, store and mail, and say what to mend.

    Reads the settings and the profiles, opens the store, logs in at the relay, and looks up the SPF, DKIM and DMARC
    records of the sender's domain where a resolver can be reached. Ends with code 1 when something has to be mended.
    """
    folder = Path(call.settings.subscribers.folder)
    patient = Patient(
        settings=call.settings,
        profiles=read_profile_folder(folder) if folder.is_dir() else {},
        open_store=lambda: open_store(call.settings.store, call.configuration.folder),
        press=load_press(call.settings),
        selectors=selectors,
        send_to=send_to,
        online=not offline,
    )
    with call.steps() as tell:
        report = examine(patient, call.now, tell)
    call.show(report.as_dict(), _text(call, report))
    if not report.is_well:
        raise SystemExit(Exit.ERROR)


def _text(call: Call, report: DoctorReport) -> str:
    file = call.configuration.file
    head = f"settings: {file.absolute()}" if file else "settings: the built-in defaults, no digest.toml was found"
    last = "All is well." if report.is_well else "What is marked MEND keeps mail from going out, or soon will."
    return "\n".join([head, *(_line(finding) for finding in report.findings), last])


def _line(finding: Finding) -> str:
    sign, colour = _SIGNS[finding.verdict]
    line = f"{click.style(sign, fg=colour, bold=True)}  {finding.area}: {finding.found}"
    return f"{line}\n      {finding.mend}" if finding.mend else line
