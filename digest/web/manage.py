"""Managing one subscription, by a short-lived link that came by mail; no password, no cookie."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar

from fastapi import APIRouter, Response

from digest.errors import UsageError
from digest.papers import Paper
from digest.profiles import Fault, Keyword, faults
from digest.runs import feedback, standing
from digest.runs.access import MANAGE_WITHIN
from digest.runs.subscribe import request_manage_link
from digest.storage import deliveries, groups, papers, reading_lists
from digest.storage.deliveries import Delivery
from digest.subscribers import Owner, State, Subscriber, address_faults
from digest.web.forms import ProfileFields, Reading, fields_of, first, read_profile, read_schedule
from digest.web.holder import HolderDep, back
from digest.web.pages import Page
from digest.web.signup import ZONES, CheckMailPage, weekday_names
from digest.web.site import FormDep, Visit, VisitDep
from digest.web.views import AdviceView, PaperView, advice_views, paper_view

ISSUES_SHOWN = 10
LONGEST_PAUSE = 366  #: days
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, kw_only=True)
class ManageRequestPage(Page):
    """manage_request.html"""

    template: ClassVar[str] = "manage_request.html"
    address: str = ""
    wrong: bool = False  #: whether the address is none
    outdated: bool = False  #: whether a link that ran out led here


@dataclass(frozen=True, kw_only=True)
class VoteView:
    """One vote on the page."""

    paper: int
    title: str
    up: bool


@dataclass(frozen=True, kw_only=True)
class ShiftView:
    """What the votes did to one of the newest papers."""

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
    here: str  #: address of this page, that of all its forms begins with it
    address: str
    state: str
    paused_until: date | None
    next_issue: date | None
    owned_by_file: bool
    done: str = ""  #: which form was just saved
    advice: tuple[AdviceView, ...] = ()  #: on the keywords, once they were saved
    fields: ProfileFields
    keywords: tuple[Keyword, ...]
    zones: tuple[str, ...] = ZONES
    weekdays: tuple[tuple[str, str], ...]
    votes: tuple[VoteView, ...] = ()
    shifts: tuple[ShiftView, ...] = ()
    issues: tuple[PastIssue, ...] = ()
    reading: tuple[PaperView, ...] = ()
    saved: frozenset[int] = frozenset()  #: numbers of the papers on the reading list
    groups: tuple[tuple[int, str, bool], ...] = ()  #: id, name, whether the profile is shared
    tomorrow: date


@router.get("/manage")
def ask(visit: VisitDep) -> Response:
    """Shows where to ask for a link."""
    return visit.show(ManageRequestPage())


@router.post("/manage")
def request_link(visit: VisitDep, values: FormDep) -> Response:
    """Mails a fresh link; the answer is the same whether or not the address is known."""
    address = first(values, "address")
    if address_faults(address):
        return visit.show(ManageRequestPage(address=address, wrong=True))
    if not first(values, "website"):
        request_manage_link(visit.site.store, address, visit.site.settings, network=visit.network, now=visit.now)
        visit.site.wake()
    return visit.show(CheckMailPage(hours=int(MANAGE_WITHIN.total_seconds() // 3600)), linkable=False)


@router.get("/m/{token}")
def page(visit: VisitDep, person: HolderDep, token: str, done: str = "") -> Response:
    """Shows the whole subscription."""
    return visit.show(_page(visit, person, token, done=done))


@router.post("/m/{token}/profile")
def save_profile(visit: VisitDep, person: HolderDep, token: str, values: FormDep) -> Response:
    """Saves what the reader wants to read."""
    profile = read_profile(values)
    wanted = replace(person.subscription, profile=profile)
    return _saved(visit, token, person, Reading(subscription=wanted, faults=tuple(faults(profile))), "profile")


@router.post("/m/{token}/schedule")
def save_schedule(visit: VisitDep, person: HolderDep, token: str, values: FormDep) -> Response:
    """Saves when issues come, the reader's name and language."""
    schedule, wrong = read_schedule(values)
    name, language = first(values, "name")[:100], first(values, "language")
    known = language in visit.site.pages.languages.codes
    wanted = replace(
        person.subscription,
        schedule=schedule,
        name=name if name.isprintable() else person.subscription.name,
        language=language if known else person.subscription.language,
    )
    return _saved(visit, token, person, Reading(subscription=wanted, faults=tuple(wrong)), "schedule")


