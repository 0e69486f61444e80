"""Looks: a mail's HTML as different clients show it, so that one browser can show them all.

A browser has one colour scheme and no client's habits, so the HTML itself is changed: conditions on the scheme are
decided, style blocks dropped, colours inverted. Only what is shown is changed, never what is sent.
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Callable
from enum import StrEnum


class Scheme(StrEnum):
    """The colours in which a client shows a mail."""

    LIGHT = "light"
    DARK = "dark"  #: the client is dark and lets the mail's own dark colours stand, as Apple Mail does
    FORCED = "forced"  #: the client inverts every colour, as Gmail on iOS and Outlook on Windows do; approximated
    OUTLOOK = "outlook"  #: the client inverts and marks what it changed (data-ogsc), as Outlook's web page does


_STYLE_BLOCK = re.compile(r"<style\b[^>]*>.*?</style\s*>|<link\b[^>]*>", re.IGNORECASE | re.DOTALL)
_STYLE_TEXT = re.compile(r"(<style\b[^>]*>)(.*?)(</style\s*>)", re.IGNORECASE | re.DOTALL)
_STYLE_ATTRIBUTE = re.compile(r"""(\sstyle\s*=\s*)("[^"]*"|'[^']*')""", re.IGNORECASE)
_COLOUR_ATTRIBUTE = re.compile(r"""(\s(?:bgcolor|color)\s*=\s*)("[^"]*"|'[^']*')""", re.IGNORECASE)
_CONDITION = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)", re.IGNORECASE)
_BOTH = re.compile(r"\blight\s+dark\b|\bdark\s+light\b", re.IGNORECASE)
_ALWAYS, _NEVER = "(min-width: 0px)", "(max-width: 0px)"
_COLOUR = re.compile(
    r"#(?P<six>[0-9a-f]{6})\b|#(?P<three>[0-9a-f]{3})\b"
    r"|rgba?\(\s*(?P<r>\d{1,3})\s*,\s*(?P<g>\d{1,3})\s*,\s*(?P<b>\d{1,3})[^)]*\)|(?<![\w-])(?P<name>white|black)(?![\w-])",
    re.IGNORECASE,
)
_DARKEST, _LIGHTEST = 0.09, 0.95  #: what white and black become
_HTML_TAG, _HEAD_END = re.compile(r"<html\b", re.IGNORECASE), re.compile(r"</head\s*>", re.IGNORECASE)
_FORCED_CANVAS = "<style>html { background-color: #171717; color: #f2f2f2; }</style>"


def as_seen(html: str, scheme: Scheme, *, stripped: bool = False) -> str:
    """Return the HTML that looks in any browser as the mail does in such a client; `stripped`: without style blocks."""
    html = without_styles(html) if stripped else html
    html = _decided(html, dark=scheme is Scheme.DARK)
    if scheme in (Scheme.FORCED, Scheme.OUTLOOK):
        html = _with_canvas(inverted(html, blocks=scheme is Scheme.FORCED))
    return _HTML_TAG.sub("<html data-ogsc data-ogsb", html, count=1) if scheme is Scheme.OUTLOOK else html


def without_styles(html: str) -> str:
    """Return the HTML without style blocks and style sheets, as Gmail shows it to accounts of other providers."""
    return _STYLE_BLOCK.sub("", html)


def inverted(html: str, *, blocks: bool = True) -> str:
    """Return the HTML with the lightness of every colour turned round: in style and colour attributes, and in style
    blocks unless they are left to the mail's own rules for clients that invert."""

    def quoted(found: re.Match[str]) -> str:
        return found[1] + _inverted_css(found[2])

    if blocks:
        html = _STYLE_TEXT.sub(lambda found: found[1] + _inverted_css(found[2]) + found[3], html)
    return _COLOUR_ATTRIBUTE.sub(quoted, _STYLE_ATTRIBUTE.sub(quoted, html))


def _decided(html: str, *, dark: bool) -> str:
    """Return the HTML for a client of that scheme, whatever scheme the browser has."""
    name = "dark" if dark else "light"

    def condition(found: re.Match[str]) -> str:
        return _ALWAYS if found[1].lower() == name else _NEVER

    def style(found: re.Match[str]) -> str:
        return found[1] + _BOTH.sub(name, _CONDITION.sub(condition, found[2])) + found[3]

    return _in_metas(_STYLE_TEXT.sub(style, html), lambda meta: _BOTH.sub(name, meta))


def _in_metas(html: str, change: Callable[[str], str]) -> str:
    return re.sub(r"<meta\b[^>]*color-scheme[^>]*>", lambda found: change(found[0]), html, flags=re.IGNORECASE)


def _with_canvas(html: str) -> str:
    return _HEAD_END.sub(lambda found: _FORCED_CANVAS + found[0], html, count=1)


def _inverted_css(css: str) -> str:
    return _COLOUR.sub(_inverted_colour, css)


def _inverted_colour(found: re.Match[str]) -> str:
    red, green, blue = _channels(found)
    hue, lightness, saturation = colorsys.rgb_to_hls(red / 255, green / 255, blue / 255)
    turned = _DARKEST + (1 - lightness) * (_LIGHTEST - _DARKEST)
    channels = colorsys.hls_to_rgb(hue, turned, saturation)
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in channels)


def _channels(found: re.Match[str]) -> tuple[int, int, int]:
    if found["name"]:
        return (255, 255, 255) if found["name"].lower() == "white" else (0, 0, 0)
    if found["r"]:
        return min(int(found["r"]), 255), min(int(found["g"]), 255), min(int(found["b"]), 255)
    digits = found["six"] or "".join(2 * digit for digit in found["three"])
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
