"""`digest score`: the ranking for one subscriber, with reasons."""

from __future__ import annotations

import textwrap

import click

from digest.cli.invocation import Invocation, command
from digest.cli.tables import counted, reasons_line, shortened
from digest.rendering.key_sentences import LONGEST_EXCERPT, key_sentences
from digest.runs.matching.score import ScoreReport
from digest.runs.matching.score import score as run_score


@command(reports=True)
@click.argument("email")
@click.option("--limit", type=click.IntRange(min=1), help="Maximum number of papers. Default: as many as in an issue.")
def score(invocation: Invocation, email: str, limit: int | None) -> None:
    """Show the ranking for one subscriber, with its reasons.

    Ranks all recent papers, including those already sent. The contributions of a paper add up to its match.
    """
    with invocation.store() as store:
        report = run_score(store, invocation.settings, email, invocation.now, limit)
    invocation.show(report.as_dict(), _text(report))


def _text(report: ScoreReport) -> str:
    lines = []
    for pick in report.picks:
        match = "   -" if pick.match is None else f"{pick.match:3}%"
        mark = "" if report.is_new(pick) else " (shown before)"
        lines.append(
            f"{click.style(match, fg='green', bold=True)}  {shortened(report.papers[pick.paper].title, 88)}{mark}"
        )
        lines.append(f"      {click.style(reasons_line(pick), dim=True)}")
        if abstract := report.papers[pick.paper].abstract:
            lines.append(textwrap.indent(textwrap.fill(key_sentences(abstract, LONGEST_EXCERPT).text, 94), " " * 6))
    out = [f"{count} {reason}" for reason, count in report.as_dict()["left_out"].items()]
    considered = f"{counted(report.considered, 'paper')} considered for {report.subscriber.address}"
    return "\n".join([*lines, considered + "".join(f"; {part}" for part in out)])
