import quopri
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from digest.rendering.pieces import Pattern, encoded, joined, piece, plain_of

TEXTS = st.text("a.= é", min_size=60, max_size=90) | st.text(st.characters(exclude_categories=["Cs"]))
DOTTED = st.text(". \r\n=a-é", min_size=0, max_size=300)


@given(st.lists(TEXTS | DOTTED))
def test_joined_pieces_decode_to_the_joined_text(texts: list[str]) -> None:
    whole = joined([piece(text) for text in texts])
    assert whole.plain == "".join(texts)
    with_line_feeds = "".join(text.replace("\r\n", "\n").replace("\r", "\n") for text in texts)
    assert quopri.decodestring(whole.wire).replace(b"\r\n", b"\n").decode() == with_line_feeds
    assert whole.size == len(whole.plain.encode())


@given(st.lists(TEXTS | DOTTED))
def test_the_wire_form_keeps_every_rule_of_the_wire(texts: list[str]) -> None:
    wire = joined([piece(text) for text in texts]).wire
    lines = wire.split(b"\r\n")
    assert max(map(len, lines)) <= 76
    assert wire.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|\0", wire)
    assert not any(line.startswith(b".") for line in lines)
    assert not any(line.endswith((b" ", b"\t")) for line in lines)
    assert not wire or wire.endswith(b"\r\n")


@pytest.mark.parametrize(
    ("data", "wire"),
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
def test_encoding_gives_these_octets(data: bytes, wire: bytes) -> None:
    assert encoded(data) == wire


def test_a_pattern_is_filled_in_each_of_its_slots() -> None:
    pattern = Pattern("a \ufdd0name\ufdd1 b \ufdd0items\ufdd1 c \ufdd0name\ufdd1")
    filled = pattern.fill({"name": piece("N"), "items": joined([piece("1"), piece("2")])})
    assert plain_of(filled) == "a N b 12 c N"
    assert pattern.slots == {"name", "items"}


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
    pattern, name, item = Pattern(rendered), piece("N"), piece("1")
    filled = joined(pattern.fill({"name": name, "item": item}))
    assert joined(pattern.arranged("name", "item")((name, item))) == filled


def test_a_slot_without_a_filling_is_named() -> None:
    with pytest.raises(KeyError, match="up"):
        Pattern("\ufdd0up\ufdd1").fill({})
    with pytest.raises(KeyError, match="up"):
        Pattern("\ufdd0up\ufdd1").arranged("down")


def test_a_filled_text_is_never_searched_for_slots() -> None:
    filled = Pattern("\ufdd0a\ufdd1").fill({"a": piece(Markup("\ufdd0b\ufdd1")), "b": piece("never")})
    assert plain_of(filled) == "\ufdd0b\ufdd1"
