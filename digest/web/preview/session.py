"""The preview session: the state of a running preview, and the issue that a choice produces."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from digest.addresses import address_faults
from digest.fetching.templates import load_templates
from digest.profiles import ProfileFault, faults
from digest.runs.issues.compose import masthead
from digest.runs.lookup import subscribers_after
from digest.runs.preview.preview import Composed, Decided, IssuePreviews, Scope
from digest.runs.preview.readers import newcomer, number_of_address
from digest.runs.subscriptions.lifecycle import present
from digest.settings import Settings, SmtpSettings
from digest.storage import Store
from digest.subscribers import Subscriber, Subscription
from digest.web.forms import FormResult
from digest.web.pages import Pages
from digest.web.preview.choice import RECENT, Choice
from digest.web.preview.drafts import unpacked
from digest.web.preview.template_reload import ReloadingRenderer, RenderedMail

MAX_LISTED = 200  #: subscribers in the list; others are found by their address
_CACHE_SECONDS = 5.0  #: how long page and frame show the same decision
_KEPT = 16


@dataclass(frozen=True, kw_only=True)
class Notice:
    """A message on the next page."""

    text: str
    is_fault: bool = False


@dataclass(frozen=True, kw_only=True)
class PreviewedIssue:
    """A choice and the issue that it produces."""

    choice: Choice
    saved: Subscription  #: as the store has it
    subscriber: Subscriber  #: with the edited profile
    faults: tuple[ProfileFault, ...]  #: of the profile; if there are any, nothing is decided
    decided: Decided | None
    rendered: RenderedMail[Composed]
    seconds: float  #: for ranking and rendering

    @property
    def wrong(self) -> tuple[str, ...]:
        """The faults of the profile, as text."""
        return tuple(f"{fault.field}: {fault.reason}" for fault in self.faults)

    @property
    def wrong_fields(self) -> dict[str, str]:
        """Form field to its fault."""
        return FormResult(subscription=self.subscriber.subscription, faults=self.faults).wrong

    @property
    def is_changed(self) -> bool:
        """True when the profile differs from the saved one."""
        return self.subscriber.subscription != self.saved


@dataclass(frozen=True, kw_only=True)
class _CachedDecision:
    """A decided issue and when it was decided."""

    at: float
    decided: Decided
    seconds: float


@dataclass(kw_only=True)
class PreviewSession:
    """Everything that the pages of the preview need."""

    store: Store
    settings: Settings
    clock: Callable[[], datetime]  #: returns the current instant; aware, UTC
    pages: Pages
    renderer: ReloadingRenderer
    previews: IssuePreviews
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))  #: part of the URL of every page
    inbox: Path | None = None  #: folder in which the embedded SMTP server stores e-mails
    inbox_relay: SmtpSettings | None = None  #: its address
    notices: OrderedDict[str, Notice] = field(default_factory=OrderedDict)
    _decided: OrderedDict[object, _CachedDecision] = field(default_factory=OrderedDict)

    @property
    def root(self) -> str:
        """The start of every URL."""
        return f"/{self.token}/"

    def note(self, text: str, *, is_fault: bool = False) -> str:
        """Store a notice and return the name by which the next page finds it."""
        name = secrets.token_urlsafe(6)
        self.notices[name] = Notice(text=text, is_fault=is_fault)
        while len(self.notices) > _KEPT:
            self.notices.popitem(last=False)
        return name

    def people(self) -> list[Subscriber]:
        """Return the subscribers to choose from."""
        return subscribers_after(self.store, limit=MAX_LISTED)

    def found(self, address: str) -> int:
        """Return the number of the subscriber with that address. Raise UsageError when there is none."""
        return number_of_address(self.store, address)

    def subscriber(self, number: int) -> Subscriber:
        """Return a subscriber; for 0, a new one that is not stored. Raise UsageError for an unknown number."""
        return present(self.store, number) if number else newcomer(self.store, self.settings, self.clock())

    def see(self, choice: Choice) -> PreviewedIssue:
        """Return the issue that a choice produces."""
        saved = self.subscriber(choice.who)
        wanted = unpacked(choice.draft, saved.subscription) if choice.draft else saved.subscription
        person = replace(saved, subscription=wanted)
        wrong = [*faults(wanted.profile), *address_faults(wanted.address)]
        decided, seconds = (None, 0.0) if wrong else self._decide(person, scope_of(choice))
        start = time.perf_counter()
        rendered = self._print(decided, good=choice.good)
        return PreviewedIssue(
            choice=choice,
            saved=saved.subscription,
            subscriber=person,
            faults=tuple(wrong),
            decided=decided,
            rendered=rendered,
            seconds=seconds + time.perf_counter() - start,
        )

    def _decide(self, person: Subscriber, scope: Scope) -> tuple[Decided, float]:
        """Return what a run would decide, and the seconds that it took.

        A decision is reused for a few seconds, so that page and frame agree.
        """
        key, moment = (person, scope), time.monotonic()
        kept = self._decided.get(key)
        if kept and moment - kept.at < _CACHE_SECONDS:
            return kept.decided, kept.seconds
        start = time.perf_counter()
        decided = self.previews.decide(person, scope, self.clock())
        made = _CachedDecision(at=moment, decided=decided, seconds=time.perf_counter() - start)
        self._decided[key] = made
        while len(self._decided) > _KEPT:
            self._decided.popitem(last=False)
        return made.decided, made.seconds

    def _print(self, decided: Decided | None, *, good: bool) -> RenderedMail[Composed]:
        if decided is None or decided.skip:
            self.renderer.look()
            return RenderedMail(outcome=None, fault=self.renderer.fault)
        return self.renderer.render(lambda renderer: self.previews.compose(decided, renderer), good=good)


def open_session(
    store: Store,
    settings: Settings,
    clock: Callable[[], datetime],
    *,
    inbox: Path | None = None,
    inbox_relay: SmtpSettings | None = None,
) -> PreviewSession:
    """Return a session for one store, with a new token."""

    def load() -> Mapping[str, str]:
        return load_templates(settings.templates.folder)

    return PreviewSession(
        store=store,
        settings=settings,
        clock=clock,
        pages=Pages(load(), settings.templates.theme),
        renderer=ReloadingRenderer(load, masthead(settings.sender), settings.templates.theme),
        previews=IssuePreviews(store, settings, clock()),
        inbox=inbox,
        inbox_relay=inbox_relay,
    )


def scope_of(choice: Choice) -> Scope:
    """Return the papers that a choice is about."""
    return Scope(again=choice.papers == RECENT, listing=choice.listing, day=choice.date)
