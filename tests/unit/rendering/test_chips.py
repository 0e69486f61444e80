"""What a reason looks like is the same however it was written: put together from a shorter form, or encoded whole."""

from hypothesis import given
from hypothesis import strategies as st

from digest.fetching.templates import load_templates
from digest.issues import Reason, ReasonKind
from digest.rendering.chips import Chips
from digest.rendering.encoded_text import decoded, encoded
from digest.rendering.reasons import label
from digest.rendering.templates import Templates
from digest.rendering.theme import read_theme

TEXTS = load_templates()
CHIPS = Chips(Templates(TEXTS), read_theme(TEXTS["theme/default.toml"], "theme/default.toml"))
TERMS = st.text("ab .=é世<&'-:", max_size=80) | st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def _reason(term: str, points: float = 40.0) -> Reason:
    return Reason(term=term, kind=ReasonKind.KEYWORD, field="title", contribution=points)


@given(TERMS)
def test_a_reason_follows_the_match_as_if_it_were_encoded_whole(term: str) -> None:
    reason = _reason(term)
    found = CHIPS.of([reason])
    assert found.text == encoded(": " + label(reason))
    assert found.size == len(decoded([found.html]).encode())


def test_reasons_stand_once_each_on_as_few_lines_as_hold_them_and_at_most_five() -> None:
    terms = ["neural scaling", "neural scaling", "a" * 40, "b", "c", "d", "e"]
    reasons = [_reason(term) for term in terms] + [_reason("against", -3.0)]
    words = decoded([CHIPS.of(reasons).text])
    assert words == f": neural scaling,\n    {'a' * 40}, b, c, d"
