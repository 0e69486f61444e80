"""The API: an application mounted next to the pages."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from digest import __version__
from digest.errors import ProfileError, StoreError, UsageError
from digest.runs.subscriptions.sign_up import TooManyRequests
from digest.web.api import operator, personal, public
from digest.web.api.refusals import Refusal
from digest.web.guard import BodyTooLarge
from digest.web.heavy_work import TooBusy
from digest.web.site import Site

_log = logging.getLogger(__name__)


def create_api(site: Site) -> FastAPI:
    """Return the API of a site; its description is at /openapi.json below it."""
    api = FastAPI(
        title=f"{site.settings.sender.name}: API",
        version=__version__,
        description="The same actions as the pages, with the same limits. Every error is {error, fields}.",
        docs_url=None,
        redoc_url=None,
    )
    api.state.site = site
    for module in (public, personal, operator):
        api.include_router(module.router)
    _add_failures(api)
    return api


def _add_failures(api: FastAPI) -> None:
    api.add_exception_handler(Refusal, _refused)
    api.add_exception_handler(HTTPException, _http)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(TooManyRequests, _too_many)
    api.add_exception_handler(TooBusy, _too_busy)
    api.add_exception_handler(UsageError, _conflict)
    api.add_exception_handler(ProfileError, _faulty)
    api.add_exception_handler(BodyTooLarge, _too_large)
    api.add_exception_handler(StoreError, _unavailable)


def _problem(status: int, error: str, fields: dict[str, str] | None = None, **headers: str) -> Response:
    document: dict[str, Any] = {"error": error, "fields": fields or {}}
    return JSONResponse(
        document, status_code=status, headers={name.replace("_", "-"): v for name, v in headers.items()}
    )


def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    headers = {"www_authenticate": "Bearer"} if error.status == 401 else {}
    return _problem(error.status, str(error), dict(error.fields), **headers)


def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    response = _problem(error.status_code, str(error.detail))
    response.headers.update(error.headers or {})
    return response


def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = {".".join(map(str, fault["loc"])): str(fault["msg"]) for fault in error.errors()}
    # Parts of the request that are not valid UTF-8 are not repeated.
    fields = {name.encode("utf-8", "replace").decode(): text for name, text in fields.items()}
    return _problem(422, "the request does not match its schema", fields)


def _too_many(_request: Request, error: Exception) -> Response:
    return _problem(429, str(error), retry_after="3600")


def _too_busy(_request: Request, _error: Exception) -> Response:
    return _problem(503, "the server is busy; try again in a moment", retry_after="5")


def _conflict(_request: Request, error: Exception) -> Response:
    return _problem(409, str(error))


def _faulty(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ProfileError)
    return _problem(422, str(error), {error.field: error.reason} if error.field else {})


def _too_large(_request: Request, _error: Exception) -> Response:
    return _problem(413, "the body is too large")


def _unavailable(request: Request, error: Exception) -> Response:
    _log.error("the store cannot be used: %s", error, extra={"action": "api", "path": request.url.path})
    return _problem(503, "the store is not available at the moment", retry_after="30")
