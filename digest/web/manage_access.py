"""The holder of a link to manage: whoever has it may see and change one subscription, for an hour."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from fastapi.responses import RedirectResponse, Response

from digest.runs.transactional.access_links import subscriber_of_link
from digest.subscribers import Subscriber
from digest.web.site import ContextDep, RequestContext


class LinkExpired(Exception):
    """The link is wrong or has run out; the visitor is asked for the address to which a fresh one is mailed."""


def _holder(context: ContextDep, token: str) -> Subscriber:
    found = subscriber_of_link(context.site.store, token, context.now)
    if found is None:
        raise LinkExpired
    return found


HolderDep = Annotated[Subscriber, Depends(_holder)]


def back(context: RequestContext, token: str, done: str) -> Response:
    """Return the answer to a post: the browser is sent to the page itself, so that reloading posts nothing again."""
    return RedirectResponse(context.link(f"/m/{token}", done=done), status_code=303)
