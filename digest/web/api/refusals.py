"""Refusals of the API, the responses of each operation, and its authorization."""

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
    401: "the token is missing, wrong or has expired",
    403: "the operator's role does not include this, or the request came from another site",
    404: "not found, or the token has expired",
    409: "the current state does not allow this",
    413: "the body is too large",
    422: "the request does not match its schema",
    429: "too many requests; try again later",
    503: "the store is not available at the moment",
}


class Refusal(Exception):
    """A refused request; the text tells the caller what to change."""

    def __init__(self, status: int, error: str, fields: Mapping[str, str] | None = None) -> None:
        self.status, self.fields = status, fields or {}
        super().__init__(error)


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of the refusals of an operation, including the usual ones."""
    wanted = sorted({400, 403, 413, 422, 503, *statuses})
    return {status: {"model": ProblemModel, "description": _MEANINGS[status]} for status in wanted}


def refuse_faults(faults: Sequence[ProfileFault]) -> None:
    """Raise a refusal that names each fault, if there are any."""
    if faults:
        raise Refusal(422, "some values are not valid", {fault.field: fault.reason for fault in faults})


_BEARER = HTTPBearer(auto_error=False, description="the token of a manage link, or of an operator")
_Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]


def _person(context: ContextDep, credentials: _Credentials) -> Subscriber:
    found = subscriber_of_link(context.site.store, credentials.credentials, context.now) if credentials else None
    if found is None:
        raise Refusal(401, "the token of a manage link is required; POST /manage-links sends one by e-mail")
    return found


def _operator(context: RequestContext, credentials: HTTPAuthorizationCredentials | None) -> Operator:
    found = operator_of_token(context.site.store, credentials.credentials) if credentials else None
    if found is None:
        raise Refusal(401, "the token of an operator is required")
    return found


def _with_role(context: RequestContext, credentials: HTTPAuthorizationCredentials | None, role: Role) -> Operator:
    found = _operator(context, credentials)
    if not found.role.includes(role):
        raise Refusal(403, f"this requires the role {role.value}; yours is {found.role.value}")
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
