"""What belongs to the holder of a subscription: votes, reading list, groups, and everything that is known of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Path, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from digest.references import bibtex, ris
from digest.runs import feedback, personal_data
from digest.storage import groups, papers, reading_lists
from digest.web.forms import first
from digest.web.holder import HolderDep, back
from digest.web.pages import Page
from digest.web.site import FormDep, VisitDep

Number = Annotated[int, Path(ge=1, le=2**53)]  #: of a paper or group; no database takes more
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
def withdraw_vote(visit: VisitDep, person: HolderDep, token: str, paper: Number) -> Response:
    """Takes a vote back."""
    feedback.withdraw(visit.site.store, person.number, paper)
    return back(visit, token, "votes")


@router.post("/reading/{paper}")
def change_reading(visit: VisitDep, person: HolderDep, token: str, paper: Number, values: FormDep) -> Response:
    """Puts a paper of a past issue on the reading list, or takes one off."""
    with visit.site.store.transaction() as tx:
        if first(values, "drop"):
            reading_lists.drop(tx, person.number, paper)
        elif papers.by_numbers(tx, [paper]):
            reading_lists.put(tx, person.number, paper, visit.now)
    return back(visit, token, "reading")


@router.post("/groups/{group}/leave")
def leave_group(visit: VisitDep, person: HolderDep, token: str, group: Number) -> Response:
    """Leaves a group; the profile stays as it is."""
    with visit.site.store.transaction() as tx:
        groups.leave(tx, group, person.number)
    return back(visit, token, "groups")


@router.post("/erase")
def erase(visit: VisitDep, person: HolderDep, token: str, values: FormDep) -> Response:
    """Removes everything, once the box beside the button is ticked."""
    if not first(values, "sure"):
        return back(visit, token, "unsure")
    personal_data.erase(visit.site.store, person.number, visit.now)
    return visit.show(ErasedPage(), linkable=False)


@router.get("/{name}")
def download(visit: VisitDep, person: HolderDep, name: str) -> Response:
    """Gives everything known about the reader as JSON, or the reading list as BibTeX or RIS."""
    attachment = {"Content-Disposition": f'attachment; filename="{name}"'}
    if name == "my-data.json":
        return JSONResponse(personal_data.everything(visit.site.store, person.number), headers=attachment)
    if name not in _LISTS:
        return visit.gone()
    write, media_type = _LISTS[name]
    with visit.site.store.reading() as tx:
        listed = reading_lists.of_subscriber(tx, person.number)
    return PlainTextResponse(write(listed), media_type=f"{media_type}; charset=utf-8", headers=attachment)
