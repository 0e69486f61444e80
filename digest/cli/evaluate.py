"""`digest evaluate`: how relevant the ranking is."""

from __future__ import annotations

from pathlib import Path

import click

from digest.cli.invocation import Invocation, command
from digest.cli.tables import counted, table
from digest.errors import UsageError
from digest.ranking.evaluation.metrics import Metrics
from digest.runs.matching.evaluate import HistoryReport, evaluate_folder, evaluate_history


@command(reports=True)
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--feedback", type=click.IntRange(min=0), default=0, help="Measure after this many votes up and as many down."
)
@click.option("--semantic", is_flag=True, help="Also use semantic similarity with `issue.semantic_model`.")
@click.option("--history", is_flag=True, help="Measure the issues that were sent by the votes of their readers.")
def evaluate(invocation: Invocation, folder: Path | None, feedback: int, semantic: bool, history: bool) -> None:
    """Measure relevance on a labeled collection.

    FOLDER contains docs.jsonl (id, title, abstract), profiles.jsonl (id, keywords with weights) and qrels.tsv (profile,
    document, grade). With --feedback, the votes are on one half of the documents and the other half is ranked.
    """
    if (folder is None) is not history:
        raise UsageError("digest evaluate takes either a FOLDER or --history")
    if folder is None:
        with invocation.store() as store:
            report = evaluate_history(store)
        invocation.show(report.as_dict(), _history_text(report))
    else:
        model = invocation.settings.issue.semantic_model if semantic else ""
        measures = evaluate_folder(folder, feedback=feedback, semantic=model)
        invocation.show(measures.as_dict(), _measures_text(measures))


def _measures_text(measures: Metrics) -> str:
    values = {name: value for name, value in measures.as_dict().items() if name != "profiles"}
    shown = table(tuple(values), [[f"{value:.4f}" for value in values.values()]])
    return f"{shown}\n{counted(measures.profiles, 'profile')}"


def _history_text(report: HistoryReport) -> str:
    if not report.issues:
        return "no votes on any issue yet"
    bands = table(("match", "liked", "disliked"), [(f"{b.lowest} and up", b.up, b.down) for b in report.bands])
    return f"{counted(report.issues, 'issue')} with votes\n{_measures_text(report.measures)}\n{bands}"
