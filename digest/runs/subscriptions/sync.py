"""Sync: what profile files say, reconciled with what the store knows. Consent in the store wins."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any

from digest.errors import ProfileError
from digest.profile_files import read_profile_file
from digest.runs.subscriptions.audience import PRUNED
from digest.storage import Store, Tx
from digest.storage.papers import papers
from digest.storage.subscribers import consent, subscribers
from digest.storage.subscribers.subscribers import Admission
from digest.subscribers import Owner, State, Subscriber, Subscription, normalised_address

_log = logging.getLogger(__name__)
_NO_LONGER_SENT = (State.UNSUBSCRIBED, State.BOUNCED)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What one faultless profile file asks for."""

    file: str
    subscription: Subscription

    @property
    def key(self) -> str:
        return normalised_address(self.subscription.address)


@dataclass(frozen=True, kw_only=True)
class Held:
    """A file that was not followed, or not wholly, because the store says otherwise."""

    address: str
    file: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class SyncReport:
    """What a sync did, or would do."""

    files: int
    added: tuple[str, ...] = ()  #: addresses never seen before, active now
    updated: tuple[str, ...] = ()
    unchanged: int = 0
    pruned: tuple[str, ...] = ()  #: unsubscribed because their file is gone
    held: tuple[Held, ...] = ()
    problems: tuple[ProfileError, ...] = ()
    dry_run: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return {
            "files": self.files,
            "added": list(self.added),
            "updated": list(self.updated),
            "unchanged": self.unchanged,
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
    """How a sync goes about its work."""

    first_issue_days: int  #: how far back the first issue of someone new looks
    prune: bool = False  #: unsubscribe file-owned subscribers whose file is gone
    dry_run: bool = False  #: only say what would be done


@dataclass(kw_only=True)
class _Plan:
    """What is to be done."""

    add: list[Asked] = field(default_factory=list)
    change: list[tuple[Subscriber, Asked]] = field(default_factory=list)
    prune: list[Subscriber] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    unchanged: int = 0


def sync(store: Store, files: Mapping[str, bytes], options: SyncOptions, now: datetime) -> SyncReport:
    """Return what reconciling the profile files (path to content) with the store did.

    A faulty file is reported and stops nobody else; while there is one, nobody is pruned, for it may be theirs.
    """
    asked, problems = _read(files)
    prune = options.prune and not problems
    with store.reading() if options.dry_run else store.transaction() as tx:
        plan = _plan(tx, asked, prune, now)
        if not options.dry_run:
            _carry_out(tx, plan, options, now)
    report = SyncReport(
        files=len(files),
        added=tuple(new.subscription.address for new in plan.add),
        updated=tuple(one.subscription.address for _, one in plan.change),
        unchanged=plan.unchanged,
        pruned=tuple(person.address for person in plan.prune),
        held=tuple(plan.held),
        problems=tuple(problems),
        dry_run=options.dry_run,
    )
    _log.info("%d profile files: %d added, %d updated", report.files, len(report.added), len(report.updated))
    return report


def _read(files: Mapping[str, bytes]) -> tuple[list[Asked], list[ProfileError]]:
    asked: dict[str, Asked] = {}
    problems: list[ProfileError] = []
    for file, data in files.items():
        found = read_profile_file(data, file)
        problems.extend(found.faults)
        if found.subscription is None:
            continue
        one = Asked(file=file, subscription=found.subscription)
        if one.key in asked:
            problems.append(ProfileError(file, None, "address", f"stands in {asked[one.key].file} already"))
        asked.setdefault(one.key, one)
    return list(asked.values()), problems


def _plan(tx: Tx, asked: Sequence[Asked], prune: bool, now: datetime) -> _Plan:
    known = subscribers.by_addresses(tx, (one.key for one in asked))
    erased = consent.erased_among(tx, (one.key for one in asked if one.key not in known), now)
    plan = _Plan()
    for one in asked:
        present = known.get(one.key)
        if one.key in erased:
            plan.held.append(_held(one, "this address was erased at its holder's wish; only they can come back"))
        elif present is None:
            plan.add.append(one)
        else:
            _plan_known(plan, one, present)
    if prune:
        plan.prune = [person for person in _file_owned(tx) if normalised_address(person.address) not in known]
    return plan


def _plan_known(plan: _Plan, one: Asked, present: Subscriber) -> None:
    if present.owner is Owner.WEB:
        plan.held.append(_held(one, "this profile is edited on the web; the file is not followed"))
        return
    if present.subscription == one.subscription:
        plan.unchanged += 1
    else:
        plan.change.append((present, one))
    if present.state is not State.ACTIVE:
        plan.held.append(_held(one, f"the subscription is {present.state}; a file does not change that"))


def _held(one: Asked, reason: str) -> Held:
    return Held(address=one.subscription.address, file=one.file, reason=reason)


def _file_owned(tx: Tx) -> Iterable[Subscriber]:
    present = [state for state in State if state not in _NO_LONGER_SENT]
    return subscribers.everyone(tx, states=present, owner=Owner.FILE)


def _carry_out(tx: Tx, plan: _Plan, options: SyncOptions, now: datetime) -> None:
    cursor = papers.cursor_before(tx, now - timedelta(days=options.first_issue_days))
    for one in plan.add:
        cause = f"profile file {PurePath(one.file).name}"
        admission = Admission(owner=Owner.FILE, state=State.ACTIVE, cursor=cursor, cause=cause)
        subscribers.add(tx, one.subscription, admission, now)
    for present, one in plan.change:
        subscribers.change(tx, present.number, one.subscription, now)
    for person in plan.prune:
        gone = consent.Change(state=State.UNSUBSCRIBED, cause=PRUNED)
        consent.set_state(tx, person.number, gone, now)
