"""The error family. A type says what the caller does next.

DigestError
├── ConfigurationError   a setting is wrong: stop and tell the operator (exit code 78)
│   └── StoreMissing     there is no store where the settings say: stop, do not make one
├── UsageError           the call makes no sense as given: tell the person (exit code 2)
│   └── InputTooComplex  the input takes too much time or memory to read: tell the person
├── ListingError         a listing cannot be read at all: report it, go on with the next
├── FetchError           a source cannot be reached: report it, go on, try again at the next run
├── ProfileError         a profile is faulty: report file, line and field, go on with the next
├── TemplateError        a template cannot be used: stop, naming file, line and reason
├── MessageError         a message cannot be composed from this issue: fail that delivery, go on
├── StoreError           the store cannot be used: stop
│   ├── StoreBusy        another process held the ingest lock for too long (exit code 5)
│   └── SchemaTooNew     the store was written by a newer version: stop, do not touch it
├── RelayError           an SMTP relay cannot be used: its messages stay planned
│   ├── RelayUnavailable at present: try again later
│   └── RelayRefused     until the operator fixes a setting: stop using it
└── TransitionError      a state change that is not allowed: a bug in the caller
"""

from __future__ import annotations


class DigestError(Exception):
    """Base of all errors that this program raises on purpose; its text is a sentence for a person."""


class ConfigurationError(DigestError):
    """A setting is missing or wrong; names the setting, what was found and what is expected."""


class StoreMissing(ConfigurationError):
    """There is no store at the address of the settings; names the address and what to look for."""


class UsageError(DigestError):
    """The request names something that does not exist, or a combination that is not possible."""


class InputTooComplex(UsageError):
    """The input takes more time or memory to read than is allowed."""


class ListingError(DigestError):
    """A listing cannot be read at all; names its origin and the reason."""


class FetchError(DigestError):
    """A source cannot be reached or refuses; names its address and the reason."""


class ProfileError(DigestError):
    """A profile is faulty; names file, line and field."""

    def __init__(self, origin: str, line: int | None, field: str, reason: str) -> None:
        self.origin, self.line, self.field, self.reason = origin, line, field, reason
        place = f"{origin}, line {line}" if line else origin
        super().__init__(f"{place}: {field}: {reason}" if field else f"{place}: {reason}")


class TemplateError(DigestError):
    """A template cannot be used; names file, line and reason."""

    def __init__(self, file: str, line: int | None, reason: str) -> None:
        self.file, self.line, self.reason = file, line, reason
        super().__init__(f"{file}, line {line}: {reason}" if line else f"{file}: {reason}")


class MessageError(DigestError):
    """A message cannot be composed; names the delivery and the reason."""


class StoreError(DigestError):
    """The store cannot be opened or used; names its address without the password."""


class StoreBusy(StoreError):
    """Another process held the ingest lock for longer than this one was told to wait."""


class SchemaTooNew(StoreError):
    """The store's schema version is newer than this program knows."""


class RelayError(DigestError):
    """An SMTP relay cannot be used; names it, the step and its answer."""


class RelayUnavailable(RelayError):
    """The relay cannot be reached or is busy: try again later."""


class RelayRefused(RelayError):
    """The relay rejects us (certificate, login, STARTTLS): trying again does not help."""


class TransitionError(DigestError):
    """A state change that is not allowed."""
