"""MJML to HTML, once per template version, with every Jinja tag hidden from the compiler.

The compiler un-escapes entities in attributes, so only the template's own text may pass through it. Each Jinja tag is
replaced by a plain token first and restored afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mjml import mjml_to_html

from digest.errors import TemplateError

_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_INCLUDE = re.compile(r"<mj-include\s+path=\"([^\"]*)\"\s*/?>(?:\s*</mj-include>)?")
_FETCHES = re.compile(r"@import|<link\b|url\(\s*['\"]?(?:https?:)?//")
_BLANKS = re.compile(r"\n[ \t]*(?:\n[ \t]*)*")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a template with all its includes."""

    file: str
    number: int
    text: str


def compiled(name: str, templates: Mapping[str, str]) -> str:
    """Return the Jinja template for HTML that the MJML template describes. Raise TemplateError."""
    lines = assembled(name, templates)
    source = "\n".join(line.text for line in lines)
    tags: list[str] = []

    def token(found: re.Match[str]) -> str:
        tags.append(found.group())
        return _token(len(tags) - 1)

    html = mjml_to_html(_TAG.sub(token, source)).html
    for place, tag in enumerate(tags):
        if _token(place) not in html:
            raise TemplateError(*_place_of(tag, lines), f"{tag} is lost when the MJML is compiled")
        html = html.replace(_token(place), tag)
    if _FETCHES.search(html):
        raise TemplateError(name, None, "compiles to a mail that fetches a font or a style sheet from the web")
    return _BLANKS.sub("\n", html).strip() + "\n"


def without_tags(source: str) -> str:
    """Return the MJML with a plain token for each Jinja tag, line for line."""
    return _TAG.sub(lambda found: _token(0) + "\n" * found.group().count("\n"), source)


def _token(place: int) -> str:
    return f"jinja{place:04d}tag"


def _place_of(tag: str, lines: list[Line]) -> tuple[str, int]:
    first = tag.split("\n", 1)[0]
    return next((line.file, line.number) for line in lines if first in line.text)


def assembled(name: str, templates: Mapping[str, str], above: tuple[str, ...] = ()) -> list[Line]:
    """Return the lines of a template with every <mj-include> replaced by the lines of the file it names."""
    lines: list[Line] = []
    for number, text in enumerate(templates[name].splitlines(), 1):
        include = _INCLUDE.search(text)
        if not include:
            lines.append(Line(file=name, number=number, text=text))
            continue
        wanted = name.rpartition("/")[0] + "/" + include.group(1)
        if wanted not in templates:
            raise TemplateError(name, number, f"includes {include.group(1)!r}, which is not there")
        if wanted in (*above, name):
            raise TemplateError(name, number, f"includes {include.group(1)!r}, which includes it in turn")
        lines.extend(assembled(wanted, templates, (*above, name)))
    return lines
