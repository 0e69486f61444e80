"""Themes: fonts and colours of the messages as data, checked on loading."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, fields
from typing import Any

from markupsafe import Markup

from digest.errors import TemplateError

MIN_CONTRAST = 4.5  # WCAG 2.2, 1.4.3, level AA
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_FONTS = re.compile(r"[A-Za-z0-9 ,-]+")


ABSTRACT_COLUMNS = range(280, 421)  #: from four to six lines of a card at 600 px


@dataclass(frozen=True, kw_only=True)
class Palette:
    """The colours of one scheme, each as #rrggbb."""

    page: str  #: behind the cards
    card: str  #: surface of a card
    ink: str  #: titles and text
    soft: str  #: authors, dates, footer
    line: str  #: hairlines and borders of quiet buttons
    accent: str  #: the one accent: match, links, the main button
    accent_ink: str  #: text on the accent
    track: str  #: the empty part of a bar
    chip: str  #: surface of a chip
    chip_ink: str  #: text of a chip


@dataclass(frozen=True, kw_only=True)
class Theme:
    """Fonts and colours of the messages."""

    font: str  #: font stack of the text; names without quotes
    display: str  #: font stack of headings
    light: Palette
    dark: Palette
    abstract_columns: int = 420  #: how much of an abstract a card shows, 280 to 420


_READ_TOGETHER = (
    *(("ink", "card"), ("soft", "card"), ("accent", "card"), ("accent_ink", "accent"), ("chip_ink", "chip")),
    *(("ink", "page"), ("soft", "page"), ("accent", "page")),
)


def read_theme(text: str, file: str) -> Theme:
    """Return the theme that a TOML text describes. Raise TemplateError for a missing, unknown or invalid
    value, and for colours with too little contrast."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TemplateError(file, None, f"is not TOML: {error}") from error
    unknown = set(data) - {field.name for field in fields(Theme)}
    if unknown:
        raise TemplateError(file, None, f"{sorted(unknown)[0]!r} is not a part of a theme")
    return Theme(
        font=_fonts(data, "font", file),
        display=_fonts(data, "display", file),
        light=_palette(data.get("light", {}), "light", file),
        dark=_palette(data.get("dark", {}), "dark", file),
        abstract_columns=_columns(data.get("abstract_columns", Theme.abstract_columns), file),
    )


def _columns(value: object, file: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value not in ABSTRACT_COLUMNS:
        least, most = ABSTRACT_COLUMNS[0], ABSTRACT_COLUMNS[-1]
        raise TemplateError(file, None, f"abstract_columns: {value!r} is not a whole number from {least} to {most}")
    return value


def _fonts(data: dict[str, Any], name: str, file: str) -> str:
    stack = str(data.get(name, ""))
    if not _FONTS.fullmatch(stack):
        raise TemplateError(file, None, f"{name}: {stack!r} is not a list of font names without quotes")
    return Markup(stack)  # noqa: S704 - letters, digits, spaces, commas and hyphens only


def _palette(data: dict[str, Any], scheme: str, file: str) -> Palette:
    names = {field.name for field in fields(Palette)}
    for name in sorted(names ^ set(data)):
        state = "is missing" if name in names else "is not a colour of a theme"
        raise TemplateError(file, None, f"{scheme}.{name} {state}")
    for name, colour in data.items():
        if not isinstance(colour, str) or not _COLOUR.fullmatch(colour):
            raise TemplateError(file, None, f"{scheme}.{name}: {colour!r} is not of the form #rrggbb, in lower case")
    for ink, paper in _READ_TOGETHER:
        ratio = contrast(data[ink], data[paper])
        if ratio < MIN_CONTRAST:
            reason = (
                f"{scheme}.{ink} on {scheme}.{paper} has a contrast of {ratio:.2f}, at least {MIN_CONTRAST} is required"
            )
            raise TemplateError(file, None, reason)
    return Palette(**{name: Markup(colour) for name, colour in data.items()})  # noqa: S704 - checked: #rrggbb


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
