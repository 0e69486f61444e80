"""Access: the desk for who knows the token, the choice in the address, and how a page is shown."""

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

MOST_FIELDS = 2_000
PART, ADDRESS = "X-Part", "X-Address"  #: asks for the part of a page that changes; says at which address it stands


def _session(request: Request, token: str) -> PreviewSession:
    """Return the desk to who knows the token; for everybody else there is nothing here."""
    session: PreviewSession = request.app.state.session
    if not hmac.compare_digest(token.encode(), session.token.encode()):
        raise HTTPException(404)
    return session


def _choice(request: Request) -> Choice:
    return read_choice(request.query_params)


async def _form(request: Request) -> Values:
    """Return the fields of a form; those left empty too, for rows are told apart by their place."""
    body = (await request.body()).decode("utf-8", "replace")
    try:
        return parse_qs(body, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise UsageError(f"the form has more than {MOST_FIELDS} fields") from error


SessionDep = Annotated[PreviewSession, Depends(_session)]
ChoiceDep = Annotated[Choice, Depends(_choice)]
FormDep = Annotated[Any, Depends(_form)]  #: a Values; FastAPI would read a mapping as a JSON body


def place(session: PreviewSession, here: str) -> Place:
    """Return where a page stands."""
    return Place(root=session.root, here=here, inbox=session.inbox is not None)


def shown(session: PreviewSession, page: Page, status: int = 200) -> Response:
    """Return the answer that shows a page."""
    sender = session.settings.sender
    frame = Frame(language="en", path=session.root, brand=sender.name, postal="", languages=(), linkable=False)
    response = session.pages.response(page, frame)
    response.status_code = status
    return response