@router.post("/m/{token}/pause")
def pause(visit: VisitDep, person: HolderDep, token: str, values: FormDep) -> Response:
    """Pauses until a date, or ends a pause."""
    if first(values, "resume"):
        standing.resume(visit.site.store, person.number, "manage page", visit.now)
        return back(visit, token, "resumed")
    until = _day(first(values, "until"))
    if until is None or not 0 < (until - visit.now.date()).days <= LONGEST_PAUSE:
        return visit.show(_page(visit, person, token, wrong=(Fault(field="until", reason=""),)))
    standing.pause(visit.site.store, person.number, until, "manage page", visit.now)
    return back(visit, token, "paused")


@router.post("/m/{token}/leave")
def leave(visit: VisitDep, person: HolderDep, token: str) -> Response:
    """Unsubscribes; or subscribes again, where the reader had left."""
    left = standing.leave(visit.site.store, person.number, "manage page", visit.now)
    if left.undo:
        return back(visit, token, "left")
    return back(visit, token, "")


@router.post("/m/{token}/return")
def comeback(visit: VisitDep, person: HolderDep, token: str) -> Response:
    """Subscribes again somebody who left: the link came by mail, which is proof enough."""
    standing.rejoin(visit.site.store, person.number, "manage page", visit.now)
    return back(visit, token, "returned")


def outdated(visit: Visit) -> Response:
    """Gives the answer to a link that is wrong or has run out: where to ask for a fresh one."""
    response = visit.show(ManageRequestPage(outdated=True), linkable=False)
    response.status_code = 404
    return response


def _saved(visit: Visit, token: str, person: Subscriber, reading: Reading, what: str) -> Response:
    if reading.faults:
        shown = replace(person, subscription=reading.subscription)
        return visit.show(_page(visit, shown, token, wrong=reading.faults), linkable=False)
    try:
        standing.change(visit.site.store, person, reading.subscription, visit.now)
    except UsageError as error:
        return visit.fail(409, visit.translate("This could not be saved"), str(error))
    return back(visit, token, what)


def _page(visit: Visit, person: Subscriber, token: str, *, done: str = "", wrong: tuple[Fault, ...] = ()) -> ManagePage:
    complaints = Reading(subscription=person.subscription, faults=wrong).wrong
    opinions = feedback.opinions(visit.site.store, person.number)
    shifts = visit.site.outlook.shifts(person.profile, feedback.as_votes(opinions)) if opinions else ()
    with visit.site.store.reading() as tx:
        past = deliveries.of_subscriber(tx, person.number, limit=ISSUES_SHOWN)
        numbers = {pick.paper for delivery in past if delivery.issue for pick in delivery.issue.picks}
        known = papers.by_numbers(tx, numbers)
        listed = reading_lists.of_subscriber(tx, person.number)
        joined = groups.of_subscriber(tx, person.number)
    return ManagePage(
        here=f"/m/{token}",
        address=person.address,
        state=person.state.value,
        paused_until=person.paused_until if person.state is State.PAUSED else None,
        next_issue=person.next_issue,
        owned_by_file=person.owner is Owner.FILE,
        done=done,
        advice=advice_views(visit.site.outlook, person.profile) if done == "profile" else (),
        fields=fields_of(person.subscription, complaints),
        keywords=person.profile.keywords,
        weekdays=weekday_names(visit.language),
        votes=tuple(VoteView(paper=o.paper.number, title=o.paper.title, up=o.value > 0) for o in opinions),
        shifts=tuple(
            ShiftView(title=s.paper.title, read=paper_view(s.paper).read, before=s.before, after=s.after)
            for s in shifts
        ),
        issues=tuple(_past_issue(delivery, known) for delivery in past if delivery.issue),
        reading=tuple(map(paper_view, listed)),
        saved=frozenset(paper.number for paper in listed),
        groups=tuple((group.id, group.name, group.shared) for group in joined),
        tomorrow=date.fromordinal(visit.now.date().toordinal() + 1),
    )


def _past_issue(delivery: Delivery, known: dict[int, Paper]) -> PastIssue:
    picks = delivery.issue.picks if delivery.issue else ()
    shown = tuple(paper_view(known[pick.paper], pick) for pick in picks if pick.paper in known)
    return PastIssue(day=delivery.issue_date, state=delivery.state.value, papers=shown)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
