"""Exit codes, and the message when a command fails."""

from __future__ import annotations

from enum import IntEnum

import click

from digest.errors import ConfigurationError, DigestError, StoreBusy, UsageError


class Exit(IntEnum):
    """The exit codes that scripts can rely on."""

    OK = 0
    ERROR = 1
    USAGE = 2
    PARTLY = 3  #: some issues could not be sent
    NOTHING_DUE = 4  #: only with --exit-code
    BUSY = 5  #: another ingest took longer than the wait
    CONFIGURATION = 78  #: EX_CONFIG of sysexits.h


_CODES: dict[type[DigestError], Exit] = {
    ConfigurationError: Exit.CONFIGURATION,
    UsageError: Exit.USAGE,
    StoreBusy: Exit.BUSY,
    DigestError: Exit.ERROR,
}


def exit_code(error: DigestError) -> Exit:
    """Return the exit code for an error: that of its nearest ancestor in the table."""
    return next(_CODES[kind] for kind in type(error).__mro__ if kind in _CODES)


class CommandFailure(click.ClickException):
    """A DigestError as Click shows it: one sentence on standard error, and the exit code."""

    def __init__(self, error: DigestError) -> None:
        super().__init__(str(error))
        self.exit_code = exit_code(error)  # type: ignore[misc]  # Click reads it from the instance

    def show(self, _file: object = None) -> None:
        click.secho("digest: ", err=True, nl=False, fg="red", bold=True)
        click.echo(self.message, err=True)


def exit_after(complete: bool, *, some: int) -> None:
    """Exit with code 3 when only `some` issues were sent, with code 1 when none was; return when all were."""
    if not complete:
        raise SystemExit(Exit.PARTLY if some else Exit.ERROR)
