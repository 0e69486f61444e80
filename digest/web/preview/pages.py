"""The pages of the workbench: choose, edit, see the e-mail and its reasons, save, send a test, compare."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse

from digest.deliveries import Attempt, Outcome
from digest.errors import DigestError, UsageError
from digest.runs.preview.preview import Composed
from digest.runs.subscriptions.profile_editing import save_profile
from digest.runs.transactional.send_test import send_test
from digest.web.forms import first, read_profile
from digest.web.guard import MAIL_POLICY
from digest.web.preview.access import ADDRESS, PART, ChoiceDep, FormDep, SessionDep, place, shown
from digest.web.preview.choice import Choice
from digest.web.preview.client_simulation import as_seen
from digest.web.preview.comparison import compare_page
from digest.web.preview.result import ResultPresenter, chosen_relay
from digest.web.preview.session import PreviewedIssue, PreviewSession
from digest.web.preview.tuning import choose_view, tune_view, tuned
from digest.web.preview.views import ResultPart, WorkbenchPage

router = APIRouter(include_in_schema=False)


@router.get("/")
def workbench(request: Request, session: SessionDep, choice: ChoiceDep, find: str = "", note: str = "") -> Response:
    """Show the workbench, or only the part that changes."""
    if find:
        return _to(session, replace(choice, who=session.found(find), draft=""))
    seen = session.see(choice)
    if PART in request.headers:
        return _part(session, seen)
    notice = session.notices.get(note)
    text, is_fault = (notice.text, notice.is_fault) if notice else ("", False)
    return shown(
        session,
        WorkbenchPage(
            place=place(session, "issue"),
            choose=choose_view(session, choice, seen.subscriber),
            tune=tune_view(session, seen),
            result=ResultPresenter(session=session, seen=seen).view(),
            notice="" if is_fault else text,
            error=text if is_fault else "",
        ),
    )


@router.post("/tune")
def tune(request: Request, session: SessionDep, choice: ChoiceDep, values: FormDep) -> Response:
    """Show the issue for the profile in the form; the URL of the page then contains the profile."""
    saved = session.subscriber(choice.who).subscription
    tried = replace(choice, draft=tuned(saved, values, unsaved=choice.who == 0), page=1)
    return _part(session, session.see(tried)) if PART in request.headers else _to(session, tried)


@router.get("/mail")
def mail(session: SessionDep, choice: ChoiceDep) -> Response:
    """Return the HTML part as the chosen client shows it, for the frame."""
    html = _composed(session.see(choice)).rendering.html
    seen = as_seen(html, choice.scheme, stripped=choice.stripped)
    return HTMLResponse(seen, headers={"Content-Security-Policy": MAIL_POLICY})


@router.get("/issue.eml")
def source(session: SessionDep, choice: ChoiceDep) -> Response:
    """Return the message, byte for byte."""
    return Response(_composed(session.see(choice)).message.data, media_type="message/rfc822")


@router.get("/version")
def version(session: SessionDep) -> Response:
    """Return the version of the templates, so that the page notices changes."""
    return PlainTextResponse(session.renderer.look())


@router.post("/save")
def save(session: SessionDep, choice: ChoiceDep, values: FormDep) -> Response:
    """Save the profile in the form to its owner: the file or the store."""
    profile = read_profile(values)
    try:
        where = save_profile(session.store, session.settings, choice.who, profile, session.clock())
    except UsageError as error:
        saved = session.subscriber(choice.who).subscription
        tried = replace(choice, draft=tuned(saved, values, unsaved=False))
        return _to(session, tried, session.note(f"Not saved: {error}", is_fault=True))
    return _to(session, replace(choice, draft="", page=1), session.note(f"Saved to {where}."))


@router.post("/send")
def send(session: SessionDep, choice: ChoiceDep, values: FormDep) -> Response:
    """Send the issue to one address as a test message."""
    try:
        said, failed = _sent(session, choice, first(values, "to"), first(values, "by"))
    except DigestError as error:
        said, failed = f"Not sent: {error}", True
    return _to(session, choice, session.note(said, is_fault=failed))


@router.get("/compare")
def compare(session: SessionDep, choice: ChoiceDep, left: str = "", right: str = "") -> Response:
    """Show two profiles side by side."""
    return shown(session, compare_page(session, choice, left, right))


def _to(session: PreviewSession, choice: Choice, note: str = "") -> Response:
    query = choice.query()
    noted = f"{'&' if query else '?'}note={note}" if note else ""
    return RedirectResponse(session.root + query + noted, status_code=303)


def _part(session: PreviewSession, seen: PreviewedIssue) -> Response:
    response = shown(
        session, ResultPart(place=place(session, "issue"), result=ResultPresenter(session=session, seen=seen).view())
    )
    response.headers[ADDRESS] = session.root + seen.choice.query()
    return response


def _composed(seen: PreviewedIssue) -> Composed:
    if seen.rendered.outcome is None:
        reason = seen.decided.skip if seen.decided and seen.decided.skip else "the profile or a template is not valid"
        raise UsageError(f"there is no e-mail to show: {reason}")
    return seen.rendered.outcome


def _sent(session: PreviewSession, choice: Choice, to: str, by: str) -> tuple[str, bool]:
    """Send a test message; return the result as a sentence, and whether it failed."""
    seen, relay = session.see(choice), chosen_relay(session, by)
    _composed(seen)
    decided = seen.decided
    rendered = session.renderer.render(
        lambda renderer: session.previews.test_message(decided, renderer, to) if decided else None, good=choice.good
    )
    if rendered.outcome is None:
        raise UsageError("a template is not valid")
    attempt = send_test(rendered.outcome, relay)
    return _answer(attempt, to), attempt.outcome is not Outcome.SENT


def _answer(attempt: Attempt, to: str) -> str:
    if attempt.outcome is Outcome.SENT:
        return f"Test sent to {to} through {attempt.relay}: {attempt.reply}"
    return f"{attempt.relay} did not accept the test ({attempt.outcome}, {attempt.stage}): {attempt.reply}"
