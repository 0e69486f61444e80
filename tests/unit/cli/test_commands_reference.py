"""docs/reference/commands.md says what the commands' own help says, and every command and option has its meaning."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from digest.cli import COMMANDS, main
from digest.cli.commands_reference import document

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "commands.md"


def commands() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(main)
    for name in COMMANDS:
        command = main.get_command(context, name)
        assert command is not None
        yield name, command
        for below, inner in getattr(command, "commands", {}).items():
            yield f"{name} {below}", inner


def test_the_page_of_commands_is_made_from_their_own_help() -> None:
    assert PAGE.read_text(encoding="utf-8") == document(), (
        "run: python -m digest.cli.commands_reference > docs/reference/commands.md"
    )


@pytest.mark.parametrize(("name", "command"), [pytest.param(*pair, id=pair[0]) for pair in commands()])
def test_every_command_and_option_is_documented(name: str, command: click.Command) -> None:
    assert len(command.help or "") > 10
    options = [option for option in command.params if isinstance(option, click.Option)]
    assert [option.name for option in options if not (option.help or "").endswith((".", ")"))] == []
    assert f"`digest {name}" in PAGE.read_text(encoding="utf-8")
