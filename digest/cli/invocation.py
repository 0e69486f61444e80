"""One call of a command: its settings, its clock, and where its report goes."""

from __future__ import annotations

import functools
import gc
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

import click

from digest.cli.command_group import CONFIG_HELP
from digest.cli.configuration import Configuration, load
from digest.cli.logs import start_logging
from digest.cli.progress import Advance, bars, status
from digest.settings import Settings
from digest.storage import Store, open_store

P = ParamSpec("P")


def collect_seldom() -> None:
    """Make Python look for cycles seldom: hardly any are made here, and it would walk through all that is kept.

    That took nearly half of planning, which keeps what hundreds of thousands of keywords have in common.
    """
    gc.set_threshold(200_000, 100, 100)


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """What a command knows beside its own arguments."""

    config: Path | None = None  #: settings file that was asked for
    as_json: bool = False
    quiet: bool = False
    instant: datetime | None = None  #: what the command takes for the present, if not the present

    @functools.cached_property
    def configuration(self) -> Configuration:
        """The settings, where they come from and which folder they are relative to."""
        return load(self.config)

    @property
    def settings(self) -> Settings:
        return self.configuration.settings

    @functools.cached_property
    def now(self) -> datetime:
        """The instant at which the command was called, or the one it was told to act at; aware, UTC."""
        return self.instant or datetime.now(UTC)

    @property
    def at_terminal(self) -> bool:
        """True when a person reads the report as it comes."""
        return sys.stdout.isatty()

    @contextmanager
    def store(self) -> Iterator[Store]:
        """Open the store for the time of the block."""
        store = open_store(self.settings.store, self.configuration.folder)
        try:
            yield store
        finally:
            store.close()

    @contextmanager
    def steps(self) -> Iterator[Callable[[str], None]]:
        """Return a function that tells people at a terminal what is being done; elsewhere it says nothing."""
        with status(self._shows_progress) as tell:
            yield tell

    @contextmanager
    def bar(self, what: str, total: int | None = None) -> Iterator[Advance]:
        """Return a function that moves a progress bar on for people at a terminal; elsewhere it does nothing."""
        with bars(self._shows_progress, (what,), total) as (advance,):
            yield advance

    @contextmanager
    def bars(self, *what: str) -> Iterator[tuple[Advance, ...]]:
        """Return a function for each of several progress bars, one below the other."""
        with bars(self._shows_progress, what) as advance:
            yield advance

    @property
    def _shows_progress(self) -> bool:
        return sys.stderr.isatty() and not self.quiet

    def show(self, document: Mapping[str, Any], text: str = "") -> None:
        """Print the report on standard output: one line of JSON, or the text for people (none when quiet)."""
        if self.as_json:
            click.echo(json.dumps(document))
        elif text and not self.quiet:
            click.echo(text)

    def warn(self, text: str) -> None:
        """Tell people of something that went wrong, on standard error."""
        click.secho(text, err=True, fg="yellow")


def command(
    *, reports: bool = False, group: click.Group | None = None, logs: int = 0
) -> Callable[[Callable[Concatenate[Invocation, P], None]], click.Command]:
    """Make a function a command: its first argument is the Call, --config (and --json where it reports) are added.

    `group` is the group that it belongs to, if not the main one; `logs` the least verbosity of its log.
    """

    def decorate(function: Callable[Concatenate[Invocation, P], None]) -> click.Command:
        @click.pass_context
        @functools.wraps(function)
        def invoke(ctx: click.Context, /, *, config: Path | None, as_json: bool = False, **arguments: Any) -> None:
            given: dict[str, Any] = ctx.find_root().obj or {}
            start_logging(max(given.get("verbose", 0), logs), given.get("log_json", False))
            collect_seldom()
            invocation = Invocation(
                config=config or given.get("config"),
                as_json=as_json or given.get("as_json", False),
                quiet=given.get("quiet", False),
            )
            function(invocation, **arguments)  # type: ignore[call-arg]

        wanted = click.option("--json", "as_json", is_flag=True, help="Print the report as one line of JSON.")
        invoke = wanted(invoke) if reports else invoke
        invoke = click.option("--config", type=click.Path(dir_okay=False, path_type=Path), help=CONFIG_HELP)(invoke)
        made = click.command(function.__name__.strip("_").replace("_", "-"))(invoke)
        if group:
            group.add_command(made)
        return made

    return decorate
