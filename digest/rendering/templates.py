"""The mail templates, compiled once from MJML to HTML. Each template has one documented input."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from jinja2 import (
    DictLoader,
    Environment,
    StrictUndefined,
    Template,
    TemplateSyntaxError,
    pass_eval_context,
    select_autoescape,
)
from jinja2 import TemplateError as JinjaError
from jinja2.nodes import EvalContext
from markupsafe import Markup

from digest.errors import TemplateError
from digest.rendering.encoded_text import EncodedTemplate
from digest.rendering.escaping import escaped, finalize
from digest.rendering.mjml import assembled, compiled
from digest.rendering.mjml_lint import check
from digest.rendering.wording import ENGLISH, Wording

TEXT_WIDTH = 72


class Templates:
    """All templates of one version. The engine escapes outside text, which is never template source."""

    def __init__(self, texts: Mapping[str, str], wording: Wording = ENGLISH) -> None:
        self._texts, self.wording = texts, wording
        sources = {name: text for name, text in texts.items() if name.startswith("mail/")}
        self._environment = Environment(
            loader=DictLoader(sources),
            autoescape=select_autoescape(disabled_extensions=("txt",), default=True, default_for_string=True),
            undefined=StrictUndefined,
            finalize=finalize,
            keep_trailing_newline=True,
        )
        # "hang" is the old name; templates of users may have it.
        self._environment.filters.update(hanging_indent=hanging_indent, hang=hanging_indent)
        self._environment.globals.update(_=_saying(wording), ngettext=_counting(wording))
        self._compiled: dict[str, Template] = {}

    def render(self, name: str, given: Any) -> str:
        """Return the template rendered with one of the dataclasses of `inputs`. Raise TemplateError on failure."""
        try:
            return self._template(name).render({field.name: getattr(given, field.name) for field in fields(given)})
        except JinjaError as error:
            raise TemplateError(*self._place_of(error, name), str(error)) from error

    def _place_of(self, error: JinjaError, name: str) -> tuple[str, int | None]:
        """Return the file and line of an error.

        A syntax error names its line; for other errors it is the innermost template line in the traceback. Lines of
        compiled MJML differ from those of its source, so for MJML it is the first tag with the name in the error.
        """
        file = (error.name if isinstance(error, TemplateSyntaxError) else None) or name
        line = error.lineno if isinstance(error, TemplateSyntaxError) else _line_in_traceback(error)
        if not file.endswith(".mjml"):
            return file, line
        named = _NAMED.search(str(error))
        lines = assembled(name, self._texts) if named else []
        found = (row for row in lines if named and re.search(rf"\{{[{{%].*\b{re.escape(named[1])}\b", row.text))
        return next(((row.file, row.number) for row in found), (name, None))

    def encoded(self, name: str, given: Any) -> EncodedTemplate:
        """Return the rendered template, encoded and split at its slots."""
        return EncodedTemplate(self.render(name, given))

    def _template(self, name: str) -> Template:
        if name not in self._compiled:
            self._compiled[name] = self._compile(name)
        return self._compiled[name]

    def _compile(self, name: str) -> Template:
        if name not in self._texts:
            raise TemplateError(name, None, "is not there")
        if not name.endswith(".mjml"):
            return self._environment.get_template(name)
        check(name, self._texts)
        return self._environment.from_string(compiled(name, self._texts))


_NAMED = re.compile(r"'(\w+)'")


def _line_in_traceback(error: JinjaError) -> int | None:
    """Return the template line of an error, which Jinja puts into the traceback."""
    trace, line = error.__traceback__, None
    while trace is not None:
        line = trace.tb_lineno if trace.tb_frame.f_code.co_filename == "<template>" else line
        trace = trace.tb_next
    return line


def _saying(wording: Wording) -> Callable[..., str]:
    @pass_eval_context
    def gettext(context: EvalContext, message: str, /, **values: object) -> str:
        if not context.autoescape:
            return wording.gettext(message, **values)
        return Markup(wording.gettext(message, **_safe(values)))  # noqa: S704 - our own message, escaped values

    return gettext


def _counting(wording: Wording) -> Callable[..., str]:
    @pass_eval_context
    def ngettext(context: EvalContext, one: str, many: str, number: int, /, **values: object) -> str:
        if not context.autoescape:
            return wording.ngettext(one, many, number, **values)
        return Markup(wording.ngettext(one, many, number, **_safe(values)))  # noqa: S704 - as above

    return ngettext


def _safe(values: Mapping[str, object]) -> dict[str, object]:
    return {name: escaped(v) if isinstance(v, str) and not hasattr(v, "__html__") else v for name, v in values.items()}


class TemplatePair:
    """The two templates of one element, in HTML and in text."""

    def __init__(self, templates: Templates, name: str, given: object, *, kind: str = "html") -> None:
        self.html = templates.encoded(f"mail/{name}.{kind}", given)
        self.text = templates.encoded(f"mail/{name}.txt", given)


def hanging_indent(text: str, indent: int) -> str:
    """Return the text wrapped to 72 columns with a hanging indent; words and URLs stay whole."""
    width = TEXT_WIDTH - indent
    lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]
    return ("\n" + " " * indent).join(lines)
