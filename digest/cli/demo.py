"""`digest demo`: a complete run on sample data."""

from __future__ import annotations

from pathlib import Path

import click

from digest.cli.invocation import Invocation, command
from digest.cli.tables import counted, reasons_line, shortened
from digest.runs.pipeline.demo import DemoOutcome, DemoReport
from digest.runs.pipeline.demo import demo as run_demo


@command(reports=True)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("digest-demo"),
    show_default=True,
    help="Folder for the e-mails.",
)
def demo(invocation: Invocation, out: Path) -> None:
    """Run everything on the sample data that ships with the program.

    Uses sample papers, sample subscribers and a temporary store. The e-mails go over real SMTP to an embedded server
    that saves them as .eml files. Nothing leaves this machine.
    """
    with invocation.steps() as tell:
        report = run_demo(out.absolute(), invocation.now, tell)
    invocation.show(report.as_dict(), _text(report))


def _text(report: DemoReport) -> str:
    bold = click.style
    lines = [f"{counted(report.papers, 'sample paper')} read, {counted(report.sent, 'issue')} sent over SMTP.", ""]
    for outcome in report.outcomes:
        lines += [*_outcome_lines(outcome), ""]
    lines += [
        f"The e-mails are in {bold(str(report.folder), bold=True)}. Open them with any e-mail program.",
        "Next: run `digest init` to set up your own installation.",
    ]
    return "\n".join(lines)


def _outcome_lines(outcome: DemoOutcome) -> list[str]:
    person = outcome.subscriber
    wants = ", ".join(keyword.term for keyword in person.profile.keywords)
    lines = [click.style(f"{person.subscription.name} <{person.address}>", bold=True) + f": {wants}"]
    if outcome.file is None:
        return [*lines, f"  no e-mail: {outcome.reason}"]
    lines.append(f"  {outcome.file.name}: {outcome.subject}")
    for pick, paper in outcome.picks:
        match = "   -" if pick.match is None else f"{pick.match:3}%"
        lines.append(f"  {click.style(match, fg='green', bold=True)}  {shortened(paper.title, 88)}")
        lines.append(f"        {click.style(reasons_line(pick), dim=True)}")
    return lines
