"""python -m tests.gallery.reference > docs/reference/templates.md: the templates of the e-mails and their inputs."""

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
_HEAD = """# Templates of the mails

Made from `digest/rendering/inputs.py` and `letter_inputs.py` by `python -m tests.gallery.reference >
docs/reference/templates.md`.

The mails are made of the templates in `templates/mail`: MJML for what stands around (`.mjml`), HTML for the parts
that repeat (`.html`), plain text for the text part (`.txt`), all with Jinja tags. To change one, put a file of the
same name into a folder of your own and name the folder:

```toml
[templates]
folder = "my-templates"     # my-templates/mail/card.html replaces the card
theme = "default"           # my-templates/theme/default.toml replaces its colours
```

`digest preview` shows each change at once. A template is checked when it is loaded: unknown MJML elements and
attributes, fonts that would be fetched from the web, tags that get lost, includes that are not there are named with
file and line; a name that a template is not given is an error, never an empty place. Text from papers and people is
escaped by the engine.

A theme (`templates/theme`) is a TOML file with two font stacks and ten colours each for light and dark. Colours
that are read together must have a contrast of at least 4.5.

`mail/_head.mjml`, `_masthead.mjml`, `_footer.mjml` and `_sender.mjml` are shared by `<mj-include>`, `_parts.html`
has the macros of the single mails. In the text part the filter `hang(n)` wraps to 72 columns, with n blanks before
all lines but the first. A *slot* is filled for each reader after the template was rendered: it can be placed, but
not tested or changed.

Every fixed word stands in `_("…")`, or where a number decides in `ngettext("one paper", "%(num)s papers", count)`, with
values as `_("by %(name)s", name=author)`. A file `templates/mail/locale/xx.po` translates the mails into the language
xx (`python -m digest.web.extraction mail` begins one), `templates/pages/locale/xx.po` the web pages; German comes with
the program. A reader whose language has no file gets English. Notes that sources give (why a paper trends) and the
operator's report and pages are in English.
"""


def meanings(given: type[Any]) -> dict[str, str]:
    """Return the meaning of each field, from the comments beside it."""
    found: dict[str, str] = {}
    for base in reversed(given.__mro__[:-1]):
        found |= dict(_FIELD.findall(inspect.getsource(base)))
    return found


def reference() -> str:
    """Return the whole page."""
    parts = [_HEAD]
    for name, given in GIVEN.items():
        told, own = meanings(given), " ".join((given.__doc__ or "").split())
        parts.append(f"\n## `{name}`\n\n{own}\n\n| name | slot | meaning |\n|---|---|---|\n")
        for field in fields(given):
            slot = "yes" if "\ufdd0" in str(field.default) else ""
            parts.append(f"| `{field.name}` | {slot} | {told.get(field.name) or SHARED.get(field.name, '')} |\n")
    return "".join(parts)


SHARED = {
    "masthead": "who sends: `name`, `address`, `postal`",
    "theme": "`font`, `display`, and the colours of `light` and `dark`",
    "language": "of the labels",
    "subject": "the subject",
    "title": "the paper's title",
    "heading": "the heading",
    "label": "the words of the reason",
    "name": "the heading",
    "keywords": "the reader's keywords",
    "address": "the reader's address",
    "group": "name of the group that invites",
}

if __name__ == "__main__":
    print(reference(), end="")
