"""Client simulation: the HTML of an e-mail as different clients show it, all in one browser.

A browser has one color scheme and none of the habits of mail clients, so the HTML is changed: conditions on the
scheme are resolved, style blocks removed, colors inverted. Only the preview is changed, never what is sent.
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Callable
from enum import StrEnum


class Scheme(StrEnum):
    """The colors in which a client shows an e-mail."""

    LIGHT = "light"
    DARK = "dark"  #: a dark client that keeps the dark colors of the e-mail, such as Apple Mail
    FORCED = "forced"  #: a client that inverts every color, such as Gmail on iOS or Outlook on Windows; approximated
    OUTLOOK = "outlook"  #: a client that inverts colors and marks the changes (data-ogsc), such as Outlook on the web


_STYLE_BLOCK = re.compile(r"<style\b[^>]*>.*?</style\s*>|<link\b[^>]*>", re.IGNORECASE | re.DOTALL)
_STYLE_TEXT = re.compile(r"(<style\b[^>]*>)(.*?)(</style\s*>)", re.IGNORECASE | re.DOTALL)
_STYLE_ATTRIBUTE = re.compile(r"""(\sstyle\s*=\s*)("[^"]*"|'[^']*')""", re.IGNORECASE)
_COLOR_ATTRIBUTE = re.compile(r"""(\s(?:bgcolor|color)\s*=\s*)("[^"]*"|'[^']*')""", re.IGNORECASE)
_CONDITION = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)", re.IGNORECASE)
_BOTH = re.compile(r"\blight\s+dark\b|\bdark\s+light\b", re.IGNORECASE)
_ALWAYS, _NEVER = "(min-width: 0px)", "(max-width: 0px)"
_COLOR = re.compile(
    r"#(?P<six>[0-9a-f]{6})\b|#(?P<three>[0-9a-f]{3})\b"
    r"|rgba?\(\s*(?P<r>\d{1,3})\s*,\s*(?P<g>\d{1,3})\s*,\s*(?P<b>\d{1,3})[^)]*\)|(?<![\w-])(?P<name>white|black)(?![\w-])",
    re.IGNORECASE,
)
_DARKEST, _LIGHTEST = 0.09, 0.95  #: what white and black become
_HTML_TAG, _HEAD_END = re.compile(r"<html\b", re.IGNORECASE), re.compile(r"</head\s*>", re.IGNORECASE)
_FORCED_CANVAS = "<style>html { background-color: #171717; color: #f2f2f2; }</style>"


def as_seen(html: str, scheme: Scheme, *, stripped: bool = False) -> str:
    """Return the HTML that looks in a browser like the e-mail in such a client; `stripped` removes style blocks."""
    html = without_styles(html) if stripped else html
    html = _decided(html, dark=scheme is Scheme.DARK)
    if scheme in (Scheme.FORCED, Scheme.OUTLOOK):
        html = _with_canvas(inverted(html, blocks=scheme is Scheme.FORCED))
    return _HTML_TAG.sub("<html data-ogsc data-ogsb", html, count=1) if scheme is Scheme.OUTLOOK else html


def without_styles(html: str) -> str:
    """Return the HTML without style blocks and style sheets, as Gmail shows it to accounts of other providers."""
    return _STYLE_BLOCK.sub("", html)


def inverted(html: str, *, blocks: bool = True) -> str:
    """Return the HTML with the lightness of every color inverted, in style and color attributes.

    `blocks` inverts the style blocks as well; without it their own rules for inverting clients apply.
    """

    def quoted(found: re.Match[str]) -> str:
        return found[1] + _inverted_css(found[2])

    if blocks:
        html = _STYLE_TEXT.sub(lambda found: found[1] + _inverted_css(found[2]) + found[3], html)
    return _COLOR_ATTRIBUTE.sub(quoted, _STYLE_ATTRIBUTE.sub(quoted, html))


def _decided(html: str, *, dark: bool) -> str:
    """Return the HTML for a client with that scheme, independent of the scheme of the browser."""
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
    return _COLOR.sub(_inverted_color, css)


def _inverted_color(found: re.Match[str]) -> str:
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
