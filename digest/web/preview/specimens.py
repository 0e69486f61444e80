"""Specimens: every mail in every case that matters, printed by the press under watch."""

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
from digest.web.preview.result import SHOWS, fault_view, looks_view
from digest.web.preview.session import PreviewSession
from digest.web.preview.template_reload import RenderedMail
from digest.web.preview.views import LinkOption, SpecimenPage, SpecimenPart, SpecimenView

router = APIRouter(include_in_schema=False)


@router.get("/specimens")
@router.get("/specimens/{name}")
def specimen(request: Request, session: SessionDep, choice: ChoiceDep, name: str = "") -> Response:
    """Show one specimen, or the part of the page that changes, with links to the others."""
    every = sample_mails(session.renderer.texts())
    chosen = _named(every, name) if name else every[0]
    view = _view(session, choice, chosen.name, session.renderer.print(chosen.render, good=choice.good))
    here = place(session, "specimens")
    if PART in request.headers:
        response = shown(session, SpecimenPart(place=here, specimen=view))
        response.headers[ADDRESS] = _address(session, chosen.name, choice.query())
        return response
    return shown(session, SpecimenPage(place=here, specimen=view, every=_links(session, every, chosen, choice)))


@router.get("/specimen/{name}")
def framed(session: SessionDep, choice: ChoiceDep, name: str) -> Response:
    """Return the HTML of a specimen as the chosen client shows it, for the frame."""
    chosen = _named(sample_mails(session.renderer.texts()), name)
    printed = session.renderer.print(chosen.render, good=choice.good).outcome
    if printed is None:
        raise UsageError("there is no mail to show: a template is faulty")
    html = as_seen(printed.html, choice.scheme, stripped=choice.stripped)
    return HTMLResponse(html, headers={"Content-Security-Policy": MAIL_POLICY})


def _named(every: Sequence[SampleMail], name: str) -> SampleMail:
    found = next((specimen for specimen in every if specimen.name == name), None)
    if found is None:
        raise UsageError(f"there is no specimen {name[:40]!r}")
    return found


def _address(session: PreviewSession, name: str, query: str) -> str:
    return f"{session.root}specimens/{name}{query}"


def _links(
    session: PreviewSession, every: Sequence[SampleMail], chosen: SampleMail, choice: Choice
) -> tuple[LinkOption, ...]:
    return tuple(
        LinkOption(link=_address(session, one.name, choice.query()), label=one.name, chosen=one is chosen)
        for one in every
    )


def _view(session: PreviewSession, choice: Choice, name: str, pressed: RenderedMail[Rendering]) -> SpecimenView:
    def link(**changes: object) -> str:
        return _address(session, name, choice.query(**changes))

    printed, in_text = pressed.outcome, choice.show is Show.TEXT
    return SpecimenView(
        version=session.renderer.version,
        name=name,
        subject=printed.subject if printed else "",
        preheader=printed.preheader if printed else "",
        size=len(printed.html.encode()) if printed else 0,
        fault=fault_view(session, choice, pressed, link),
        parts=tuple(
            LinkOption(link=link(show=show), label=SHOWS[show], chosen=in_text is (show is Show.TEXT))
            for show in (Show.HTML, Show.TEXT)
        ),
        looks=looks_view(choice, link),
        frame=f"{session.root}specimen/{name}{choice.query()}" if printed and not in_text else "",
        plain=printed.text if printed and in_text else "",
    )
