"""`digest score`: the ranking for one subscriber, explained."""

from __future__ import annotations

import click

from digest.cli.calls import Call, command
from digest.cli.tables import counted, reasons_line, shortened
from digest.runs.score import ScoreReport
from digest.runs.score import score as run_score


@command(reports=True)
@click.argument("email")
@click.option(
    "--limit", type=click.IntRange(min=1), help="The most papers to show; without it, as many as an issue has."
)
def score(call: Call, email: str, limit: int | None) -> None:
    """Show the ranking for one subscriber, with its reasons.

    All recent papers are judged, whether an issue showed them or not. The contributions of a paper add up to its match.
    """
    with call.store() as store:
        report = run_score(store, call.settings, email, call.now, limit)
    call.show(report.as_dict(), _text(report))


def _text(report: ScoreReport) -> str:
    lines = []
    for pick in report.picks:
        match = "   -" if pick.match is None else f"{pick.match:3}%"
        mark = "" if report.is_new(pick) else " (shown before)"
        lines.append(
            f"{click.style(match, fg='green', bold=True)}  {shortened(report.papers[pick.paper].title, 88)}{mark}"
        )
        lines.append(f"      {click.style(reasons_line(pick), dim=True)}")
    out = [f"{count} {reason}" for reason, count in report.as_dict()["left_out"].items()]
    considered = f"{counted(report.considered, 'paper')} considered for {report.subscriber.address}"
    return "\n".join([*lines, considered + "".join(f"; {part}" for part in out)])
