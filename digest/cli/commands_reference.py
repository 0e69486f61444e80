"""The reference of all commands, generated from their help.

`python -m digest.cli.commands_reference > docs/reference/commands.md` writes it; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator

import click

from digest.cli import COMMANDS, main

HEAD = """\
# Commands

Generated from the help of the commands by `python -m digest.cli.commands_reference > docs/reference/commands.md`.

Exit codes: 0 success (also when nothing is due), 1 an error, 2 wrong usage, 3 partly sent, 4 nothing due (only with
`--exit-code`), 5 another ingest took longer than the wait, 78 a wrong setting. `--json` prints one line on standard
output; everything else goes to standard error. You can write `--config` and `--json` before or after the command.
"""
_SHARED = frozenset({"config", "as_json", "help"})


def document() -> str:
    """Return the text of docs/reference/commands.md."""
    context = click.Context(main, info_name="digest")
    parts = [HEAD, *_described(main, context, skip=frozenset({"help"}))]
    for name in COMMANDS:
        command = main.get_command(context, name)
        if command is None:
            raise LookupError(name)
        parts += _with_subcommands(command, click.Context(command, parent=context, info_name=name))
    return "\n".join(parts)


def _with_subcommands(command: click.Command, context: click.Context) -> Iterator[str]:
    yield from _described(command, context, skip=_SHARED)
    for name, below in getattr(command, "commands", {}).items():
        yield from _with_subcommands(below, click.Context(below, parent=context, info_name=name))


def _described(command: click.Command, context: click.Context, skip: frozenset[str]) -> Iterator[str]:
    level = "##" if context.parent is None or context.parent.parent is None else "###"
    yield f"{level} `{' '.join([context.command_path, *_arguments(command)])}`\n"
    yield _paragraphs(command.help or "")
    shown = [option for option in command.params if isinstance(option, click.Option) and option.name not in skip]
    if shown:
        yield "| option | meaning |\n|---|---|"
        yield from map(_row, shown)
        yield ""


def _arguments(command: click.Command) -> Iterator[str]:
    if isinstance(command, click.Group):
        yield "COMMAND"
    for argument in command.params:
        if isinstance(argument, click.Argument):
            name = argument.metavar or (argument.name or "").upper()
            yield name if argument.required or name.startswith("[") else f"[{name}]"


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n")) + "\n"


def _row(option: click.Option) -> str:
    names = ", ".join(option.opts)
    takes = "" if option.is_flag or option.count else f" {option.metavar or _kind(option.type)}"
    notes = " Required." if option.required else f" Default: `{option.default}`." if option.show_default else ""
    return f"| `{names}{takes}` | {option.help}{notes} |"


def _kind(kind: object) -> str:
    if isinstance(kind, click.Choice):
        return "/".join(map(str, kind.choices))
    if isinstance(kind, click.Path):
        return "FILE" if kind.file_okay else "FOLDER"
    return "NUMBER" if isinstance(kind, click.types.IntParamType) else "TEXT"


if __name__ == "__main__":
    print(document(), end="")
