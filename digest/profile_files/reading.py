"""Read profile files: from bytes to a subscription, or to every fault with its line and field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from digest.addresses import address_faults
from digest.errors import ProfileError
from digest.profile_files.fields import PROFILE_FIELDS, SUBSCRIPTION_FIELDS, FieldReader
from digest.profiles import Profile, faults
from digest.subscribers import Schedule, Subscription
from digest.toml_lines import Place, TomlFault, TomlLines, dotted, read_toml

MAX_BYTES = 256 * 1024  #: of one profile file; the largest profile that is allowed takes a third of it
MAX_FAULTS = 50  #: of one file that are listed
MAX_REASON = 300  #: characters of one fault
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


@dataclass(frozen=True, kw_only=True)
class ProfileFile:
    """The result of reading a profile file: a subscription, or its faults."""

    subscription: Subscription | None  #: None when there are faults
    faults: tuple[ProfileError, ...] = ()


def read_profile_file(data: bytes, origin: str) -> ProfileFile:
    """Return the subscription that a file describes, or every fault in it with file, line and field."""
    if len(data) > MAX_BYTES:
        return _faulty(origin, None, "", f"has {len(data)} bytes, at most {MAX_BYTES} are allowed")
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        return _faulty(origin, data[: error.start].count(b"\n") + 1, "", "not UTF-8 text")
    try:
        values = read_toml(text)
    except TomlFault as fault:
        return _faulty(origin, fault.line, "", fault.reason)
    return read_values(values, TomlLines(text).line, origin)


def read_values(values: Mapping[str, Any], line: Callable[[Place], int | None], origin: str) -> ProfileFile:
    """Return the subscription that the values describe, or every fault with the `line` of its place."""
    reader = FieldReader()
    try:
        subscription = _subscription(reader, values)
    except (ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as error:
        reader.fault((), f"cannot be read: {error}")  # no file may stop the others
    if not reader.faults:
        return ProfileFile(subscription=subscription)
    listed = reader.faults[:MAX_FAULTS]
    found = [ProfileError(origin, line(place), shortened(dotted(place)), shortened(reason)) for place, reason in listed]
    if more := len(reader.faults) - len(listed):
        found.append(ProfileError(origin, None, "", f"has {more} more faults"))
    return ProfileFile(subscription=None, faults=tuple(found))


def shortened(text: str) -> str:
    """Return a text that may be very long as a message shows it."""
    return text if len(text) <= MAX_REASON else f"{text[:MAX_REASON]}…"


def read_subscription(data: bytes, origin: str) -> Subscription:
    """Return the subscription that a file describes. Raise ProfileError for the first fault in it."""
    found = read_profile_file(data, origin)
    if found.subscription is None:
        raise found.faults[0]
    return found.subscription


def _faulty(origin: str, line: int | None, field: str, reason: str) -> ProfileFile:
    return ProfileFile(subscription=None, faults=(ProfileError(origin, line, field, reason),))


def _subscription(reader: FieldReader, values: Mapping[str, Any]) -> Subscription:
    given = reader.table((), values, SUBSCRIPTION_FIELDS)
    table = given.pop("profile", {})
    schedule = {key: given.pop(key) for key in ("timezone", "hour", "days", "cadence") if key in given}
    profile = Profile(**reader.table(("profile",), table, PROFILE_FIELDS))
    for fault in faults(profile):
        reader.fault(_place(fault.field), fault.reason)
    if "address" not in values:
        reader.fault(("address",), "is missing; expected the e-mail address that the digest is sent to")
    for fault in address_faults(given["address"]) if "address" in given else ():
        reader.fault(("address",), fault.reason)
    return Subscription(schedule=Schedule(**schedule), profile=profile, **{"address": "", **given})


def _place(field: str) -> Place:
    return tuple(key or int(position) for key, position in _STEP.findall(field))
