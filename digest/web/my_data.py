"""The subscriber's own data: votes, reading list, groups, the download of everything, and its deletion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Path, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from digest.references import bibtex, ris
from digest.runs.subscriptions import groups, personal_data, reading_list, votes
from digest.web.forms import first
from digest.web.manage_access import HolderDep, back
from digest.web.pages import Page
from digest.web.site import ContextDep, FormDep

Number = Annotated[int, Path(ge=1, le=2**53)]  #: of a paper or group; databases store no larger one
_LISTS = {
    "reading-list.bib": (bibtex, "application/x-bibtex"),
    "reading-list.ris": (ris, "application/x-research-info-systems"),
}
router = APIRouter(prefix="/m/{token}", include_in_schema=False)


@dataclass(frozen=True, kw_only=True)
class ErasedPage(Page):
    """erased.html"""

    template: ClassVar[str] = "erased.html"


@router.post("/votes/{paper}")
def withdraw_vote(context: ContextDep, person: HolderDep, token: str, paper: Number) -> Response:
    """Withdraw a vote."""
    votes.withdraw(context.site.store, person.number, paper)
    return back(context, token, "votes")


@router.post("/reading/{paper}")
def change_reading(context: ContextDep, person: HolderDep, token: str, paper: Number, values: FormDep) -> Response:
    """Add a paper to the reading list, or remove one."""
    if first(values, "drop"):
        reading_list.remove_paper(context.site.store, person.number, paper)
    else:
        reading_list.save_paper(context.site.store, person.number, paper, context.now)
    return back(context, token, "reading")


@router.post("/groups/{group}/leave")
def leave_group(context: ContextDep, person: HolderDep, token: str, group: Number) -> Response:
    """Leave a group; the profile does not change."""
    groups.leave_group(context.site.store, group, person.number)
    return back(context, token, "groups")


@router.post("/erase")
def erase(context: ContextDep, person: HolderDep, token: str, values: FormDep) -> Response:
    """Delete everything, if the checkbox next to the button is selected."""
    if not first(values, "sure"):
        return back(context, token, "unsure")
    personal_data.erase(context.site.store, person.number, context.now)
    return context.show(ErasedPage(), linkable=False)


@router.get("/{name}")
def download(context: ContextDep, person: HolderDep, name: str) -> Response:
    """Return all data about the subscriber as JSON, or the reading list as BibTeX or RIS."""
    attachment = {"Content-Disposition": f'attachment; filename="{name}"'}
    if name == "my-data.json":
        return JSONResponse(personal_data.everything(context.site.store, person.number), headers=attachment)
    if name not in _LISTS:
        return context.gone()
    write, media_type = _LISTS[name]
    listed = reading_list.saved_papers(context.site.store, person.number)
    return PlainTextResponse(write(listed), media_type=f"{media_type}; charset=utf-8", headers=attachment)
