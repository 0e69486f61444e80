"""Access: the preview session behind the token in the URL, the choice in the query, and the response."""

from __future__ import annotations

import hmac
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import Depends, HTTPException, Request, Response

from digest.errors import UsageError
from digest.web.forms import Values
from digest.web.pages import Frame, Page
from digest.web.preview.choice import Choice, read_choice
from digest.web.preview.session import PreviewSession
from digest.web.preview.views import Place

MAX_FIELDS = 2_000
PART, ADDRESS = (
    "X-Part",
    "X-Address",
)  #: requests only the part of a page that changes; the response header with its URL


def _session(request: Request, token: str) -> PreviewSession:
    """Return the session for the right token. Raise a 404 for any other."""
    session: PreviewSession = request.app.state.session
    if not hmac.compare_digest(token.encode(), session.token.encode()):
        raise HTTPException(404)
    return session


def _choice(request: Request) -> Choice:
    return read_choice(request.query_params)


async def _form(request: Request) -> Values:
    """Return the fields of a form, including empty ones, because rows are identified by their index."""
    body = (await request.body()).decode("utf-8", "replace")
    try:
        return parse_qs(body, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise UsageError(f"the form has more than {MAX_FIELDS} fields") from error


SessionDep = Annotated[PreviewSession, Depends(_session)]
ChoiceDep = Annotated[Choice, Depends(_choice)]
FormDep = Annotated[Any, Depends(_form)]  #: a Values; FastAPI would read a mapping as a JSON body


def place(session: PreviewSession, here: str) -> Place:
    """Return the place of a page in the navigation."""
    return Place(root=session.root, here=here, inbox=session.inbox is not None)


def shown(session: PreviewSession, page: Page, status: int = 200) -> Response:
    """Return the response that shows a page."""
    sender = session.settings.sender
    frame = Frame(language="en", path=session.root, brand=sender.name, postal="", languages=(), linkable=False)
    response = session.pages.response(page, frame)
    response.status_code = status
    return response
