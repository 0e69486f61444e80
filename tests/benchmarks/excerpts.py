"""How much of what is new a card shows: `python -m tests.benchmarks.excerpts`, with the extra `train` installed.

For each abstract of ACLSum (PyPI `aclsum`, MIT) whose sentences were labelled as approach (the idea) or outcome (the
result), it says whether the shown text holds a labelled sentence: whole, or at least half of it in one piece. The
beginning of the abstract is compared with the key sentences, at 280 and 420 columns; then their cost in one run.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from importlib.util import find_spec
from pathlib import Path

from digest.rendering.excerpts import beginning
from digest.rendering.key_sentences import key_sentences, without_lead_in

SPLITS = ("train", "val", "test")
LABELS = {"idea": "approach", "result": "outcome"}
Shorten = Callable[[str, int], str]


@dataclass(frozen=True, kw_only=True)
class LabelledAbstract:
    """An abstract with its labelled sentences."""

    text: str
    labelled: dict[str, list[str]]  #: "idea" and "result" -> sentences


@dataclass(frozen=True, kw_only=True)
class Shares:
    """In per cent of the abstracts with such a label: how many shown texts hold a labelled sentence."""

    half: float
    whole: float


def labelled_abstracts(splits: Iterable[str] = SPLITS) -> list[LabelledAbstract]:
    """Return the labelled abstracts of ACLSum. Raise ModuleNotFoundError when it is not installed."""
    package = find_spec("aclsum")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("aclsum is not installed: pip install '.[train]'")
    found = []
    for split in splits:
        lines = (Path(package.origin).parent / "dataset" / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()
        for row in map(json.loads, lines):
            sentences = row["sentences"]["abstract"]
            marks = {label: row["highlights"][aspect]["abstract"] for label, aspect in LABELS.items()}
            labelled = {
                label: [sentence for sentence, mark in zip(sentences, of, strict=True) if mark]
                for label, of in marks.items()
            }
            found.append(LabelledAbstract(text=" ".join(sentences), labelled=labelled))
    return found


def shares(abstracts: Iterable[LabelledAbstract], label: str, columns: int, shorten: Shorten) -> Shares:
    """Return how often the shown texts hold a labelled sentence by half, and whole but for a lead-in."""
    pairs = [(shorten(one.text, columns), one.labelled[label]) for one in abstracts if one.labelled[label]]
    half = sum(any(_held(shown, sentence) >= 0.5 for sentence in labelled) for shown, labelled in pairs)
    whole = sum(any(_is_whole(shown, sentence) for sentence in labelled) for shown, labelled in pairs)
    return Shares(half=100 * half / len(pairs), whole=100 * whole / len(pairs))


def _held(shown: str, sentence: str) -> float:
    """Return the longest part of the sentence, in words and in one piece, that the shown text holds."""
    words, there = sentence.lower().split(), shown.lower().rstrip("…").split()
    match = SequenceMatcher(None, words, there, autojunk=False).find_longest_match()
    return match.size / len(words)


def _is_whole(shown: str, sentence: str) -> bool:
    return without_lead_in(sentence.strip()).lower() in shown.lower()


def by_key_sentences(text: str, columns: int) -> str:
    """Return what a card shows."""
    return key_sentences(text, columns).text


def microseconds(abstracts: Iterable[LabelledAbstract], shorten: Shorten, columns: int) -> float:
    """Return the processor time of one abstract, the least of seven rounds."""
    texts, rounds = [one.text for one in abstracts], []
    for _ in range(7):
        started = time.process_time()
        for text in texts:
            shorten(text, columns)
        rounds.append((time.process_time() - started) / len(texts) * 1e6)
    return min(rounds)


def main() -> None:
    abstracts = labelled_abstracts()
    print(f"{len(abstracts)} abstracts; % that show at least half of a labelled sentence (a whole one)")
    for columns in (280, 420):
        for name, shorten in (("beginning", beginning), ("key sentences", by_key_sentences)):
            told = {label: shares(abstracts, label, columns, shorten) for label in LABELS}
            figures = ", ".join(f"{label} {one.half:.1f} ({one.whole:.1f})" for label, one in told.items())
            print(f"{columns} columns, {name}: {figures}")
    plain, scored = (microseconds(abstracts, shorten, 280) for shorten in (beginning, by_key_sentences))
    print(f"cost of an abstract: {scored:.0f} µs, {scored / plain:.1f} times the beginning ({plain:.1f} µs)")


if __name__ == "__main__":
    main()
