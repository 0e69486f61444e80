"""Looks: one mail as light, dark, inverting and stripping clients show it; what is no colour stays as it is."""

from __future__ import annotations

import pytest

from digest.web.preview.client_simulation import Scheme, as_seen, inverted, without_styles

MAIL = """<html><head><meta name="color-scheme" content="light dark">
<style>:root { color-scheme: light dark; } .page { background: #ffffff; }
@media (prefers-color-scheme: dark) { .page { background: #111111; } }
[data-ogsc] .ink { color: #eeeeee; }</style></head>
<body bgcolor="#FFF" class="page">
<a href="https://example.org/#abc123" style="color:#000000">#facade is a word</a></body></html>"""


@pytest.mark.parametrize("scheme", list(Scheme))
def test_no_condition_on_the_browsers_scheme_is_left(scheme: Scheme) -> None:
    assert "prefers-color-scheme" not in as_seen(MAIL, scheme)
    assert "light dark" not in as_seen(MAIL, scheme)


def test_a_dark_client_applies_the_dark_rules_and_a_light_one_does_not() -> None:
    assert "@media (min-width: 0px) { .page { background: #111111" in as_seen(MAIL, Scheme.DARK)
    assert "@media (max-width: 0px) { .page { background: #111111" in as_seen(MAIL, Scheme.LIGHT)


COLOURS = {
    "white": ("color:#ffffff", "color:#171717"),
    "black": ("color:#000000", "color:#f2f2f2"),
    "three digits": ("color:#FFF", "color:#171717"),
    "rgb": ("color: rgb(255, 255, 255)", "color: #171717"),
    "by name": ("background:white", "background:#171717"),
    "an accent keeps its hue": ("color:#0000ff", "color:#0a0aff"),
    "no colour": ("white-space:nowrap", "white-space:nowrap"),
}


@pytest.mark.parametrize(("before", "after"), COLOURS.values(), ids=COLOURS.keys())
def test_inverting_turns_lightness_round(before: str, after: str) -> None:
    found = inverted(f'<p style="{before}">x</p>')
    if "hue" in after or "0000ff" in before:
        red, green, blue = (int(found.split("#")[1][place : place + 2], 16) for place in (0, 2, 4))
        assert blue > 200
        assert red == green
    else:
        assert found == f'<p style="{after}">x</p>'


def test_inverting_touches_neither_text_nor_addresses() -> None:
    found = inverted(MAIL)
    assert "https://example.org/#abc123" in found
    assert "#facade is a word" in found
    assert 'bgcolor="#171717"' in found


def test_forced_dark_inverts_style_blocks_as_well_and_outlook_leaves_them_to_the_mails_own_rules() -> None:
    assert ".page { background: #171717" in as_seen(MAIL, Scheme.FORCED)
    in_outlook = as_seen(MAIL, Scheme.OUTLOOK)
    assert "[data-ogsc] .ink { color: #eeeeee; }" in in_outlook
    assert "<html data-ogsc data-ogsb" in in_outlook


@pytest.mark.parametrize("scheme", list(Scheme))
def test_stripped_mails_have_none_of_their_own_style_blocks(scheme: Scheme) -> None:
    found = as_seen(MAIL, scheme, stripped=True)
    assert ".page" not in found
    assert "#facade is a word" in found


def test_style_sheets_are_stripped_in_any_spelling() -> None:
    assert without_styles('<STYLE type="text/css">a</style ><link rel="stylesheet" href="x"><p>b</p>') == "<p>b</p>"
