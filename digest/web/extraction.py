"""Which messages the pages have: what a translator finds in a new catalogue.

`python -m digest.web.extraction > templates/pages/locale/xx.po` begins a catalogue for the language xx.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import write_po

from digest.fetching.templates import load_templates
from digest.web.pages import FOLDER

KEYWORDS = {"translate": None, "_": None, "gettext": None, "ngettext": (1, 2)}
PREVIEW = "pages/preview/"  #: for whoever runs the program, in English
_OPTIONS = {"trimmed": "true", "newstyle_gettext": "true"}


def messages(templates: Mapping[str, str]) -> Catalog:
    """Gives all messages of the pages, without translations."""
    catalogue = Catalog(charset="utf-8")
    for message, place in [*_of_templates(templates), *_of_code()]:
        catalogue.add(message, None, locations=[(place, 0)])
    return catalogue


def _of_templates(templates: Mapping[str, str]) -> Iterator[tuple[str | tuple[str, ...], str]]:
    for name, text in sorted(templates.items()):
        if name.startswith(FOLDER) and name.endswith(".html") and not name.startswith(PREVIEW):
            for _, message, _, _ in extract("jinja2", io.BytesIO(text.encode()), keywords=KEYWORDS, options=_OPTIONS):
                yield message, name


def _of_code() -> Iterator[tuple[str | tuple[str, ...], str]]:
    for path in sorted(Path(__file__).parent.glob("*.py")):
        for _, message, _, _ in extract("python", io.BytesIO(path.read_bytes()), keywords=KEYWORDS):
            yield message, f"web/{path.name}"


def template_of_catalogue() -> str:
    """Gives an empty catalogue in the form that translators fill."""
    target = io.BytesIO()
    write_po(target, messages(load_templates()), width=110, omit_header=False, include_lineno=False, sort_output=True)
    return target.getvalue().decode()


if __name__ == "__main__":
    print(template_of_catalogue(), end="")
