"""The holder of a manage link: they can see and change one subscription for an hour."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from fastapi.responses import RedirectResponse, Response

from digest.runs.transactional.access_links import subscriber_of_link
from digest.subscribers import Subscriber
from digest.web.site import ContextDep, RequestContext


class LinkExpired(Exception):
    """The link is wrong or has expired; the page offers to send a new one."""


def _holder(context: ContextDep, token: str) -> Subscriber:
    found = subscriber_of_link(context.site.store, token, context.now)
    if found is None:
        raise LinkExpired
    return found


HolderDep = Annotated[Subscriber, Depends(_holder)]


def back(context: RequestContext, token: str, done: str) -> Response:
    """Return the response to a POST: a redirect to the page, so that reloading does not post again."""
    return RedirectResponse(context.link(f"/m/{token}", done=done), status_code=303)
