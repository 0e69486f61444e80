import quopri
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from digest.rendering.encoded_text import EncodedTemplate, decoded, encoded, encoded_bytes
from digest.rendering.escaping import encoded_fragment, escaped

TEXTS = st.text("a.= é", min_size=60, max_size=90) | st.text(st.characters(exclude_categories=["Cs"]))
DOTTED = st.text(". \r\n=a-é", min_size=0, max_size=300)
LINES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80)  # many stand as they are


@given(st.lists(TEXTS | DOTTED | LINES))
def test_joined_pieces_decode_to_the_joined_text(texts: list[str]) -> None:
    stretches = [encoded(text) for text in texts]
    with_line_feeds = "".join(text.replace("\r\n", "\n").replace("\r", "\n") for text in texts)
    assert decoded(stretches) == with_line_feeds
    assert quopri.decodestring(b"".join(stretches)).replace(b"\r\n", b"\n").decode() == with_line_feeds


@given(st.lists(TEXTS | DOTTED | LINES))
def test_the_wire_form_keeps_every_rule_of_the_wire(texts: list[str]) -> None:
    data = b"".join([encoded(text) for text in texts])
    lines = data.split(b"\r\n")
    assert max(map(len, lines)) <= 76
    assert data.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|\0", data)
    assert not any(line.startswith(b".") for line in lines)
    assert not any(line.endswith((b" ", b"\t")) for line in lines)
    assert not data or data.endswith(b"\r\n")


@given(
    LINES | st.sampled_from(["https://example.org/u/" + "a" * 53, "https:" + "a" * 70, "javascript:x", "a" * 76, ""])
)
def test_a_line_that_stands_as_it_is_gets_what_any_other_gets(text: str) -> None:
    assert encoded(text) == encoded_bytes(text.encode())
    html = str(escaped(text))
    found = encoded_fragment(text)
    assert found.html == encoded_bytes(html.encode())
    assert (found.text, found.size) == (encoded_bytes(text.encode()), len(html))


@pytest.mark.parametrize(
    ("data", "octets"),
    [
        pytest.param(b"a" * 76, b"a" * 75 + b"=\r\na=\r\n", id="one-octet-too-long"),
        pytest.param(b"a" * 75 + b".", b"a" * 75 + b"=\r\n=2E=\r\n", id="a-dot-that-moves-to-a-line-start"),
        pytest.param(b"a" * 73 + b"=", b"a" * 73 + b"=\r\n=3D=\r\n", id="an-escape-stays-whole"),
        pytest.param(b"line\n", b"line\r\n", id="hard-break-kept"),
        pytest.param(b"..b", b"=2E=\r\n=2E=\r\nb=\r\n", id="dots-at-the-start"),
        pytest.param(b"1=2 ", b"1=3D2=20=\r\n", id="equals-and-trailing-blank"),
        pytest.param("é".encode(), b"=C3=A9=\r\n", id="outside-ascii"),
    ],
)
def test_encoding_gives_these_octets(data: bytes, octets: bytes) -> None:
    assert encoded_bytes(data) == octets


def test_a_pattern_is_filled_in_each_of_its_slots() -> None:
    pattern = EncodedTemplate("a \ufdd0name\ufdd1 b \ufdd0items\ufdd1 c \ufdd0name\ufdd1")
    assert decoded(pattern.fill({"name": encoded("N"), "items": [encoded("1"), encoded("2")]})) == "a N b 12 c N"
    assert (pattern.times("name"), pattern.times("items"), pattern.times("other")) == (2, 1, 0)
    assert pattern.size == len("a  b  c ")


@pytest.mark.parametrize(
    "rendered",
    [
        pytest.param("a \ufdd0name\ufdd1 b \ufdd0item\ufdd1 c \ufdd0name\ufdd1", id="text-around-slots"),
        pytest.param("\ufdd0name\ufdd1\ufdd0item\ufdd1", id="slots-side-by-side"),
        pytest.param("\ufdd0item\ufdd1", id="one-slot-and-nothing-else"),
        pytest.param("fixed", id="no-slot"),
        pytest.param("", id="nothing"),
    ],
)
def test_a_pattern_arranged_gives_what_filling_gives(rendered: str) -> None:
    pattern, name, item = EncodedTemplate(rendered), encoded("N"), encoded("1")
    filled = b"".join(pattern.fill({"name": name, "item": item}))
    fixed, arrange = pattern.arranged("name", "item")
    assert b"".join(arrange((*fixed, name, item))) == filled
    assert b"".join(pattern.around("item", "name")([item], (name,))) == filled


def test_a_slot_without_a_filling_is_named() -> None:
    with pytest.raises(KeyError, match="up"):
        EncodedTemplate("\ufdd0up\ufdd1").fill({})
    with pytest.raises(KeyError, match="up"):
        EncodedTemplate("\ufdd0up\ufdd1").arranged("down")


def test_a_filled_text_is_never_searched_for_slots() -> None:
    filled = EncodedTemplate("\ufdd0a\ufdd1").fill({"a": encoded(Markup("\ufdd0b\ufdd1")), "b": encoded("never")})
    assert decoded(filled) == "\ufdd0b\ufdd1"
