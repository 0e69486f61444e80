"""Save a profile where it is owned: in its file, with comments kept, or in the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from digest.addresses import normalised_address
from digest.errors import UsageError
from digest.fetching.profile_folder import read_profile_folder, replace_file
from digest.profile_files import read_profile_file, read_subscription, write_subscription
from digest.profiles import Profile, faults
from digest.settings import Settings
from digest.storage import Store
from digest.storage.subscribers import subscribers
from digest.subscribers import Owner, Subscriber, Subscription


def owning_file(settings: Settings, subscriber: Subscriber) -> tuple[Path, bytes] | None:
    """Return the path and content of a subscriber's profile file; None when the store owns the profile or there is no
    such file."""
    folder = Path(settings.subscribers.folder)
    if subscriber.owner is not Owner.FILE or not folder.is_dir():
        return None
    wanted = normalised_address(subscriber.address)
    for file, data in read_profile_folder(folder).items():
        found = read_profile_file(data, file).subscription
        if found and normalised_address(found.address) == wanted:
            return Path(file), data
    return None


def save_profile(store: Store, settings: Settings, number: int, profile: Profile, now: datetime) -> str:
    """Save the profile of a subscriber, and return where, as text; nothing else of theirs changes.

    Raise UsageError for an invalid profile, an unknown number, or a file that was deleted or changed meanwhile.
    """
    wrong = faults(profile)
    if wrong:
        raise UsageError("\n".join(f"{fault.field}: {fault.reason}" for fault in wrong))
    with store.transaction() as tx:
        person = subscribers.by_numbers(tx, [number]).get(number)
        if person is None:
            raise UsageError(f"there is no subscriber number {number}")
        if person.owner is Owner.WEB:
            subscribers.change(tx, number, replace(person.subscription, profile=profile), now)
            return "the store"
        file, saved = _write(settings, person, profile)
        subscribers.change(tx, number, saved, now)  # as the next sync of the files would
    return str(file)


def _write(settings: Settings, person: Subscriber, profile: Profile) -> tuple[Path, Subscription]:
    owned = owning_file(settings, person)
    if owned is None:
        raise UsageError(f"{person.address}: no file in {settings.subscribers.folder} has this address")
    file, data = owned
    saved = replace(read_subscription(data, str(file)), profile=profile)
    replace_file(file, write_subscription(saved, data.decode("utf-8-sig")), data)
    return file, saved
