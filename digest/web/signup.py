"""Signing up: the form with its live preview, keyword suggestions, and the confirmation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, ClassVar

from babel import Locale
from fastapi import APIRouter, Query, Response

from digest.errors import InputTooComplex
from digest.profiles import faults
from digest.runs.subscriptions import sign_up as runs
from digest.runs.subscriptions.keyword_suggestions import suggest_keywords
from digest.runs.transactional.outbox import CONFIRM_WITHIN
from digest.subscribers import WEEKDAYS, known_zones
from digest.web.form_timestamps import TimestampCheck
from digest.web.forms import ProfileFields, Values, fields_of, first, read_form, read_profile
from digest.web.pages import Page
from digest.web.site import ContextDep, FormDep, RequestContext
from digest.web.views import PreviewView, diagnosis_views, preview_view

ZONES = tuple(sorted(zone for zone in known_zones() if "/" in zone and not zone.startswith("Etc/")))
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, kw_only=True)
class SubscribePage(Page):
    """subscribe.html"""

    template: ClassVar[str] = "subscribe.html"
    fields: ProfileFields
    stamp: str  #: signed time at which the form was shown
    again: str = ""  #: why the form is shown again although its values are valid
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
    read: int | None = None  #: number of papers in the text; None before anything was pasted
    too_complex: bool = False  #: whether the text took too long to read
    known: int = 0  #: number of these that are in the archive
    proposals: tuple[str, ...] = ()
    preview: PreviewView | None = None


@dataclass(frozen=True, kw_only=True)
class CheckMailPage(Page):
    """check_mail.html"""

    template: ClassVar[str] = "check_mail.html"
    hours: int  #: for which the link in the e-mail is valid


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
    manage: str  #: URL of the page that manages the subscription


@router.get("/subscribe")
def form(context: ContextDep, keyword: Annotated[list[str] | None, Query()] = None) -> Response:
    """Show the form, filled with the keywords in the URL."""
    fields = ProfileFields(keywords="\n".join(keyword or ()), language=context.language)
    return context.show(_form_page(context, fields, guess=True))


@router.post("/subscribe/preview")
def preview(context: ContextDep, values: FormDep) -> Response:
    """Show the form again with a preview of its profile."""
    fields = _fields(context, values, everything=False)
    return context.show(
        replace(_form_page(context, fields, guess=bool(first(values, "guess"))), preview=_preview(context, values))
    )


@router.post("/subscribe/preview/part")
def preview_part(context: ContextDep, values: FormDep) -> Response:
    """Return the preview alone, for the script that updates it."""
    return context.show(PreviewPart(preview=_preview(context, values)))


@router.post("/subscribe")
def sign_up(context: ContextDep, values: FormDep) -> Response:
    """Sign up; the response is the same whether or not the address is known."""
    reading = read_form(values, context.language)
    if reading.faults:
        return context.show(_form_page(context, fields_of(reading.subscription, reading.wrong, values)))
    stamp = context.site.form_clock.read(first(values, "stamp"), context.now)
    if first(values, "website") or stamp is TimestampCheck.FORGED:
        return _check_mail(context)  # a bot gets the same response as everybody
    if stamp is not TimestampCheck.GOOD:
        text = context.translate("The form was open for too long or was sent too quickly. Please submit it again.")
        return context.show(_form_page(context, fields_of(reading.subscription), again=text))
    runs.sign_up(
        context.site.store, reading.subscription, context.site.settings, network=context.network, now=context.now
    )
    context.site.wake()
    return _check_mail(context)


@router.get("/subscribe/liked")
def liked_form(context: ContextDep) -> Response:
    """Show the form for papers that one likes."""
    return context.show(LikedPage())


@router.post("/subscribe/liked")
def liked(context: ContextDep, values: FormDep) -> Response:
    """Suggest keywords from the pasted or uploaded papers."""
    text = "\n".join([first(values, "liked"), first(values, "file")]).strip()
    page = LikedPage(liked=first(values, "liked"))
    try:
        with context.site.heavy_work.slot():
            found = suggest_keywords(context.site.store, context.site.live_preview, text)
            page = replace(page, read=found.read, known=found.known, proposals=found.terms)
            if found.terms:
                page = replace(page, preview=preview_view(context.site.live_preview.profile_preview(found.profile)))
    except InputTooComplex:
        page = replace(page, too_complex=True)
    return context.show(page)


@router.get("/c/{token}")
def confirmation(context: ContextDep, token: str) -> Response:
    """Show one large button and nothing else."""
    if not runs.is_open(context.site.store, token, context.now):
        return context.gone()
    return context.show(ConfirmPage(action=context.request.url.path))


@router.post("/c/{token}")
def confirm(context: ContextDep, token: str) -> Response:
    """Confirm the sign-up."""
    confirmed = runs.confirm(context.site.store, token, context.now)
    if confirmed is None:
        return context.gone()
    context.site.wake()
    manage = context.link(f"/m/{confirmed.manage}" if confirmed.manage else "/manage")
    return context.show(ConfirmedPage(first_issue=confirmed.subscriber.next_issue, manage=manage))


def weekday_names(language: str) -> tuple[tuple[str, str], ...]:
    """Return the code and short name of each weekday, Monday first."""
    names = Locale.parse(language).days["stand-alone"]["abbreviated"]
    return tuple((code, names[number]) for number, code in enumerate(WEEKDAYS))


def _form_page(
    context: RequestContext, fields: ProfileFields, *, guess: bool = False, again: str = ""
) -> SubscribePage:
    return SubscribePage(
        fields=fields,
        stamp=context.site.form_clock.stamp(context.now),
        again=again,
        guess=guess,
        weekdays=weekday_names(context.language),
    )


def _fields(context: RequestContext, values: Values, *, everything: bool) -> ProfileFields:
    """Return the form as filled in; unless `everything` is set, empty fields are not marked as wrong."""
    reading = read_form(values, context.language)
    filled = {name: reason for name, reason in reading.wrong.items() if everything or first(values, name)}
    return fields_of(reading.subscription, filled, values)


def _preview(context: RequestContext, values: Values) -> PreviewView | None:
    profile = read_profile(values)
    if profile.is_empty or faults(profile):
        return None
    with context.site.heavy_work.slot():
        return preview_view(
            context.site.live_preview.profile_preview(profile), diagnosis_views(context.site.live_preview, profile)
        )


def _check_mail(context: RequestContext) -> Response:
    return context.show(CheckMailPage(hours=int(CONFIRM_WITHIN.total_seconds() // 3600)), linkable=False)
