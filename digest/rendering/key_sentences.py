"""Key sentences: the sentences of an abstract that say what is new, found by cue words and shown in the author's words.

Each sentence gets two scores, one as the idea of the paper and one as its result. The best idea and the best other
result are shown in the order of the text; lead-ins such as "In this paper," are left off where the rest is a sentence.
The cues come from labelled abstracts (ACLSum, Takeshita and others 2024) and are plain rules: no model, no training.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from digest.rendering.excerpts import beginning, columns_of, cut_to, sentence_ends

LONGEST_EXCERPT = 420  #: columns that a card, a page or a report shows, unless the theme wants fewer
UNCLEAR = 0.5  #: the most that a sentence without a cue word scores, wherever it stands
CLEAR = 0.7  #: score from which a sentence counts as an idea or a result
IDEA_SHARE = 0.54  #: of the columns, which the idea keeps where both do not fit
GAP = " … "  #: between sentences that do not follow each other in the abstract

_WORDS = re.compile(r"[a-z]+(?:-[a-z]+)*")
_DIGIT = re.compile(r"\d")
_LEAD_IN = re.compile(
    r"(?:in (?:this|the present) (?:paper|work|article|study|report|letter|survey)|here|to this end|in summary"
    r"|(?:extensive |comprehensive |thorough |our |the |preliminary )*"
    r"(?:experimental |empirical |evaluation |numerical )?"
    r"(?:results?|experiments?|evaluations?) (?:show|demonstrate|indicate|reveal|suggest|confirm)s? that)"
    r"(?:\s*,\s*|(?<=that)\s+)",
    re.IGNORECASE,
)
#: With these a sentence begins, whatever was left off before them.
_SUBJECT = re.compile(
    r"(?:[Ww]e|[Oo]ur|[Tt]his|[Tt]hese|[Tt]he|[Aa]n?|[Ii]t|I|[Bb]oth|[Ee]ach|[Ss]uch|[Aa]ll)\b|\w*[A-Z\d]"
)


def _cues(*classes: tuple[str, float, float]) -> dict[str, tuple[float, float]]:
    return {word: (idea, result) for words, idea, result in classes for word in words.split()}


#: The first one to three words of a sentence, with what they add to its scores as idea and as result.
_STARTS = {
    **dict.fromkeys(("in this paper", "in this work", "in this article", "in this study"), (2.0, -0.5)),
    **dict.fromkeys(("this paper", "this work", "this article", "this study"), (2.0, -0.5)),
    **dict.fromkeys(("we propose", "we present", "we introduce", "we describe", "we develop"), (1.0, 0.0)),
    **dict.fromkeys(("to this end", "to address", "to tackle", "to overcome", "to solve", "here we"), (1.5, -0.5)),
    **dict.fromkeys(("however", "unfortunately", "despite", "although", "while", "yet", "but"), (-2.0, -1.0)),
    **dict.fromkeys(("existing", "recent", "recently", "previous", "most"), (-1.5, -1.0)),
    **dict.fromkeys(("experiments", "experimental", "extensive", "results", "the results", "our results"), (-1.5, 1.5)),
    **dict.fromkeys(("empirical", "evaluation", "evaluations", "on"), (-0.5, 0.8)),
    **dict.fromkeys(("we show", "we find", "we found", "we demonstrate", "we also show", "we observe"), (0.0, 1.0)),
}
#: Cue words, with what each adds to the scores as idea and as result.
_CUES = _cues(
    ("novel", 1.0, -0.5),
    ("new called named dubbed termed", 0.6, -0.2),
    ("proposed introduced presented developed designed", 0.6, 0.0),
    ("framework approach method model algorithm architecture dataset benchmark system", 0.3, 0.0),
    ("challenging remains remain lack lacks difficult limited problem challenge", -0.8, -0.8),
    ("results experiments experimental evaluation evaluations empirically empirical", -0.7, 1.2),
    ("show shows demonstrate demonstrates find found reveal reveals", -0.8, 1.2),
    ("indicate indicates suggest suggests confirm", -0.4, 1.2),
    ("outperform outperforms outperforming surpass surpasses exceeds", -1.0, 1.6),
    ("achieve achieves achieving obtain obtains superior", -1.0, 1.6),
    ("improve improves improved improvement improvements gain gains", -0.4, 0.8),
    ("reduce reduces better faster higher", -0.4, 0.8),
    ("significant significantly consistently substantially effectiveness competitive", -0.3, 0.6),
    ("state-of-the-art sota baselines baseline accuracy bleu points", -0.4, 0.8),
    ("code available github publicly release released https", -0.8, -2.0),
)  # fmt: skip
_PRESENTING = {
    **dict.fromkeys("propose proposes introduce introduces present presents".split(), 3.0),
    **dict.fromkeys("develop develops design designs devise create build describe describes formulate".split(), 2.3),
    **dict.fromkeys("study studies investigate investigates explore explores examine address addresses".split(), 1.6),
    **dict.fromkeys("analyze analyse use apply consider extend collect construct argue leverage".split(), 1.2),
}
_SPEAKERS = frozenset(("we", "paper", "work", "article", "study", "i"))
_KNOWN = frozenset((*_CUES, *_PRESENTING, *_SPEAKERS))


@dataclass(frozen=True, kw_only=True)
class KeySentences:
    """What a card shows of an abstract."""

    text: str  #: within the columns; may be empty
    spans: tuple[tuple[int, int], ...]  #: start and end, in characters, of the sentences shown; empty: the beginning


@dataclass(slots=True, eq=False)
class _Sentence:
    start: int
    end: int
    idea: float
    result: float


def key_sentences(abstract: str, columns: int) -> KeySentences:
    """Return the sentences that say what is new within that many columns; the beginning where none is clear.

    A wide character (Chinese, Japanese, Korean, emoji) takes two columns.
    """
    if columns_of(abstract) <= columns:
        return KeySentences(text=abstract, spans=())
    sentences = list(_scored(abstract))
    idea = max(sentences, key=lambda sentence: sentence.idea)
    others = [sentence for sentence in sentences if sentence is not idea] or [idea]
    result = max(others, key=lambda sentence: sentence.result)
    chosen = [idea] if idea.idea >= CLEAR else []
    if result.result >= CLEAR and (result is not idea or not chosen):
        chosen.append(result)
    if not chosen:
        return KeySentences(text=beginning(abstract, columns), spans=())
    return _shown(abstract, sentences, chosen, columns)


def _scored(abstract: str) -> Iterator[_Sentence]:
    ends = [*sentence_ends(abstract)]
    if not ends or abstract[ends[-1] :].strip():
        ends.append(len(abstract))
    lowered = abstract.lower()
    if len(lowered) != len(abstract):  # a few letters become two
        lowered = "".join(character if len(character.lower()) != 1 else character.lower() for character in abstract)
    start, last = 0, max(len(ends) - 1, 1)
    for number, end in enumerate(ends):
        while start < end and abstract[start].isspace():
            start += 1
        idea, result = _scores(lowered[start:end], number / last)
        yield _Sentence(start, end, idea, result)
        start = end


def _scores(text: str, place: float) -> tuple[float, float]:
    """Return the scores of a sentence in lower case; `place` is 0 for the first and 1 for the last of the abstract."""
    words = _WORDS.findall(text)
    idea, result = 0.4 - 1.2 * max(0.0, place - 0.5), 1.6 * place - 0.6 - (place == 0)
    hits = _KNOWN.intersection(words)
    presenting = 0.0 if hits.isdisjoint(_SPEAKERS) else max([_PRESENTING.get(word, 0.0) for word in hits])
    if presenting:
        idea, result = idea + presenting, result - 0.5 * presenting
    elif place == 0:
        idea -= 1.0
    first, second, third, *_ = *words[:3], "", "", ""
    for start in (first, f"{first} {second}", f"{first} {second} {third}"):
        if adds := _STARTS.get(start):
            idea, result = idea + adds[0], result + adds[1]
    for word in hits:
        if adds := _CUES.get(word):
            idea, result = idea + adds[0], result + adds[1]
    has_number = _DIGIT.search(text) is not None
    if has_number:
        idea, result = idea - 0.3, result + 0.8
    return (idea, result) if hits or has_number else (min(idea, UNCLEAR), min(result, UNCLEAR))


def _shown(abstract: str, sentences: Sequence[_Sentence], chosen: list[_Sentence], columns: int) -> KeySentences:
    texts = {sentence: without_lead_in(abstract[sentence.start : sentence.end]) for sentence in chosen}
    room = columns - len(GAP) * (len(chosen) - 1)
    if sum(map(columns_of, texts.values())) > room:
        if len(chosen) == 2:
            idea, result = chosen
            for_idea = max(int(room * IDEA_SHARE), room - columns_of(texts[result]))
            texts[idea] = cut_to(texts[idea], for_idea)
            texts[result] = cut_to(texts[result], room - columns_of(texts[idea]))
        else:
            texts[chosen[0]] = cut_to(texts[chosen[0]], room)
    else:
        _add_third(abstract, sentences, texts, columns)
    return _joined(abstract, sentences, texts)


def _add_third(abstract: str, sentences: Sequence[_Sentence], texts: dict[_Sentence, str], columns: int) -> None:
    """Add the best further sentence that fits whole."""
    room = columns - sum(map(columns_of, texts.values())) - len(GAP) * len(texts)
    left = [s for s in sentences if s not in texts and max(s.idea, s.result) > 0]
    for sentence in sorted(left, key=lambda s: -max(s.idea, s.result)):
        text = without_lead_in(abstract[sentence.start : sentence.end])
        if columns_of(text) <= room:
            texts[sentence] = text
            return


def _joined(abstract: str, sentences: Sequence[_Sentence], texts: dict[_Sentence, str]) -> KeySentences:
    """Return the texts in the order of the abstract; an ellipsis stands for what is left out between them."""
    shown = ""
    before: _Sentence | None = None
    for number, sentence in enumerate(sentences):
        if sentence in texts:
            follows = number > 0 and sentences[number - 1] is before
            between = abstract[before.end : sentence.start] if follows and before else GAP
            cut = shown.endswith(GAP.strip())
            shown += ("" if before is None else " " if cut else between) + texts[sentence]
            before = sentence
    spans = tuple((s.start, s.end) for s in sentences if s in texts)
    return KeySentences(text=shown, spans=spans)


def without_lead_in(sentence: str) -> str:
    """Return the sentence without a lead-in such as "In this paper,", if the rest is a sentence.

    >>> without_lead_in("In this paper, we propose a method.")
    'We propose a method.'
    >>> without_lead_in("In this paper, using a trick, we win.")
    'In this paper, using a trick, we win.'
    """
    found = _LEAD_IN.match(sentence)
    rest = sentence[found.end() :] if found else ""
    if not _SUBJECT.match(rest) or ", and that " in rest:
        return sentence
    return rest[0].upper() + rest[1:]
