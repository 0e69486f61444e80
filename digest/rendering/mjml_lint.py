"""Mistakes in MJML, found before compilation: the compiler ignores them, or fails far from where they are.

Each finding names file, line and reason. The compiler's own table of components says what each component allows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

from mjml.core.registry import register_core_components

from digest.errors import TemplateError
from digest.rendering.mjml import Line, assembled, without_tags

GOOGLE_FONTS = (
    "Open Sans",
    "Droid Sans",
    "Lato",
    "Roboto",
    "Ubuntu",
)  # what the compiler fetches when it sees the name
_HTML_INSIDE = frozenset(
    "mj-text mj-button mj-raw mj-table mj-style mj-title mj-preview mj-navbar-link mj-social-element "
    "mj-accordion-title mj-accordion-text mj-html-attributes".split()
)
_HEAD = frozenset("mj-title mj-preview mj-attributes mj-style mj-font mj-breakpoint mj-html-attributes mj-raw".split())
_PARENTS = {
    "mjml": frozenset({""}),
    "mj-head": frozenset({"mjml"}),
    "mj-body": frozenset({"mjml"}),
    "mj-section": frozenset({"mj-body", "mj-wrapper"}),
    "mj-wrapper": frozenset({"mj-body"}),
    "mj-hero": frozenset({"mj-body", "mj-wrapper"}),
    "mj-group": frozenset({"mj-section"}),
    "mj-column": frozenset({"mj-section", "mj-group"}),
    "mj-raw": frozenset({"mj-head", "mj-body", "mj-wrapper", "mj-section", "mj-column", "mj-hero"}),
    "mj-accordion-element": frozenset({"mj-accordion"}),
    "mj-accordion-title": frozenset({"mj-accordion-element"}),
    "mj-accordion-text": frozenset({"mj-accordion-element"}),
    "mj-carousel-image": frozenset({"mj-carousel"}),
    "mj-navbar-link": frozenset({"mj-navbar"}),
    "mj-social-element": frozenset({"mj-social"}),
} | {name: frozenset({"mj-head"}) for name in _HEAD - {"mj-raw"}}
_IN_A_COLUMN = frozenset({"mj-column", "mj-hero"})
_EVERYWHERE = frozenset({"css-class", "mj-class"})
_ROOT = {
    "mjml": frozenset({"lang", "dir", "owa", "version"}),
    "mj-head": frozenset[str](),
    "mj-body": frozenset({"width"}),
    "mj-style": frozenset({"inline"}),
    "mj-font": frozenset({"name", "href"}),
    "mj-breakpoint": frozenset({"width"}),
    "mj-raw": frozenset({"position"}),
}
_LENGTH = re.compile(r"-?\d+(\.\d+)?(px|%|em)|0")
_FONT_NAME = re.compile("|".join(GOOGLE_FONTS))


@dataclass(frozen=True, kw_only=True)
class LintFinding:
    """One mistake."""

    file: str
    line: int
    reason: str


def check(name: str, templates: Mapping[str, str]) -> None:
    """Raise TemplateError for the first mistake in a template or in what it includes."""
    for finding in findings(name, templates):
        raise TemplateError(finding.file, finding.line, finding.reason)


def findings(name: str, templates: Mapping[str, str]) -> list[LintFinding]:
    """Return all mistakes in a template and in what it includes, in the order of its lines."""
    lines = assembled(name, templates)
    reader = _Reader(lines)
    reader.feed(without_tags("\n".join(line.text for line in lines)))
    reader.close()
    found = [*reader.found, *reader.left_open(), *_font_names(lines)]
    return [
        LintFinding(file=lines[place].file, line=lines[place].number, reason=reason)
        for place, reason in sorted(found, key=lambda pair: pair[0])
    ]


class _Reader(HTMLParser):
    """Parser that records each mistake as a line index and a reason."""

    def __init__(self, lines: Sequence[Line]) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []
        self._components = register_core_components()
        self._open: list[tuple[str, int]] = []
        self._inside = ""  # the element whose content is HTML, not MJML
        self._default_font = False
        self._last = max(len(lines) - 1, 0)

    @property
    def _place(self) -> int:
        return min(self.getpos()[0] - 1, self._last)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._inside:
            return
        self._element(tag, attrs)
        self._open.append((tag, self._place))
        if tag in _HTML_INSIDE:
            self._inside = tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self._inside:
            self._element(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self._inside and tag != self._inside:
            return
        self._inside = ""
        if tag not in [name for name, _ in self._open]:
            self._note(f"</{tag}> closes nothing that is open here")
            return
        while (last := self._open.pop())[0] != tag:
            self.found.append((last[1], f"<{last[0]}> is not closed"))

    def left_open(self) -> Iterator[tuple[int, str]]:
        """Return the elements that are never closed."""
        return ((place, f"<{tag}> is not closed") for tag, place in self._open)

    def _note(self, reason: str) -> None:
        self.found.append((self._place, reason))

    def _element(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        parent = self._open[-1][0] if self._open else ""
        if parent == "mj-attributes":
            self._default(tag, given)
        elif tag not in _ROOT and tag not in self._components:
            self._note(f"<{tag}> is not an MJML element")
        elif parent not in _PARENTS.get(tag, _IN_A_COLUMN):
            wanted = " or ".join(f"<{name}>" for name in sorted(_PARENTS.get(tag, _IN_A_COLUMN)))
            self._note(f"<{tag}> is in {f'<{parent}>' if parent else 'nothing'}; it belongs in {wanted}")
        else:
            self._attributes(tag, given)
            self._traps(tag, given)

    def _default(self, tag: str, given: Mapping[str, str]) -> None:
        if tag == "mj-all":
            self._default_font |= "font-family" in given
        elif tag == "mj-class":
            if "name" not in given:
                self._note("<mj-class> has no name")
        elif tag not in self._components:
            self._note(f"<{tag}> is not an MJML element")
        else:
            self._default_font |= tag == "mj-text" and "font-family" in given
            self._attributes(tag, given)

    def _attributes(self, tag: str, given: Mapping[str, str]) -> None:
        component = self._components.get(tag)
        rules = component.allowed_attrs() if hasattr(component, "allowed_attrs") else {}
        allowed = set(rules) | _EVERYWHERE | _ROOT.get(tag, frozenset())
        for name, value in given.items():
            if name not in allowed:
                self._note(f"<{tag}> has no attribute {name!r}")
            elif complaint := _complaint(rules.get(name, ""), value):
                self._note(f"<{tag}> {name}: {value!r} is not {complaint}")

    def _traps(self, tag: str, given: Mapping[str, str]) -> None:
        if tag == "mjml" and not ({"lang", "dir"} <= set(given)):
            self._note('<mjml> needs lang and dir; without them the mail says lang="und"')
        if tag == "mj-table":
            self._note('<mj-table> drops role="presentation"; write the table in <mj-raw>')
        component = self._components.get(tag)
        defaults = component.default_attrs() if hasattr(component, "default_attrs") else {}
        if "Ubuntu" in defaults.get("font-family", "") and "font-family" not in given and not self._default_font:
            self._note(f"<{tag}> without font-family asks Google for Ubuntu; set it in <mj-all>")


def _complaint(rule: str, value: str) -> str:
    """Return what a value should be, or nothing if it is valid. A value with a Jinja tag is not checked."""
    if "jinja" in value or not rule:
        return ""
    if rule.startswith("enum("):
        choices = rule[5:-1].split(",")
        return "" if value in choices else f"one of {', '.join(choices)}"
    if rule.startswith("unit(") and "," not in rule.removeprefix("unit(").split(")")[0].replace("px,%", ""):
        parts = value.split()
        return "" if parts and all(map(_LENGTH.fullmatch, parts)) else "a length with its unit, such as 16px"
    if rule == "integer":
        return "" if value.isdigit() else "a whole number"
    return ""


def _font_names(lines: Sequence[Line]) -> Iterator[tuple[int, str]]:
    for place, line in enumerate(lines):
        name = _FONT_NAME.search(line.text)
        if name and "font" in line.text:
            yield place, f"names the font {name.group()}, which makes the mail fetch it from Google"
