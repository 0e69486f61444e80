"""The pages of the workbench: choose, tune, see the mail and why, save, send a test, compare."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse

from digest.deliveries import Attempt, Outcome
from digest.errors import DigestError, UsageError
from digest.runs.preview import Composed
from digest.runs.save_profile import save_profile
from digest.runs.trial import send_trial
from digest.web.forms import first, read_profile
from digest.web.guard import MAIL_POLICY
from digest.web.preview.access import ADDRESS, PART, ChoiceDep, DeskDep, FormDep, place, shown
from digest.web.preview.choice import Choice
from digest.web.preview.comparing import compare_page
from digest.web.preview.desk import Desk, Seen
from digest.web.preview.looks import as_seen
from digest.web.preview.result import Bench, chosen_relay
from digest.web.preview.tuning import choose_view, tune_view, tuned
from digest.web.preview.views import ResultPart, WorkbenchPage

router = APIRouter(include_in_schema=False)


@router.get("/")
def workbench(request: Request, desk: DeskDep, choice: ChoiceDep, find: str = "", note: str = "") -> Response:
    """Shows the workbench, or the part of it that changes."""
    if find:
        return _to(desk, replace(choice, who=desk.found(find), draft=""))
    seen = desk.see(choice)
    if PART in request.headers:
        return _part(desk, seen)
    notice = desk.notices.get(note)
    text, is_fault = (notice.text, notice.is_fault) if notice else ("", False)
    return shown(
        desk,
        WorkbenchPage(
            place=place(desk, "issue"),
            choose=choose_view(desk, choice, seen.subscriber),
            tune=tune_view(desk, seen),
            result=Bench(desk=desk, seen=seen).view(),
            notice="" if is_fault else text,
            complaint=text if is_fault else "",
        ),
    )


@router.post("/tune")
def tune(request: Request, desk: DeskDep, choice: ChoiceDep, values: FormDep) -> Response:
    """Shows the issue for the profile in the form; the profile goes into the address of the page."""
    saved = desk.subscriber(choice.who).subscription
    tried = replace(choice, draft=tuned(saved, values, unsaved=choice.who == 0), page=1)
    return _part(desk, desk.see(tried)) if PART in request.headers else _to(desk, tried)


@router.get("/mail")
def mail(desk: DeskDep, choice: ChoiceDep) -> Response:
    """Gives the HTML part as the chosen client shows it, for the frame."""
    html = _composed(desk.see(choice)).rendering.html
    seen = as_seen(html, choice.scheme, stripped=choice.stripped)
    return HTMLResponse(seen, headers={"Content-Security-Policy": MAIL_POLICY})


@router.get("/issue.eml")
def source(desk: DeskDep, choice: ChoiceDep) -> Response:
    """Gives the message, octet for octet."""
    return Response(_composed(desk.see(choice)).message.data, media_type="message/rfc822")


@router.get("/version")
def version(desk: DeskDep) -> Response:
    """Gives the version of the templates, so that the page knows when to look again."""
    return PlainTextResponse(desk.press.look())


@router.post("/save")
def save(desk: DeskDep, choice: ChoiceDep, values: FormDep) -> Response:
    """Saves the profile in the form where it is owned."""
    profile = read_profile(values)
    try:
        where = save_profile(desk.store, desk.settings, choice.who, profile, desk.clock())
    except UsageError as error:
        saved = desk.subscriber(choice.who).subscription
        tried = replace(choice, draft=tuned(saved, values, unsaved=False))
        return _to(desk, tried, desk.note(f"Not saved: {error}", is_fault=True))
    return _to(desk, replace(choice, draft="", page=1), desk.note(f"Saved to {where}."))


@router.post("/send")
def send(desk: DeskDep, choice: ChoiceDep, values: FormDep) -> Response:
    """Sends the issue to one address, marked as a test."""
    try:
        said, failed = _sent(desk, choice, first(values, "to"), first(values, "by"))
    except DigestError as error:
        said, failed = f"Not sent: {error}", True
    return _to(desk, choice, desk.note(said, is_fault=failed))


@router.get("/compare")
def compare(desk: DeskDep, choice: ChoiceDep, left: str = "", right: str = "") -> Response:
    """Shows two profiles side by side."""
    return shown(desk, compare_page(desk, choice, left, right))


def _to(desk: Desk, choice: Choice, note: str = "") -> Response:
    query = choice.query()
    noted = f"{'&' if query else '?'}note={note}" if note else ""
    return RedirectResponse(desk.root + query + noted, status_code=303)


def _part(desk: Desk, seen: Seen) -> Response:
    response = shown(desk, ResultPart(place=place(desk, "issue"), result=Bench(desk=desk, seen=seen).view()))
    response.headers[ADDRESS] = desk.root + seen.choice.query()
    return response


def _composed(seen: Seen) -> Composed:
    if seen.pressed.outcome is None:
        reason = seen.decided.skip if seen.decided and seen.decided.skip else "the profile or a template is faulty"
        raise UsageError(f"there is no mail to show: {reason}")
    return seen.pressed.outcome


def _sent(desk: Desk, choice: Choice, to: str, by: str) -> tuple[str, bool]:
    """Sends a test and gives what came of it in words, and whether it failed."""
    seen, relay = desk.see(choice), chosen_relay(desk, by)
    _composed(seen)
    decided = seen.decided
    pressed = desk.press.print(
        lambda press: desk.previews.trial(decided, press, to) if decided else None, good=choice.good
    )
    if pressed.outcome is None:
        raise UsageError("a template is faulty")
    attempt = send_trial(pressed.outcome, relay)
    return _answer(attempt, to), attempt.outcome is not Outcome.SENT


def _answer(attempt: Attempt, to: str) -> str:
    if attempt.outcome is Outcome.SENT:
        return f"A test went to {to} through {attempt.relay}: {attempt.reply}"
    return f"The test was not taken at {attempt.relay} ({attempt.outcome}, {attempt.stage}): {attempt.reply}"
