"""Pages: one template per page, rendered from one documented dataclass, in the reader's language."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlencode

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from jinja2 import DictLoader, Environment, StrictUndefined, pass_context, select_autoescape
from jinja2.runtime import Context
from starlette.responses import HTMLResponse, Response

from digest.rendering.languages import Languages, read_catalogues
from digest.rendering.theme import Palette, Theme, read_theme

FOLDER = "pages/"
STATIC = "pages/static/"
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


@dataclass(frozen=True, kw_only=True)
class Page:
    """Base class of the template inputs; the fields of a page are the names that its template may use."""

    template: ClassVar[str]  #: file in templates/pages
    status: ClassVar[int] = 200


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What every page shows around its content."""

    language: str
    root: str = ""  #: base path of the pages, without a slash at the end
    path: str  #: of the request below it, for links to this page in another language
    brand: str  #: name of the digest
    postal: str  #: postal address of the sender
    languages: tuple[tuple[str, str], ...]  #: language and its own name
    wanted: str = ""  #: the language, if the URL asks for one: links keep it
    linkable: bool = True  #: whether the URL accepts GET, so that links to other languages work


@dataclass(frozen=True, kw_only=True)
class Asset:
    """A static file; the hash in its name makes it cacheable for ever."""

    name: str
    body: bytes
    media_type: str


class Pages:
    """Renders pages from the templates of one installation."""

    def __init__(self, texts: Mapping[str, str], theme: str = "default") -> None:
        """Take all templates, file name to text; those under pages/ are used, with the colors of a theme."""
        look = f"theme/{theme}.toml"
        texts = {**texts, f"{STATIC}theme.css": theme_css(read_theme(texts[look], look))}
        own = {name.removeprefix(FOLDER): text for name, text in texts.items() if name.startswith(FOLDER)}
        self.languages: Languages = read_catalogues(own)
        self.assets = {asset.name: asset for asset in _assets(texts)}
        self._names = {_plain_name(name): name for name in self.assets}
        self._sources = {name: text for name, text in own.items() if name.endswith((".html", ".svg"))}

    def response(self, page: Page, frame: Frame) -> Response:
        """Return the response that shows a page."""
        return HTMLResponse(self.html(page, frame), status_code=page.status)

    def html(self, page: Page, frame: Frame) -> str:
        """Return the HTML of a page."""
        template = self._environments(frame.language).get_template(page.template)
        return template.render({"frame": frame, **{item.name: getattr(page, item.name) for item in fields(page)}})

    def text(self, language: str, message: str) -> str:
        """Return a message in a language."""
        return self.languages.catalogue(language).gettext(message)

    def _environments(self, language: str) -> Environment:
        return self._by_language.get(language) or self._by_language["en"]

    @cached_property
    def _by_language(self) -> dict[str, Environment]:
        return {code: self._environment(code) for code in self.languages.codes}

    def _environment(self, language: str) -> Environment:
        environment = Environment(
            loader=DictLoader(self._sources),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n"],
            trim_blocks=True,
            lstrip_blocks=True,
        )
        catalogue: Any = self.languages.catalogue(language)
        environment.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]
        environment.filters.update(_filters(language))
        environment.globals.update(static=self._static_address, link=address_of)
        return environment

    @pass_context
    def _static_address(self, context: Context, name: str) -> str:
        return f"{context['frame'].root}/static/{self._names[name]}"


def address_of(path: str, frame: Frame, **query: object) -> str:
    """Return the URL of another page, in the language that the reader chose."""
    wanted = {"lang": frame.wanted} if frame.wanted and "lang" not in query else {}
    rest = {name: value for name, value in query.items() if value not in ("", None)}
    query_string = f"?{urlencode({**rest, **wanted})}" if rest or wanted else ""
    return frame.root + path + query_string


def _filters(language: str) -> dict[str, Any]:
    def long_date(value: date) -> str:
        return format_date(value, "full", locale=language)

    def short_date(value: date) -> str:
        return format_date(value, "medium", locale=language)

    def moment(value: datetime) -> str:
        return format_datetime(value, "medium", locale=language)

    def number(value: float) -> str:
        return format_decimal(value, locale=language)

    return {"long_date": long_date, "short_date": short_date, "moment": moment, "number": number}


def theme_css(theme: Theme) -> str:
    """Return the colors and fonts of a theme as the custom properties that pages.css uses."""
    light, dark = _properties(theme.light), _properties(theme.dark)
    fonts = f"--font: {_quoted(theme.font)}; --display: {_quoted(theme.display)};"
    return f":root {{ {fonts} {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"


def _properties(palette: Palette) -> str:
    return " ".join(f"--{item.name.replace('_', '-')}: {getattr(palette, item.name)};" for item in fields(palette))


def _quoted(stack: str) -> str:
    names = (name.strip() for name in stack.split(","))
    return ", ".join(f'"{name}"' if " " in name else name for name in names)


def _assets(texts: Mapping[str, str]) -> list[Asset]:
    found = []
    for path, text in texts.items():
        if path.startswith(STATIC):
            body, (stem, _, kind) = text.encode(), path.removeprefix(STATIC).rpartition(".")
            name = f"{stem}.{hashlib.sha256(body).hexdigest()[:12]}.{kind}"
            found.append(Asset(name=name, body=body, media_type=_TYPES[kind]))
    return found


def _plain_name(name: str) -> str:
    stem, _, kind = name.split(".")
    return f"{stem}.{kind}"
