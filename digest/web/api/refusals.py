"""Refusals of the API, what each operation may answer, and who may ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import Depends, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from digest.profiles import ProfileFault
from digest.runs.operations.operators import Operator, Role, operator_of_token
from digest.runs.transactional.access_links import subscriber_of_link
from digest.subscribers import Subscriber
from digest.web.api.models import ProblemModel
from digest.web.site import ContextDep, RequestContext

_MEANINGS = {
    400: "the request cannot be read",
    401: "a token is missing, wrong or has run out",
    403: "the operator's role does not include this, or the request came from another site",
    404: "there is no such thing, or the token has run out",
    409: "this cannot be done as things stand",
    413: "the body is too large",
    422: "the request does not fit its description",
    429: "too many requests for now",
    503: "the store cannot be used for the moment",
}


class Refusal(Exception):
    """What the caller must change; its text is a sentence."""

    def __init__(self, status: int, error: str, fields: Mapping[str, str] | None = None) -> None:
        self.status, self.fields = status, fields or {}
        super().__init__(error)


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the description of the refusals that an operation may answer with, besides the usual ones."""
    wanted = sorted({400, 403, 413, 422, 503, *statuses})
    return {status: {"model": ProblemModel, "description": _MEANINGS[status]} for status in wanted}


def refuse_faults(faults: Sequence[ProfileFault]) -> None:
    """Raise the refusal that names each fault, if there are any."""
    if faults:
        raise Refusal(422, "some values cannot be used", {fault.field: fault.reason for fault in faults})


_BEARER = HTTPBearer(auto_error=False, description="a token: of a link to manage, or of an operator")
_Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]


def _person(context: ContextDep, credentials: _Credentials) -> Subscriber:
    found = subscriber_of_link(context.site.store, credentials.credentials, context.now) if credentials else None
    if found is None:
        raise Refusal(401, "the token of a link to manage is wanted; POST /manage-links mails one")
    return found


def _operator(context: RequestContext, credentials: HTTPAuthorizationCredentials | None) -> Operator:
    found = operator_of_token(context.site.store, credentials.credentials) if credentials else None
    if found is None:
        raise Refusal(401, "the token of an operator is wanted")
    return found


def _with_role(context: RequestContext, credentials: HTTPAuthorizationCredentials | None, role: Role) -> Operator:
    found = _operator(context, credentials)
    if not found.role.includes(role):
        raise Refusal(403, f"this needs the role {role.value}; yours is {found.role.value}")
    return found


def _reader(context: ContextDep, credentials: _Credentials) -> Operator:
    return _with_role(context, credentials, Role.READ)


def _sender(context: ContextDep, credentials: _Credentials) -> Operator:
    return _with_role(context, credentials, Role.SEND)


def _administrator(context: ContextDep, credentials: _Credentials) -> Operator:
    return _with_role(context, credentials, Role.ADMINISTER)


PersonDep = Annotated[Subscriber, Depends(_person)]
ReaderDep = Annotated[Operator, Depends(_reader)]
SenderDep = Annotated[Operator, Depends(_sender)]
AdministratorDep = Annotated[Operator, Depends(_administrator)]
