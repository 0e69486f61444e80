"""Managing one subscription, by a short-lived link that came by mail; no password, no cookie."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, ClassVar

from fastapi import APIRouter, Path, Response
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse

from digest.errors import UsageError
from digest.papers import Paper
from digest.profiles import Fault, Keyword, faults
from digest.references import bibtex, ris
from digest.runs import feedback, personal_data
from digest.runs import subscribe as runs
from digest.storage import deliveries, groups, papers, reading_lists
from digest.storage.deliveries import Delivery
from digest.subscribers import Owner, State, Subscriber, address_faults
from digest.web.forms import ProfileFields, Reading, fields_of, first, read_profile, read_schedule
from digest.web.pages import Page
from digest.web.signup import ZONES, CheckMailPage, weekday_names
from digest.web.site import FormDep, Visit, VisitDep
from digest.web.views import PaperView, paper_view

ISSUES_SHOWN = 10
LONGEST_PAUSE = 366  #: days
Number = Annotated[int, Path(ge=1, le=2**53)]  #: of a paper or group; no database takes more
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


@dataclass(frozen=True, kw_only=True)
class ErasedPage(Page):
    """erased.html"""

    template: ClassVar[str] = "erased.html"


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
        letter = runs.request_manage_link(
            visit.site.store, address, visit.site.settings, network=visit.network, now=visit.now
        )
        if letter:
            visit.site.post(letter)
    return visit.show(CheckMailPage(hours=int(runs.MANAGE_WITHIN.total_seconds() // 3600)), linkable=False)


@router.get("/m/{token}")
def page(visit: VisitDep, token: str, done: str = "") -> Response:
    """Shows the whole subscription."""
    person = _person(visit, token)
    return visit.show(_page(visit, person, token, done=done)) if person else _outdated(visit)


@router.post("/m/{token}/profile")
def save_profile(visit: VisitDep, token: str, values: FormDep) -> Response:
    """Saves what the reader wants to read."""
    person = _person(visit, token)
    if person is None:
        return _outdated(visit)
    profile = read_profile(values)
    wanted = replace(person.subscription, profile=profile)
    return _saved(visit, token, person, Reading(subscription=wanted, faults=tuple(faults(profile))), "profile")


@router.post("/m/{token}/schedule")
def save_schedule(visit: VisitDep, token: str, values: FormDep) -> Response:
    """Saves when issues come, the reader's name and language."""
    person = _person(visit, token)
    if person is None:
        return _outdated(visit)
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
def pause(visit: VisitDep, token: str, values: FormDep) -> Response:
    """Pauses until a date, or ends a pause."""
    person = _person(visit, token)
    if person is None:
        return _outdated(visit)
    if first(values, "resume"):
        runs.resume(visit.site.store, person.number, "manage page", visit.now)
        return _back(visit, token, "resumed")
    until = _day(first(values, "until"))
    if until is None or not 0 < (until - visit.now.date()).days <= LONGEST_PAUSE:
        return visit.show(_page(visit, person, token, wrong=(Fault(field="until", reason=""),)))
    runs.pause(visit.site.store, person.number, until, "manage page", visit.now)
    return _back(visit, token, "paused")


@router.post("/m/{token}/leave")
def leave(visit: VisitDep, token: str) -> Response:
    """Unsubscribes; or subscribes again, where the reader had left."""
    person = _person(visit, token)
    if person is None:
        return _outdated(visit)
    left = runs.leave(visit.site.store, person.number, "manage page", visit.now)
    if left.undo:
        return _back(visit, token, "left")
    return _back(visit, token, "")


@router.post("/m/{token}/return")
def come_back(visit: VisitDep, token: str) -> Response:
    """Subscribes again somebody who left: the link came by mail, which is proof enough."""
    person = _person(visit, token)
    if person is None:
        return _outdated(visit)
    runs.rejoin(visit.site.store, person.number, "manage page", visit.now)
    return _back(visit, token, "returned")


@router.post("/m/{token}/votes/{paper}")
def withdraw_vote(visit: VisitDep, token: str, paper: Number) -> Response:
    """Takes a vote back."""
    person = _person(visit, token)
    if person is None:
        return _outdated(visit)
    feedback.withdraw(visit.site.store, person.number, paper)
    return _back(visit, token, "votes")


@router.post("/m/{token}/reading/{paper}")
def change_reading(visit: VisitDep, token: str, paper: Number, values: FormDep) -> Response:
    """Puts a paper of a past issue on the reading list, or takes one off."""
    person = _person(visit, token)
    if person is None:
        return _outdated(visit)
    with visit.site.store.transaction() as tx:
        if first(values, "drop"):
            reading_lists.drop(tx, person.number, paper)
        elif papers.by_numbers(tx, [paper]):
            reading_lists.put(tx, person.number, paper, visit.now)
    return _back(visit, token, "reading")


@router.post("/m/{token}/groups/{group}/leave")
def leave_group(visit: VisitDep, token: str, group: Number) -> Response:
    """Leaves a group; the profile stays as it is."""
    person = _person(visit, token)
    if person is None:
        return _outdated(visit)
    with visit.site.store.transaction() as tx:
        groups.leave(tx, group, person.number)
    return _back(visit, token, "groups")


@router.post("/m/{token}/erase")
def erase(visit: VisitDep, token: str, values: FormDep) -> Response:
    """Removes everything, once the box beside the button is ticked."""
    person = _person(visit, token)
    if person is None:
        return _outdated(visit)
    if not first(values, "sure"):
        return _back(visit, token, "unsure")
    personal_data.erase(visit.site.store, person.number, visit.now)
    return visit.show(ErasedPage(), linkable=False)


@router.get("/m/{token}/{name}")
def download(visit: VisitDep, token: str, name: str) -> Response:
    """Gives everything known about the reader as JSON, or the reading list as BibTeX or RIS."""
    person = _person(visit, token)
    if person is None:
        return _outdated(visit)
    attachment = {"Content-Disposition": f'attachment; filename="{name}"'}
    if name == "my-data.json":
        return JSONResponse(personal_data.everything(visit.site.store, person.number), headers=attachment)
    writers = {
        "reading-list.bib": (bibtex, "application/x-bibtex"),
        "reading-list.ris": (ris, "application/x-research-info-systems"),
    }
    if name not in writers:
        return visit.gone()
    write, media_type = writers[name]
    with visit.site.store.reading() as tx:
        listed = reading_lists.of_subscriber(tx, person.number)
    return PlainTextResponse(write(listed), media_type=f"{media_type}; charset=utf-8", headers=attachment)


def _person(visit: Visit, token: str) -> Subscriber | None:
    return runs.manager(visit.site.store, token, visit.now)


def _outdated(visit: Visit) -> Response:
    response = visit.show(ManageRequestPage(outdated=True), linkable=False)
    response.status_code = 404
    return response


def _back(visit: Visit, token: str, done: str) -> Response:
    """After a post the browser is sent to the page itself, so that reloading posts nothing again."""
    return RedirectResponse(visit.link(f"/m/{token}", done=done), status_code=303)


def _saved(visit: Visit, token: str, person: Subscriber, reading: Reading, what: str) -> Response:
    if reading.faults:
        shown = replace(person, subscription=reading.subscription)
        return visit.show(_page(visit, shown, token, wrong=reading.faults), linkable=False)
    try:
        runs.change(visit.site.store, person, reading.subscription, visit.now)
    except UsageError as error:
        return visit.fail(409, visit.translate("This could not be saved"), str(error))
    return _back(visit, token, what)


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
        next_issue=runs.local_date(person),
        owned_by_file=person.owner is Owner.FILE,
        done=done,
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
