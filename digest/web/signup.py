"""Signing up: the form, the live preview beside it, and the page that says to look into the mail."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, ClassVar
from zoneinfo import available_timezones

from babel import Locale
from fastapi import APIRouter, Query, Response

from digest.profiles import faults
from digest.runs import subscribe as runs
from digest.runs.liked import propose
from digest.runs.outbox import CONFIRM_WITHIN
from digest.subscribers import WEEKDAYS
from digest.web.forms import ProfileFields, Values, fields_of, first, read_form, read_profile
from digest.web.pages import Page
from digest.web.site import FormDep, Visit, VisitDep
from digest.web.stamps import Reading
from digest.web.views import PreviewView, advice_views, preview_view

ZONES = tuple(sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")))
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, kw_only=True)
class SubscribePage(Page):
    """subscribe.html"""

    template: ClassVar[str] = "subscribe.html"
    fields: ProfileFields
    stamp: str  #: signed time at which the form was shown
    again: str = ""  #: why the form is shown again although nothing in it is wrong
    guess: bool = False  #: whether a script may still guess the time zone
    zones: tuple[str, ...] = ZONES
    weekdays: tuple[tuple[str, str], ...]  #: code and name
    preview: PreviewView | None = None


@dataclass(frozen=True, kw_only=True)
class PreviewPart(Page):
    """preview.html"""

    template: ClassVar[str] = "preview.html"
    preview: PreviewView | None


@dataclass(frozen=True, kw_only=True)
class LikedPage(Page):
    """liked.html"""

    template: ClassVar[str] = "liked.html"
    liked: str = ""  #: what was pasted
    read: int | None = None  #: papers that were named; None before anything was pasted
    known: int = 0  #: of them, those that are known here
    proposals: tuple[str, ...] = ()
    preview: PreviewView | None = None


@dataclass(frozen=True, kw_only=True)
class CheckMailPage(Page):
    """check_mail.html"""

    template: ClassVar[str] = "check_mail.html"
    hours: int  #: for which the link in the mail works


@dataclass(frozen=True, kw_only=True)
class ConfirmPage(Page):
    """confirm.html"""

    template: ClassVar[str] = "confirm.html"
    action: str


@dataclass(frozen=True, kw_only=True)
class ConfirmedPage(Page):
    """confirmed.html"""

    template: ClassVar[str] = "confirmed.html"
    first_issue: date | None
    manage: str  #: address of the page to manage the subscription


@router.get("/subscribe")
def form(visit: VisitDep, keyword: Annotated[list[str] | None, Query()] = None) -> Response:
    """Shows the empty form, or one that starts with the keywords in its address."""
    fields = ProfileFields(keywords="\n".join(keyword or ()), language=visit.language)
    return visit.show(_form_page(visit, fields, guess=True))


@router.post("/subscribe/preview")
def preview(visit: VisitDep, values: FormDep) -> Response:
    """Shows the form again, with what its profile would have picked."""
    fields = _fields(visit, values, everything=False)
    return visit.show(
        replace(_form_page(visit, fields, guess=bool(first(values, "guess"))), preview=_preview(visit, values))
    )


@router.post("/subscribe/preview/part")
def preview_part(visit: VisitDep, values: FormDep) -> Response:
    """Gives the preview alone, for the script that keeps it up to date."""
    return visit.show(PreviewPart(preview=_preview(visit, values)))


@router.post("/subscribe")
def sign_up(visit: VisitDep, values: FormDep) -> Response:
    """Takes the form; the answer is the same whether or not the address is known."""
    reading = read_form(values, visit.language)
    if reading.faults:
        return visit.show(_form_page(visit, fields_of(reading.subscription, reading.wrong, values)))
    stamp = visit.site.form_clock.read(first(values, "stamp"), visit.now)
    if first(values, "website") or stamp is Reading.FORGED:
        return _check_mail(visit)  # a robot is told what everybody is told
    if stamp is not Reading.GOOD:
        text = visit.translate("The form was open too long, or was sent too fast. Please press the button once more.")
        return visit.show(_form_page(visit, fields_of(reading.subscription), again=text))
    runs.sign_up(visit.site.store, reading.subscription, visit.site.settings, network=visit.network, now=visit.now)
    visit.site.wake()
    return _check_mail(visit)


@router.get("/subscribe/liked")
def liked_form(visit: VisitDep) -> Response:
    """Shows where to paste papers that one likes."""
    return visit.show(LikedPage())


@router.post("/subscribe/liked")
def liked(visit: VisitDep, values: FormDep) -> Response:
    """Proposes keywords from the papers pasted or uploaded."""
    text = "\n".join([first(values, "liked"), first(values, "file")]).strip()
    found = propose(visit.site.store, visit.site.outlook, text)
    page = LikedPage(liked=first(values, "liked"), read=found.read, known=found.known, proposals=found.terms)
    if found.terms:
        page = replace(page, preview=preview_view(visit.site.outlook.prospect(found.profile)))
    return visit.show(page)


@router.get("/c/{token}")
def confirmation(visit: VisitDep, token: str) -> Response:
    """Shows one large button, and nothing else to read."""
    if not runs.is_open(visit.site.store, token, visit.now):
        return visit.gone()
    return visit.show(ConfirmPage(action=visit.request.url.path))


@router.post("/c/{token}")
def confirm(visit: VisitDep, token: str) -> Response:
    """Confirms the sign-up."""
    confirmed = runs.confirm(visit.site.store, token, visit.now)
    if confirmed is None:
        return visit.gone()
    visit.site.wake()
    manage = f"/m/{confirmed.manage}" if confirmed.manage else "/manage"
    return visit.show(ConfirmedPage(first_issue=confirmed.subscriber.next_issue, manage=manage))


def weekday_names(language: str) -> tuple[tuple[str, str], ...]:
    """Gives code and short name of each weekday, Monday first."""
    names = Locale.parse(language).days["stand-alone"]["abbreviated"]
    return tuple((code, names[number]) for number, code in enumerate(WEEKDAYS))


def _form_page(visit: Visit, fields: ProfileFields, *, guess: bool = False, again: str = "") -> SubscribePage:
    return SubscribePage(
        fields=fields,
        stamp=visit.site.form_clock.stamp(visit.now),
        again=again,
        guess=guess,
        weekdays=weekday_names(visit.language),
    )


def _fields(visit: Visit, values: Values, *, everything: bool) -> ProfileFields:
    """Gives the form as filled in; unless everything is asked for, what is empty yet is not called wrong."""
    reading = read_form(values, visit.language)
    filled = {name: reason for name, reason in reading.wrong.items() if everything or first(values, name)}
    return fields_of(reading.subscription, filled, values)


def _preview(visit: Visit, values: Values) -> PreviewView | None:
    profile = read_profile(values)
    if profile.is_empty or faults(profile):
        return None
    return preview_view(visit.site.outlook.prospect(profile), advice_views(visit.site.outlook, profile))


def _check_mail(visit: Visit) -> Response:
    return visit.show(CheckMailPage(hours=int(CONFIRM_WITHIN.total_seconds() // 3600)), linkable=False)
