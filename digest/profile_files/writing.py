"""Write profile files: from a subscription to TOML, keeping the comments and the order of an earlier text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tomlkit
from tomlkit.items import Array, Item

from digest.profile_files.fields import PROFILE_FIELDS, SUBSCRIPTION_FIELDS, FieldReader
from digest.profile_files.lists import change_keywords, change_texts, is_sound, keyword_list
from digest.profiles import Keyword, Profile
from digest.subscribers import WEEKDAYS, Schedule, Subscription


def write_subscription(subscription: Subscription, text: str = "") -> str:
    """Return the profile file of a subscription. With the `text` of an earlier one, keep its comments and order, and
    change only the values that differ."""
    document = tomlkit.parse(text)
    _fill(document, _top_values(subscription), SUBSCRIPTION_FIELDS)
    if "profile" not in document:
        document["profile"] = tomlkit.table()
    _fill(document["profile"], _profile_values(subscription.profile), PROFILE_FIELDS)
    return tomlkit.dumps(document)


def subscription_values(subscription: Subscription) -> dict[str, Any]:
    """Return every key of a profile file with its value; the profile is a nested table."""
    top = {key: value for key, (value, _) in _top_values(subscription).items()}
    return {**top, "profile": {key: value for key, (value, _) in _profile_values(subscription.profile).items()}}


def _fill(table: Any, values: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
    for key, (value, default) in values.items():
        same = key in table and fields[key](FieldReader(), (), _plain(table[key])) == fields[key](
            FieldReader(), (), value
        )
        if not same and (key in table or value != default) and not _changed_in_place(table, key, value, fields):
            table[key] = keyword_list(value) if key == "keywords" else value


def _changed_in_place(table: Any, key: str, value: Any, fields: Mapping[str, Any]) -> bool:
    """Change a list in place. Return False when it is not a list, or would not parse to the value."""
    array = table.get(key)
    if not isinstance(array, Array) or not isinstance(value, list) or key == "days":
        return False
    (change_keywords if key == "keywords" else change_texts)(array, value)
    read = fields[key]
    return is_sound(array) and bool(read(FieldReader(), (), _plain(array)) == read(FieldReader(), (), value))


def _plain(value: Any) -> Any:
    return value.unwrap() if isinstance(value, Item) else value


def _top_values(subscription: Subscription) -> dict[str, tuple[Any, Any]]:
    schedule, default = subscription.schedule, Schedule()
    return {
        "address": (subscription.address, None),
        "name": (subscription.name, ""),
        "language": (subscription.language, "en"),
        "timezone": (schedule.timezone, default.timezone),
        "hour": (schedule.hour.strftime("%H:%M"), default.hour.strftime("%H:%M")),
        "days": (_day_names(schedule.days), _day_names(default.days)),
        "cadence": (schedule.cadence.value, default.cadence.value),
    }


def _day_names(days: frozenset[int]) -> list[str]:
    return [WEEKDAYS[day] for day in sorted(days)]


def _profile_values(profile: Profile) -> dict[str, tuple[Any, Any]]:
    default = Profile()
    plain = {key: (getattr(profile, key), getattr(default, key)) for key in ("minimum_match", "papers", "trending")}
    lists: dict[str, tuple[Any, Any]] = {
        key: (list(getattr(profile, key)), []) for key in ("exclude", "authors", "categories")
    }
    return {"keywords": ([_keyword_value(keyword) for keyword in profile.keywords], []), **lists, **plain}


def _keyword_value(keyword: Keyword) -> dict[str, Any]:
    value: dict[str, Any] = {"term": keyword.term}
    if keyword.weight != 1:
        value["weight"] = int(keyword.weight) if keyword.weight == int(keyword.weight) else keyword.weight
    return value if keyword.acronyms else {**value, "acronyms": False}
