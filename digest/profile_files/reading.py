"""Read profile files: from bytes to a subscription, or to every fault with its line and field."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from digest.errors import ProfileError
from digest.profile_files.fields import PROFILE_FIELDS, SUBSCRIPTION_FIELDS, FieldReader
from digest.profiles import Profile, faults
from digest.subscribers import Schedule, Subscription, address_faults
from digest.toml_lines import Place, dotted, line_of, syntax_fault

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


@dataclass(frozen=True, kw_only=True)
class ProfileFile:
    """The result of reading a profile file: a subscription, or its faults."""

    subscription: Subscription | None  #: None when there are faults
    faults: tuple[ProfileError, ...] = ()


def read_profile_file(data: bytes, origin: str) -> ProfileFile:
    """Return the subscription that a file describes, or every fault in it with file, line and field."""
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        return _faulty(origin, data[: error.start].count(b"\n") + 1, "", "not UTF-8 text")
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return _faulty(origin, *_without_field(syntax_fault(text, error)))
    return read_values(values, lambda place: line_of(text, place), origin)


def read_values(values: Mapping[str, Any], line: Callable[[Place], int | None], origin: str) -> ProfileFile:
    """Return the subscription that the values describe, or every fault with the `line` of its place."""
    reader = FieldReader()
    subscription = _subscription(reader, values)
    if not reader.faults:
        return ProfileFile(subscription=subscription)
    found = (ProfileError(origin, line(place), dotted(place), reason) for place, reason in reader.faults)
    return ProfileFile(subscription=None, faults=tuple(found))


def read_subscription(data: bytes, origin: str) -> Subscription:
    """Return the subscription that a file describes. Raise ProfileError for the first fault in it."""
    found = read_profile_file(data, origin)
    if found.subscription is None:
        raise found.faults[0]
    return found.subscription


def _faulty(origin: str, line: int, field: str, reason: str) -> ProfileFile:
    return ProfileFile(subscription=None, faults=(ProfileError(origin, line, field, reason),))


def _without_field(fault: tuple[int, str]) -> tuple[int, str, str]:
    return fault[0], "", fault[1]


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
