"""The languages of pages and messages: English in the templates, others in message catalogues next to them."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from babel import Locale, negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

SOURCE_LANGUAGE = "en"
CATALOGUE_SUFFIX = ".po"


@dataclass(frozen=True, kw_only=True)
class Languages:
    """The available translations, by language."""

    catalogues: Mapping[str, NullTranslations] = field(default_factory=dict)

    @cached_property
    def names(self) -> tuple[tuple[str, str], ...]:
        """Each language with its own name, English first: (("en", "English"), ("de", "Deutsch"))."""
        return tuple((code, Locale.parse(code).get_display_name() or code) for code in self.codes)

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The languages, English first."""
        return (SOURCE_LANGUAGE, *sorted(self.catalogues))

    def catalogue(self, language: str) -> NullTranslations:
        """Return the translations into a language; for English and unknown ones, a null catalogue."""
        return self.catalogues.get(language) or NullTranslations()

    def choose(self, wanted: str, accept: str) -> str:
        """Return the wanted language if it is available, or else the best match of an Accept-Language header."""
        if wanted in self.codes:
            return wanted
        return negotiate_locale(accepted(accept), self.codes, sep="-") or SOURCE_LANGUAGE


def accepted(header: str) -> list[str]:
    """Return the languages of an Accept-Language header, most wanted first (RFC 9110, 12.5.4).

    >>> accepted("fr;q=0.3, de-AT, en;q=0.8")
    ['de-AT', 'en', 'fr']
    """
    weighed = []
    for part in header[:1000].split(","):
        language, _, parameter = part.strip().partition(";")
        weight = _weight(parameter)
        if language and weight > 0:
            weighed.append((-weight, language.strip()))
    return [language for _, language in sorted(weighed, key=lambda pair: pair[0])]


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0


def read_catalogues(texts: Mapping[str, str]) -> Languages:
    """Return the languages of these catalogues (name ending in LANGUAGE.po -> text)."""
    catalogues = {_language_of(name): _compiled(text) for name, text in _catalogue_files(texts)}
    return Languages(catalogues=catalogues)


def _catalogue_files(texts: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    return ((name, text) for name, text in texts.items() if name.endswith(CATALOGUE_SUFFIX))


def _language_of(name: str) -> str:
    return name.removesuffix(CATALOGUE_SUFFIX).rpartition("/")[2]


def _compiled(text: str) -> Translations:
    catalogue = read_po(io.BytesIO(text.encode()))
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(fp=compiled)
