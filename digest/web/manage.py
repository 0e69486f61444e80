"""Managing one subscription through a short-lived link from an e-mail; no password, no cookie."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar

from fastapi import APIRouter, Response

from digest.addresses import address_faults
from digest.errors import UsageError
from digest.profiles import Keyword, ProfileFault, faults
from digest.runs.subscriptions import groups, lifecycle, reading_list, votes
from digest.runs.subscriptions.past_issues import SentIssue, recent_issues
from digest.runs.subscriptions.sign_up import request_manage_link
from digest.runs.transactional.access_links import MANAGE_WITHIN
from digest.subscribers import Owner, State, Subscriber
from digest.web.forms import FormResult, ProfileFields, fields_of, first, read_profile, read_schedule
from digest.web.manage_access import HolderDep, back
from digest.web.pages import Page
from digest.web.signup import ZONES, CheckMailPage, weekday_names
from digest.web.site import ContextDep, FormDep, RequestContext
from digest.web.views import KeywordDiagnosisView, PaperView, diagnosis_views, paper_view

ISSUES_SHOWN = 10
LONGEST_PAUSE = 366  #: days
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, kw_only=True)
class ManageRequestPage(Page):
    """manage_request.html"""

    template: ClassVar[str] = "manage_request.html"
    address: str = ""
    wrong: bool = False  #: whether the address is not valid
    link_expired: bool = False  #: whether an expired link led here


@dataclass(frozen=True, kw_only=True)
class VoteView:
    """One vote on the page."""

    paper: int
    title: str
    up: bool


@dataclass(frozen=True, kw_only=True)
class MatchChangeView:
    """How the votes changed the match of one of the newest papers."""

    title: str
    read: str
    before: int
    after: int


@dataclass(frozen=True, kw_only=True)
class PastIssue:
    """One past issue on the page."""

    day: date
    state: str
    papers: tuple[PaperView, ...]


@dataclass(frozen=True, kw_only=True)
class ManagePage(Page):
    """manage.html"""

    template: ClassVar[str] = "manage.html"
    here: str  #: URL of this page; the URLs of its forms start with it
    address: str
    state: str
    paused_until: date | None
    next_issue: date | None
    owned_by_file: bool
    done: str = ""  #: the form that was just saved
    diagnoses: tuple[KeywordDiagnosisView, ...] = ()  #: of the keywords that were just saved
    fields: ProfileFields
    keywords: tuple[Keyword, ...]
    zones: tuple[str, ...] = ZONES
    weekdays: tuple[tuple[str, str], ...]
    votes: tuple[VoteView, ...] = ()
    match_changes: tuple[MatchChangeView, ...] = ()
    issues: tuple[PastIssue, ...] = ()
    reading: tuple[PaperView, ...] = ()
    saved: frozenset[int] = frozenset()  #: numbers of the papers on the reading list
    groups: tuple[tuple[int, str, bool], ...] = ()  #: id, name, whether the profile is shared
    tomorrow: date


@router.get("/manage")
def ask(context: ContextDep) -> Response:
    """Show the form that requests a link."""
    return context.show(ManageRequestPage())


@router.post("/manage")
def request_link(context: ContextDep, values: FormDep) -> Response:
    """Send a new link by e-mail; the response is the same whether or not the address is known."""
    address = first(values, "address")
    if address_faults(address):
        return context.show(ManageRequestPage(address=address, wrong=True))
    if not first(values, "website"):
        request_manage_link(
            context.site.store, address, context.site.settings, network=context.network, now=context.now
        )
        context.site.wake()
    return context.show(CheckMailPage(hours=int(MANAGE_WITHIN.total_seconds() // 3600)), linkable=False)


@router.get("/m/{token}")
def page(context: ContextDep, person: HolderDep, token: str, done: str = "") -> Response:
    """Show the subscription."""
    return context.show(_page(context, person, token, done=done))


@router.post("/m/{token}/profile")
def save_profile(context: ContextDep, person: HolderDep, token: str, values: FormDep) -> Response:
    """Save the profile."""
    profile = read_profile(values)
    wanted = replace(person.subscription, profile=profile)
    return _saved(context, token, person, FormResult(subscription=wanted, faults=tuple(faults(profile))), "profile")


@router.post("/m/{token}/schedule")
def save_schedule(context: ContextDep, person: HolderDep, token: str, values: FormDep) -> Response:
    """Save the schedule, the name and the language."""
    schedule, wrong = read_schedule(values)
    name, language = first(values, "name")[:100], first(values, "language")
    known = language in context.site.pages.languages.codes
    wanted = replace(
        person.subscription,
        schedule=schedule,
        name=name if name.isprintable() else person.subscription.name,
        language=language if known else person.subscription.language,
    )
    return _saved(context, token, person, FormResult(subscription=wanted, faults=tuple(wrong)), "schedule")


@router.post("/m/{token}/pause")
def pause(context: ContextDep, person: HolderDep, token: str, values: FormDep) -> Response:
    """Pause until a date, or end a pause."""
    if first(values, "resume"):
        lifecycle.resume(context.site.store, person.number, "manage page", context.now)
        return back(context, token, "resumed")
    until = _day(first(values, "until"))
    if until is None or not 0 < (until - context.now.date()).days <= LONGEST_PAUSE:
        return context.show(_page(context, person, token, wrong=(ProfileFault(field="until", reason=""),)))
    lifecycle.pause(context.site.store, person.number, until, "manage page", context.now)
    return back(context, token, "paused")


@router.post("/m/{token}/leave")
def leave(context: ContextDep, person: HolderDep, token: str) -> Response:
    """Unsubscribe at once."""
    left = lifecycle.unsubscribe(context.site.store, person.number, "manage page", context.now)
    if left.undo:
        return back(context, token, "left")
    return back(context, token, "")


@router.post("/m/{token}/return")
def resubscribe(context: ContextDep, person: HolderDep, token: str) -> Response:
    """Subscribe again after unsubscribing: the link came by e-mail, which proves who asks."""
    lifecycle.resubscribe(context.site.store, person.number, "manage page", context.now)
    return back(context, token, "returned")


def link_expired(context: RequestContext) -> Response:
    """Return the response to a wrong or expired link: the form that requests a new one."""
    response = context.show(ManageRequestPage(link_expired=True), linkable=False)
    response.status_code = 404
    return response


def _saved(context: RequestContext, token: str, person: Subscriber, reading: FormResult, what: str) -> Response:
    if reading.faults:
        shown = replace(person, subscription=reading.subscription)
        return context.show(_page(context, shown, token, wrong=reading.faults), linkable=False)
    try:
        lifecycle.change(context.site.store, person, reading.subscription, context.now)
    except UsageError as error:
        return context.fail(409, context.translate("Your changes could not be saved"), str(error))
    return back(context, token, what)


def _page(
    context: RequestContext, person: Subscriber, token: str, *, done: str = "", wrong: tuple[ProfileFault, ...] = ()
) -> ManagePage:
    errors = FormResult(subscription=person.subscription, faults=wrong).wrong
    opinions = votes.cast_votes(context.site.store, person.number)
    match_changes = (
        context.site.live_preview.match_changes(person.profile, votes.as_votes(opinions)) if opinions else ()
    )
    listed = reading_list.saved_papers(context.site.store, person.number)
    joined = groups.groups_of(context.site.store, person.number)
    return ManagePage(
        here=f"/m/{token}",
        address=person.address,
        state=person.state.value,
        paused_until=person.paused_until if person.state is State.PAUSED else None,
        next_issue=person.next_issue,
        owned_by_file=person.owner is Owner.FILE,
        done=done,
        diagnoses=diagnosis_views(context.site.live_preview, person.profile) if done == "profile" else (),
        fields=fields_of(person.subscription, errors),
        keywords=person.profile.keywords,
        weekdays=weekday_names(context.language),
        votes=tuple(VoteView(paper=o.paper.number, title=o.paper.title, up=o.value > 0) for o in opinions),
        match_changes=tuple(
            MatchChangeView(title=s.paper.title, read=paper_view(s.paper).read, before=s.before, after=s.after)
            for s in match_changes
        ),
        issues=tuple(map(_past_issue, recent_issues(context.site.store, person.number, limit=ISSUES_SHOWN))),
        reading=tuple(map(paper_view, listed)),
        saved=frozenset(paper.number for paper in listed),
        groups=tuple((group.id, group.name, group.shared) for group in joined),
        tomorrow=date.fromordinal(context.now.date().toordinal() + 1),
    )


def _past_issue(issue: SentIssue) -> PastIssue:
    shown = tuple(paper_view(paper, pick) for paper, pick in issue.picks)
    return PastIssue(day=issue.day, state=issue.state.value, papers=shown)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
