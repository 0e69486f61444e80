"""python -m tests.gallery.reference > docs/reference/templates.md: the reference of the e-mail templates."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from typing import Any

from digest.rendering import inputs, transactional_inputs

GIVEN: dict[str, type[Any]] = {
    "issue": inputs.IssueInput,
    "card": inputs.CardInput,
    "row": inputs.RowInput,
    "rows": inputs.RowsInput,
    "match": inputs.MatchInput,
    "chip": inputs.ChipInput,
    "section": inputs.SectionInput,
    "more": inputs.MoreInput,
    "empty": inputs.EmptyInput,
    "confirm": transactional_inputs.ConfirmInput,
    "manage": transactional_inputs.ManageInput,
    "welcome": transactional_inputs.WelcomeInput,
    "report": transactional_inputs.ReportInput,
}
_FIELD = re.compile(r"^    (\w+): [^#\n]*(?:#: (.*))?$", re.MULTILINE)
_HEAD = """# E-mail templates

Generated from `digest/rendering/inputs.py` and `transactional_inputs.py` by `python -m tests.gallery.reference >
docs/reference/templates.md`.

The messages are rendered from the templates in `templates/mail`: MJML for the frame (`.mjml`), HTML for the repeated
parts (`.html`) and plain text for the text part (`.txt`), all with Jinja tags. To change a template, put a file with
the same name into your own folder and set that folder:

```toml
[templates]
folder = "my-templates"     # my-templates/mail/card.html replaces the card
theme = "default"           # my-templates/theme/default.toml replaces its colours
```

`digest preview` shows each change immediately. Templates are checked on loading: an error names the file and line of
unknown MJML elements and attributes, fonts that a client would download, lost tags and missing includes. An unknown
name in a template is an error, never an empty string. The engine escapes all text from papers and people.

A theme (`templates/theme`) is a TOML file with two font stacks, and ten colours each for light and dark. Text and
background colours need a contrast of at least 4.5.

Templates share `mail/_head.mjml`, `_masthead.mjml`, `_footer.mjml` and `_sender.mjml` with `<mj-include>`. The macros
of transactional mail are in `_parts.html`. In the text part, the filter `hanging_indent(n)` wraps text to 72 columns
and indents all lines but the first by n spaces. A *slot* is filled for each reader after rendering: you can place it,
but not test or change its value.

Fixed text is written as `_("…")`, or as `ngettext("one paper", "%(num)s papers", count)` if it depends on a number.
Values are passed by name: `_("by %(name)s", name=author)`. The file `templates/mail/locale/xx.po` translates messages
into the language xx (`python -m digest.web.extraction mail` prints a new one), and `templates/pages/locale/xx.po`
translates the web pages. German is included. Readers whose language has no file get English. Notes from sources (why
a paper is trending) and the operator's report and pages are in English.
"""


def meanings(given: type[Any]) -> dict[str, str]:
    """Return the meaning of each field, from the comment after it."""
    found: dict[str, str] = {}
    for base in reversed(given.__mro__[:-1]):
        found |= dict(_FIELD.findall(inspect.getsource(base)))
    return found


def reference() -> str:
    """Return the page as Markdown."""
    parts = [_HEAD]
    for name, given in GIVEN.items():
        field_meanings, own = meanings(given), " ".join((given.__doc__ or "").split())
        parts.append(f"\n## `{name}`\n\n{own}\n\n| name | slot | meaning |\n|---|---|---|\n")
        for field in fields(given):
            slot = "yes" if "\ufdd0" in str(field.default) else ""
            parts.append(
                f"| `{field.name}` | {slot} | {field_meanings.get(field.name) or SHARED.get(field.name, '')} |\n"
            )
    return "".join(parts)


SHARED = {
    "masthead": "the sender: `name`, `address`, `postal`",
    "theme": "`font`, `display`, and the colours of `light` and `dark`",
    "language": "of the labels",
    "subject": "the subject",
    "title": "the paper's title",
    "heading": "the heading",
    "label": "the text of the reason",
    "name": "the heading",
    "keywords": "the reader's keywords",
    "address": "the reader's address",
    "group": "name of the inviting group",
}

if __name__ == "__main__":
    print(reference(), end="")
