"""Sync: reconcile the profile files with the store. Consent in the store wins."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any

from digest.addresses import normalised_address
from digest.errors import ProfileError
from digest.profile_files import read_profile_file
from digest.runs.subscriptions.audience import PRUNED
from digest.storage import Store, Tx
from digest.storage.papers import papers
from digest.storage.subscribers import consent, subscribers
from digest.storage.subscribers.subscribers import Admission
from digest.subscribers import Owner, State, Subscriber, Subscription

_log = logging.getLogger(__name__)
_ENDED = (State.UNSUBSCRIBED, State.BOUNCED)
FEW = 2  #: subscribers whose files may go at once without a second word
SHARE = 0.1  #: share of the file-owned subscribers whose files may go at once without a second word


@dataclass(frozen=True, kw_only=True)
class FileSubscription:
    """The subscription of a valid profile file."""

    file: str
    subscription: Subscription

    @property
    def key(self) -> str:
        return normalised_address(self.subscription.address)


@dataclass(frozen=True, kw_only=True)
class HeldFile:
    """A file that was not applied, or only in part, because of what the store holds."""

    address: str
    file: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class SyncReport:
    """What a sync did, or would do."""

    files: int
    added: tuple[str, ...] = ()  #: new addresses, active now
    updated: tuple[str, ...] = ()
    unchanged: int = 0
    restored: tuple[str, ...] = ()  #: pruned before, active again because their file is back
    pruned: tuple[str, ...] = ()  #: unsubscribed because their file was deleted
    held: tuple[HeldFile, ...] = ()
    problems: tuple[ProfileError, ...] = ()
    dry_run: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return {
            "files": self.files,
            "added": list(self.added),
            "updated": list(self.updated),
            "unchanged": self.unchanged,
            "restored": list(self.restored),
            "pruned": list(self.pruned),
            "held": [vars(held) for held in self.held],
            "problems": [
                {"file": fault.origin, "line": fault.line, "field": fault.field, "reason": fault.reason}
                for fault in self.problems
            ],
            "dry_run": self.dry_run,
        }


@dataclass(frozen=True, kw_only=True)
class SyncOptions:
    """Options of a sync."""

    first_issue_days: int  #: how far back the first issue of a new subscriber looks
    prune: bool = False  #: unsubscribe file-owned subscribers whose file was deleted
    prune_all: bool = False  #: also when these are more than a tenth of them
    dry_run: bool = False  #: only report what would change


@dataclass(kw_only=True)
class _SyncPlan:
    """The changes that a sync makes."""

    add: list[FileSubscription] = field(default_factory=list)
    change: list[tuple[Subscriber, FileSubscription]] = field(default_factory=list)
    restore: list[tuple[Subscriber, FileSubscription]] = field(default_factory=list)
    prune: list[Subscriber] = field(default_factory=list)
    problems: list[ProfileError] = field(default_factory=list)
    held: list[HeldFile] = field(default_factory=list)
    unchanged: int = 0


def sync(store: Store, files: Mapping[str, bytes], options: SyncOptions, now: datetime) -> SyncReport:
    """Reconcile the profile files (path to content) with the store, and return a report.

    A faulty file is reported and the others are applied. While there is one, nobody is pruned: it may be theirs. When
    the files of many subscribers are gone, nobody is pruned either, unless the options confirm it: the folder may be
    the wrong one, or empty because a volume is not mounted.
    """
    read, problems = _read(files)
    with store.reading() if options.dry_run else store.transaction() as tx:
        plan = _plan(tx, read, now)
        if (options.prune or options.prune_all) and not problems:
            _plan_prune(tx, plan, read, options)
        if not options.dry_run:
            _apply(tx, plan, options, now)
    report = SyncReport(
        files=len(files),
        added=tuple(new.subscription.address for new in plan.add),
        updated=tuple(one.subscription.address for _, one in plan.change),
        unchanged=plan.unchanged,
        restored=tuple(person.address for person, _ in plan.restore),
        pruned=tuple(person.address for person in plan.prune),
        held=tuple(plan.held),
        problems=(*problems, *plan.problems),
        dry_run=options.dry_run,
    )
    _log.info("%d profile files: %d added, %d updated", report.files, len(report.added), len(report.updated))
    return report


def _read(files: Mapping[str, bytes]) -> tuple[list[FileSubscription], list[ProfileError]]:
    read: dict[str, FileSubscription] = {}
    problems: list[ProfileError] = []
    for file, data in files.items():
        found = read_profile_file(data, file)
        problems.extend(found.faults)
        if found.subscription is None:
            continue
        one = FileSubscription(file=file, subscription=found.subscription)
        if one.key in read:
            problems.append(ProfileError(file, None, "address", f"is in {read[one.key].file} already"))
        read.setdefault(one.key, one)
    return list(read.values()), problems


def _plan(tx: Tx, files: Sequence[FileSubscription], now: datetime) -> _SyncPlan:
    known = subscribers.by_addresses(tx, (one.key for one in files))
    unread = subscribers.known_keys(tx, (one.key for one in files if one.key not in known))
    erased = consent.erased_among(tx, (one.key for one in files if one.key not in known), now)
    plan = _SyncPlan()
    for one in files:
        present = known.get(one.key)
        if one.key in erased:
            plan.held.append(
                _held(one, "this address was erased at its owner's request; only they can subscribe again")
            )
        elif one.key in unread:
            plan.held.append(_held(one, "the stored subscriber cannot be read; `digest doctor` says why"))
        elif present is None:
            plan.add.append(one)
        else:
            _plan_known(tx, plan, one, present)
    return plan


def _plan_prune(tx: Tx, plan: _SyncPlan, files: Sequence[FileSubscription], options: SyncOptions) -> None:
    """Plan to unsubscribe those whose file is gone; report a problem instead when these are too many."""
    present = {one.key for one in files}
    owned = list(_file_owned(tx))
    gone = [person for person in owned if normalised_address(person.address) not in present]
    if len(gone) > max(FEW, SHARE * len(owned)) and not options.prune_all:
        reason = f"{len(gone)} of {len(owned)} subscribers have no profile file any more; nobody was unsubscribed"
        plan.problems.append(ProfileError("subscribers.folder", None, "", f"{reason}; --prune-all unsubscribes them"))
    else:
        plan.prune = gone


def _plan_known(tx: Tx, plan: _SyncPlan, one: FileSubscription, present: Subscriber) -> None:
    if present.owner is Owner.WEB:
        plan.held.append(_held(one, "this profile is edited on the web; the file is ignored"))
        return
    if present.subscription == one.subscription:
        plan.unchanged += 1
    else:
        plan.change.append((present, one))
    if present.state is State.UNSUBSCRIBED and consent.history(tx, present.number)[-1].cause == PRUNED:
        plan.restore.append((present, one))
    elif present.state is not State.ACTIVE:
        plan.held.append(_held(one, f"the subscription is {present.state}; a file does not change that"))


def _held(one: FileSubscription, reason: str) -> HeldFile:
    return HeldFile(address=one.subscription.address, file=one.file, reason=reason)


def _file_owned(tx: Tx) -> Iterable[Subscriber]:
    present = [state for state in State if state not in _ENDED]
    return subscribers.everyone(tx, states=present, owner=Owner.FILE)


def _apply(tx: Tx, plan: _SyncPlan, options: SyncOptions, now: datetime) -> None:
    cursor = papers.cursor_before(tx, now - timedelta(days=options.first_issue_days))
    for one in plan.add:
        admission = Admission(owner=Owner.FILE, state=State.ACTIVE, cursor=cursor, cause=_cause(one))
        subscribers.add(tx, one.subscription, admission, now)
    for present, one in plan.change:
        subscribers.change(tx, present.number, one.subscription, now)
    for person, one in plan.restore:
        consent.set_state(tx, person.number, consent.Change(state=State.ACTIVE, cause=_cause(one)), now)
    for person in plan.prune:
        gone = consent.Change(state=State.UNSUBSCRIBED, cause=PRUNED)
        consent.set_state(tx, person.number, gone, now)


def _cause(one: FileSubscription) -> str:
    return f"profile file {PurePath(one.file).name}"
