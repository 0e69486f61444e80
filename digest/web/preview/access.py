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
from digest.web.preview.desk import Desk
from digest.web.preview.views import Place

MOST_FIELDS = 2_000
PART, ADDRESS = "X-Part", "X-Address"  #: asks for the part of a page that changes; says at which address it stands


def _desk(request: Request, token: str) -> Desk:
    """Gives the desk to who knows the token; for everybody else there is nothing here."""
    desk: Desk = request.app.state.desk
    if not hmac.compare_digest(token.encode(), desk.token.encode()):
        raise HTTPException(404)
    return desk


def _choice(request: Request) -> Choice:
    return read_choice(request.query_params)


async def _form(request: Request) -> Values:
    """Gives the fields of a form; those left empty too, for rows are told apart by their place."""
    body = (await request.body()).decode("utf-8", "replace")
    try:
        return parse_qs(body, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise UsageError(f"the form has more than {MOST_FIELDS} fields") from error


DeskDep = Annotated[Desk, Depends(_desk)]
ChoiceDep = Annotated[Choice, Depends(_choice)]
FormDep = Annotated[Any, Depends(_form)]  #: a Values; FastAPI would read a mapping as a JSON body


def place(desk: Desk, here: str) -> Place:
    """Gives where a page stands."""
    return Place(root=desk.root, here=here, inbox=desk.inbox is not None)


def shown(desk: Desk, page: Page, status: int = 200) -> Response:
    """Gives the answer that shows a page."""
    sender = desk.settings.sender
    frame = Frame(language="en", path=desk.root, brand=sender.name, postal="", languages=(), linkable=False)
    response = desk.pages.response(page, frame)
    response.status_code = status
    return response
