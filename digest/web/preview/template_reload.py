"""Template reload: a renderer that is rebuilt when a template changes, and keeps the last one that worked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import RLock
from typing import Generic, TypeVar

from digest.errors import ConfigurationError, DigestError, TemplateError
from digest.rendering import MailRenderer, Masthead

T = TypeVar("T")
_WATCHED = ("mail/", "theme/", "samples/")
_AROUND = 3  #: lines shown before and after a faulty one


@dataclass(frozen=True, kw_only=True)
class SourceLine:
    """One line of a template, as an error shows it."""

    number: int
    text: str
    faulty: bool


@dataclass(frozen=True, kw_only=True)
class TemplateFault:
    """An error in the templates."""

    file: str
    line: int | None
    reason: str
    excerpt: tuple[SourceLine, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RenderedMail(Generic[T]):
    """The outcome of rendering, or the fault that prevented it."""

    outcome: T | None  #: None when the templates do not work and no earlier ones were requested
    fault: TemplateFault | None = None


class ReloadingRenderer:
    """A renderer for the current templates that remembers the last ones that worked."""

    def __init__(self, load: Callable[[], Mapping[str, str]], masthead: Masthead, theme: str) -> None:
        self._load, self._masthead, self._theme = load, masthead, theme
        self._lock = RLock()
        self._texts: Mapping[str, str] = {}
        self._renderer: MailRenderer | None = None
        self._fault: TemplateFault | None = None
        self._good: MailRenderer | None = None
        self.version = ""

    @property
    def has_good(self) -> bool:
        """True when any templates have worked since the start."""
        return self._good is not None

    @property
    def fault(self) -> TemplateFault | None:
        """The error found when the templates were last read; None without one."""
        return self._fault

    def texts(self) -> Mapping[str, str]:
        """Return the templates by name. Raise ConfigurationError when they cannot be read."""
        return self._load()

    def look(self) -> str:
        """Return the version of the current templates; it changes when a file is edited."""
        with self._lock:
            try:
                texts = {name: text for name, text in self._load().items() if name.startswith(_WATCHED)}
            except ConfigurationError as error:  # such as a file that is not UTF-8 because it is just being written
                texts = {"": str(error)}
            if texts != self._texts or not self.version:
                self._texts, self.version = texts, _version(texts)
                self._reload()
            return self.version

    def render(self, use: Callable[[MailRenderer], T], *, good: bool = False) -> RenderedMail[T]:
        """Return what `use` makes with the renderer of the current templates; with `good`, of the last that worked.

        A template can also fail when it is first rendered; that is reported as an error in the templates.
        """
        with self._lock:
            self.look()
            if self._renderer and not self._fault:
                try:
                    outcome = use(self._renderer)
                    self._good = self._renderer
                    return RenderedMail(outcome=outcome)
                except TemplateError as error:
                    self._fault = _fault(error, self._texts)
            return RenderedMail(outcome=use(self._good) if good and self._good else None, fault=self._fault)

    def _reload(self) -> None:
        try:
            if "" in self._texts:
                raise ConfigurationError(self._texts[""])
            self._renderer, self._fault = MailRenderer.load(self._texts, self._masthead, self._theme), None
        except (TemplateError, ConfigurationError) as error:
            self._renderer, self._fault = None, _fault(error, self._texts)


def _version(texts: Mapping[str, str]) -> str:
    digest = hashlib.sha256()
    for name in sorted(texts):
        digest.update(f"{len(name)} {name} {len(texts[name])} {texts[name]}".encode())
    return digest.hexdigest()[:16]


def _fault(error: DigestError, texts: Mapping[str, str]) -> TemplateFault:
    if not isinstance(error, TemplateError):
        return TemplateFault(file="templates", line=None, reason=str(error))
    lines = texts.get(error.file, "").splitlines()
    around = range(max(1, (error.line or 0) - _AROUND), min(len(lines), (error.line or 0) + _AROUND) + 1)
    excerpt = (SourceLine(number=n, text=lines[n - 1], faulty=n == error.line) for n in around if error.line)
    return TemplateFault(file=error.file, line=error.line, reason=error.reason, excerpt=tuple(excerpt))
