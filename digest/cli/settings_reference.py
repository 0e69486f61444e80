"""The reference of all settings, generated from their declarations.

`python -m digest.cli.settings_reference > docs/reference/settings.md` writes it; a test compares the two.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from digest.settings import Section, Settings

HEAD = """\
# Settings

Generated from `digest/settings.py` by `python -m digest.cli.settings_reference > docs/reference/settings.md`.

Settings come from `digest.toml` (the file that `--config` names, else the one in the current folder). Secret files
override them, and environment variables override both:

- **Environment:** `DIGEST_SECTION__KEY`, as in `DIGEST_SMTP__PASSWORD`. Write a list or a table as JSON:
  `DIGEST_SOURCES='[{"name": "hf", "preset": "huggingface:daily"}]'`.
- **Secret files:** one file per setting with the same name (`digest_smtp__password`), in the folder that
  `DIGEST_SECRETS` names, else in systemd's `$CREDENTIALS_DIRECTORY`, else in `/run/secrets`.

Relative paths start from the folder of `digest.toml`, wherever they are set. For a wrong setting, the program prints
its place, its value and what is expected, and exits with code 78. `digest init` writes a first `digest.toml`.

Other variables: `DIGEST_CONFIG` (same as `--config`), `DIGEST_LOG_JSON` (same as `--log-json`), `DIGEST_SECRETS`.
"""


def document() -> str:
    """Return the text of docs/reference/settings.md."""
    return "\n".join([HEAD, *_sections(Settings, "")])


def _sections(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        section, many = _section_of(field.annotation)
        if section:
            yield from _section(section, f"[[{prefix}{name}]]" if many else f"[{prefix}{name}]", field)
            yield from _sections(section, f"{prefix}{name}.")


def _section(section: type[BaseModel], header: str, field: FieldInfo) -> Iterator[str]:
    plain = {name: one for name, one in section.model_fields.items() if not _section_of(one.annotation)[0]}
    yield f"## `{header}`\n"
    if field.description:
        yield f"{field.description[0].upper()}{field.description[1:]}.\n"
    yield "| key | default | meaning |\n|---|---|---|"
    for name, one in plain.items():
        yield f"| `{name}` | {_default(one)} | {_meaning(one)} |"
    yield ""


def _section_of(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """Return the section that a field holds, and whether it holds many of them."""
    many = get_origin(annotation) is tuple
    inner = get_args(annotation)[0] if many else annotation
    found = inner if isinstance(inner, type) and issubclass(inner, Section) else None
    return found, many


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default
    plain = value.get_secret_value() if isinstance(value, SecretStr) else value
    return f"`{json.dumps(plain, ensure_ascii=False)}`"


def _meaning(field: FieldInfo) -> str:
    text = (field.description or "").replace("|", "\\|")
    choices = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
    missing = [choice for choice in choices if str(choice) not in text]
    return f"{text} ({', '.join(missing)})" if missing else text


if __name__ == "__main__":
    print(document(), end="")
