"""The messages of pages and e-mails that translators translate.

`python -m digest.web.extraction pages > templates/pages/locale/xx.po` creates the catalog of the pages for the
language xx, `python -m digest.web.extraction mail > templates/mail/locale/xx.po` the catalog of the e-mails.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import write_po

from digest.fetching.templates import load_templates
from digest.web.pages import FOLDER

KEYWORDS = {"translate": None, "say": None, "_": None, "gettext": None, "ngettext": (1, 2), "several": (1, 2)}
_OPTIONS = {"trimmed": "true", "newstyle_gettext": "true"}
_PACKAGE = Path(__file__).parents[1]


@dataclass(frozen=True, kw_only=True)
class CatalogPart:
    """The templates and the code that one message catalog covers."""

    templates: str  #: folder of the templates
    kinds: tuple[str, ...]  #: file name suffixes of the templates
    code: str  #: package whose code contains messages as well
    untranslated: tuple[str, ...] = ()  #: templates for operators, in English only


PARTS = {
    "pages": CatalogPart(templates=FOLDER, kinds=(".html",), code="web", untranslated=("pages/preview/",)),
    "mail": CatalogPart(
        templates="mail/", kinds=(".html", ".mjml", ".txt"), code="rendering", untranslated=("mail/report.",)
    ),
}


def messages(templates: Mapping[str, str], part: CatalogPart) -> Catalog:
    """Return all messages of a part, without translations."""
    catalog = Catalog(charset="utf-8")
    for message, place in [*_of_templates(templates, part), *_of_code(part)]:
        catalog.add(message, None, locations=[(place, 0)])
    return catalog


def _of_templates(templates: Mapping[str, str], part: CatalogPart) -> Iterator[tuple[str | tuple[str, ...], str]]:
    for name, text in sorted(templates.items()):
        if name.startswith(part.templates) and name.endswith(part.kinds) and not name.startswith(part.untranslated):
            for _, message, _, _ in extract("jinja2", io.BytesIO(text.encode()), keywords=KEYWORDS, options=_OPTIONS):
                yield message, name


def _of_code(part: CatalogPart) -> Iterator[tuple[str | tuple[str, ...], str]]:
    for path in sorted((_PACKAGE / part.code).rglob("*.py")):
        for _, message, _, _ in extract("python", io.BytesIO(path.read_bytes()), keywords=KEYWORDS):
            yield message, f"{part.code}/{path.name}"


def empty_catalog(part: CatalogPart) -> str:
    """Return an empty message catalog for translators to fill in."""
    target = io.BytesIO()
    catalog = messages(load_templates(), part)
    write_po(target, catalog, width=110, omit_header=False, include_lineno=False, sort_output=True)
    return target.getvalue().decode()


if __name__ == "__main__":
    print(empty_catalog(PARTS[sys.argv[1]]), end="")
