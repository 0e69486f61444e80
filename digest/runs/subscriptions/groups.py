"""Groups: one profile for a lab or a course, whose members are invited and confirm by e-mail like everybody else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from digest.addresses import address_faults
from digest.errors import UsageError
from digest.profiles import Profile, faults
from digest.runs.subscriptions.sign_up import invite
from digest.settings import Settings
from digest.storage import Store
from digest.storage.subscribers import groups, subscribers
from digest.storage.subscribers.groups import Group
from digest.subscribers import Owner

MAX_GROUP_NAME = 80
MAX_INVITATIONS = 200  #: at a time


@dataclass(frozen=True, kw_only=True)
class Invitations:
    """The result of inviting people."""

    invited: int
    held: tuple[str, ...]  #: addresses that are invalid, or must not get another e-mail for now


def save_group(store: Store, name: str, profile: Profile, *, shared: bool, now: datetime) -> int:
    """Store a group or change the one of that name, and return its id. Members of a shared group get its profile.

    Raise UsageError for a name or profile that cannot be used.
    """
    tidy = " ".join(name.split())
    if not tidy or len(tidy) > MAX_GROUP_NAME or not tidy.isprintable():
        raise UsageError(f"the name of a group has 1 to {MAX_GROUP_NAME} characters")
    wrong = faults(profile)
    if wrong:
        raise UsageError(f"{wrong[0].field}: {wrong[0].reason}")
    with store.transaction() as tx:
        group = groups.save(tx, tidy, profile, shared=shared, now=now)
        if shared:
            people = subscribers.by_numbers(tx, [number for number, _ in groups.members(tx, group)])
            for person in people.values():
                if person.owner is not Owner.FILE:
                    subscribers.change(tx, person.number, replace(person.subscription, profile=profile), now)
    return group


def invite_to(store: Store, group: int, addresses: Iterable[str], settings: Settings, now: datetime) -> Invitations:
    """Put an invitation for each address into the outbox, under the limits of a sign-up.

    Raise UsageError when there is no such group.
    """
    with store.reading() as tx:
        found = groups.by_id(tx, group)
    if found is None:
        raise UsageError(f"there is no group number {group}")
    invited, held = 0, list[str]()
    for address in list(dict.fromkeys(addresses))[:MAX_INVITATIONS]:
        if not address_faults(address) and invite(store, address, found, settings, now):
            invited += 1
        else:
            held.append(address)
    return Invitations(invited=invited, held=tuple(held))


def all_groups(store: Store) -> list[Group]:
    """Return every group, by name."""
    with store.reading() as tx:
        return groups.all_of(tx)


def groups_of(store: Store, subscriber: int) -> list[Group]:
    """Return the groups that a subscriber belongs to."""
    with store.reading() as tx:
        return groups.of_subscriber(tx, subscriber)


def leave_group(store: Store, group: int, subscriber: int) -> None:
    """Remove a subscriber from a group; their profile does not change."""
    with store.transaction() as tx:
        groups.remove_member(tx, group, subscriber)
