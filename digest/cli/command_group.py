"""The group of all commands: it knows names and summaries, and imports a command only when it is called."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from digest import __version__
from digest.cli.exits import CommandFailure
from digest.errors import DigestError

CONFIG_HELP = "Settings file. Default: digest.toml in the current folder, else the built-in defaults."


class LazyGroup(click.Group):
    """A group whose commands are modules of `digest.cli`, imported one at a time."""

    def __init__(self, *args: Any, summaries: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.summaries = summaries

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(self.summaries)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.summaries:
            return None
        name = cmd_name.replace("-", "_")
        found: click.Command = getattr(import_module(f"digest.cli.{name}"), name)
        return found

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(self.summaries.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except DigestError as error:
            raise CommandFailure(error) from error


def main_group(summaries: Mapping[str, str]) -> LazyGroup:
    """Return the command `digest` with those commands, names to summaries."""

    @click.group(cls=LazyGroup, summaries=summaries, context_settings={"help_option_names": ["-h", "--help"]})
    @click.option("--config", type=click.Path(dir_okay=False, path_type=Path), envvar="DIGEST_CONFIG", help=CONFIG_HELP)
    @click.option("--json", "as_json", is_flag=True, help="Print the report as one line of JSON on standard output.")
    @click.option("-v", "--verbose", count=True, help="Log each finished step to standard error; repeat for details.")
    @click.option("-q", "--quiet", is_flag=True, help="Print nothing unless something goes wrong.")
    @click.option("--log-json", is_flag=True, envvar="DIGEST_LOG_JSON", help="Log lines as JSON objects.")
    @click.version_option(__version__, prog_name="digest")
    @click.pass_context
    def digest(ctx: click.Context, /, **options: Any) -> None:
        """Read each day's paper listings and e-mail every subscriber a short, explained digest."""
        ctx.obj = options

    group: LazyGroup = digest
    return group
