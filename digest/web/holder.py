"""The holder of a link to manage: whoever has it may see and change one subscription, for an hour."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from fastapi.responses import RedirectResponse, Response

from digest.runs.access import manager
from digest.subscribers import Subscriber
from digest.web.site import Visit, VisitDep


class Outdated(Exception):
    """The link is wrong or has run out; the visitor is asked for the address to which a fresh one is mailed."""


def _holder(visit: VisitDep, token: str) -> Subscriber:
    found = manager(visit.site.store, token, visit.now)
    if found is None:
        raise Outdated
    return found


HolderDep = Annotated[Subscriber, Depends(_holder)]


def back(visit: Visit, token: str, done: str) -> Response:
    """Gives the answer to a post: the browser is sent to the page itself, so that reloading posts nothing again."""
    return RedirectResponse(visit.link(f"/m/{token}", done=done), status_code=303)
