"""Sample mails: every kind of e-mail with typical and extreme content, rendered with the current templates."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from digest.errors import UsageError
from digest.rendering import Rendering
from digest.rendering.sample_mails import SampleMail, sample_mails
from digest.web.guard import MAIL_POLICY
from digest.web.preview.access import ADDRESS, PART, ChoiceDep, SessionDep, place, shown
from digest.web.preview.choice import Choice, Show
from digest.web.preview.client_simulation import as_seen
from digest.web.preview.result import SHOWS, fault_view, simulation_view
from digest.web.preview.session import PreviewSession
from digest.web.preview.template_reload import RenderedMail
from digest.web.preview.views import LinkOption, SampleMailPage, SampleMailPart, SampleMailView

router = APIRouter(include_in_schema=False)


@router.get("/sample-mails")
@router.get("/sample-mails/{name}")
def sample_mail(request: Request, session: SessionDep, choice: ChoiceDep, name: str = "") -> Response:
    """Show one sample mail, or only the part of the page that changes, with links to the others."""
    every = sample_mails(session.renderer.texts())
    chosen = _named(every, name) if name else every[0]
    view = _view(session, choice, chosen.name, session.renderer.render(chosen.render, good=choice.good))
    here = place(session, "sample-mails")
    if PART in request.headers:
        response = shown(session, SampleMailPart(place=here, sample=view))
        response.headers[ADDRESS] = _address(session, chosen.name, choice.query())
        return response
    return shown(session, SampleMailPage(place=here, sample=view, every=_links(session, every, chosen, choice)))


@router.get("/sample-mail/{name}")
def framed(session: SessionDep, choice: ChoiceDep, name: str) -> Response:
    """Return the HTML of a sample mail as the chosen client shows it, for the frame."""
    chosen = _named(sample_mails(session.renderer.texts()), name)
    rendered = session.renderer.render(chosen.render, good=choice.good).outcome
    if rendered is None:
        raise UsageError("there is no e-mail to show: a template is not valid")
    html = as_seen(rendered.html, choice.scheme, stripped=choice.stripped)
    return HTMLResponse(html, headers={"Content-Security-Policy": MAIL_POLICY})


def _named(every: Sequence[SampleMail], name: str) -> SampleMail:
    found = next((sample for sample in every if sample.name == name), None)
    if found is None:
        raise UsageError(f"there is no sample mail {name[:40]!r}")
    return found


def _address(session: PreviewSession, name: str, query: str) -> str:
    return f"{session.root}sample-mails/{name}{query}"


def _links(
    session: PreviewSession, every: Sequence[SampleMail], chosen: SampleMail, choice: Choice
) -> tuple[LinkOption, ...]:
    return tuple(
        LinkOption(link=_address(session, one.name, choice.query()), label=one.name, chosen=one is chosen)
        for one in every
    )


def _view(session: PreviewSession, choice: Choice, name: str, result: RenderedMail[Rendering]) -> SampleMailView:
    def link(**changes: object) -> str:
        return _address(session, name, choice.query(**changes))

    rendered, in_text = result.outcome, choice.show is Show.TEXT
    return SampleMailView(
        version=session.renderer.version,
        name=name,
        subject=rendered.subject if rendered else "",
        preheader=rendered.preheader if rendered else "",
        size=len(rendered.html.encode()) if rendered else 0,
        fault=fault_view(session, choice, result, link),
        parts=tuple(
            LinkOption(link=link(show=show), label=SHOWS[show], chosen=in_text is (show is Show.TEXT))
            for show in (Show.HTML, Show.TEXT)
        ),
        simulation=simulation_view(choice, link),
        frame=f"{session.root}sample-mail/{name}{choice.query()}" if rendered and not in_text else "",
        plain=rendered.text if rendered and in_text else "",
    )
