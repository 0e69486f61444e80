"""What counts as an e-mail address, and which spellings are one address."""

from __future__ import annotations

import unicodedata

import idna
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from digest.addresses import address_faults, address_spellings, normalised_address

#: Domains whose labels have vowel signs and other marks, or joiners that IDNA 2008 allows where they stand.
WORLDWIDE = [
    "पाठक@उदाहरण.परीक्षा",
    "reader@ตัวอย่าง.ไทย",
    "reader@உதாரணம்.பரிட்சை",
    "reader@ഉദാഹരണം.example",
    "reader@උදාහරණ.ලංකා",
    "reader@ဥပမာ.example",
    "reader@نمونه\u200cها.example",
    "reader@क्\u200dष.example",
    "reader@παράδειγμα.δοκιμή",
    "jose\u0301@example.org",
]

SPELLINGS = [
    pytest.param("ada@example.com", " Ada@Example.COM ", id="case and blanks"),
    pytest.param("user@xn--bcher-kva.example", "user@bücher.example", id="U-label"),
    pytest.param("user@xn--bcher-kva.example", "User@BÜCHER.Example", id="U-label in upper case"),
    pytest.param("user@xn--bcher-kva.example", "user@bu\u0308cher.example", id="U-label not composed"),
    pytest.param("user@xn--bcher-kva.example", "user@XN--BCHER-KVA.example", id="A-label in upper case"),
    pytest.param("user@example.org", "user@\uff45xample.org", id="full-width letter"),
    pytest.param("josé@example.org", "jose\u0301@example.org", id="local part not composed"),
    pytest.param("josé@example.org", "JOSÉ@example.org", id="local part in upper case"),
]


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.com",
        "ada+papers@sub.example.org",
        "o'hara@example.com",
        "用户@例子.example",
        "ada@bücher.example",
        *WORLDWIDE,
    ],
)
def test_a_valid_address_is_accepted(address: str) -> None:
    assert address_faults(address) == []


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada",
        "ada@",
        "@example.com",
        "ada@localhost",
        "ada lovelace@example.com",
        "ada@example.com\nBcc: eve@example.com",
        "ada@exa mple.com",
        "<ada@example.com>",
        "ada..l@example.com",
        ".ada@example.com",
        "ada@-example.com",
        "ada@example.com, eve@example.com",
        "a" * 65 + "@example.com",
        "ada\u202e@example.com",
        "ada@a\u202e.example",
        "ada@xn--zz.example",
        "ada@\u2603.example",
        "ada@-b\u00fccher.example",
        "ada@" + "\u00fc" * 60 + ".example",
        "ada@ex\u0903.example.\u0903\u0903",
    ],
)
def test_an_invalid_address_is_refused_with_its_field(address: str) -> None:
    assert [fault.field for fault in address_faults(address)] == ["address"]


@pytest.mark.parametrize(("canonical", "spelling"), SPELLINGS)
def test_spellings_of_one_address_are_compared_as_equal(canonical: str, spelling: str) -> None:
    assert normalised_address(spelling) == canonical
    assert normalised_address(canonical) == canonical


@pytest.mark.parametrize(("first", "second"), [("a@strasse.example", "a@straße.example"), ("a@b.org", "a@b.com")])
def test_different_addresses_stay_different(first: str, second: str) -> None:
    assert normalised_address(first) != normalised_address(second)


@given(label=st.text(st.characters(min_codepoint=0xC0, max_codepoint=0xFFF), min_size=1, max_size=12))
def test_any_domain_that_idna_allows_is_an_address_and_equals_its_encoded_form(label: str) -> None:
    try:
        encoded = idna.encode(f"{label}.example", uts46=True).decode()
    except UnicodeError:
        assume(False)
    assert address_faults(f"reader@{label}.example") == []
    assert normalised_address(f"reader@{label}.example") == normalised_address(f"reader@{encoded}")


@given(st.text(st.characters(codec="utf-8"), max_size=20), st.text(st.characters(codec="utf-8"), max_size=20))
def test_the_canonical_form_of_any_text_is_its_own_canonical_form(local: str, domain: str) -> None:
    once = normalised_address(f"{local}@{domain}")
    assert normalised_address(once) == once
    assert normalised_address(unicodedata.normalize("NFD", f"{local}@example.org")) == normalised_address(
        f"{local}@example.org"
    )


def test_the_spellings_of_an_address_include_those_of_earlier_versions() -> None:
    assert address_spellings("Ada@example.com") == {"ada@example.com"}
    assert address_spellings("user@xn--bcher-kva.example") == {"user@xn--bcher-kva.example", "user@bücher.example"}
