"""The application: all pages of one site behind the guard."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from digest import __version__
from digest.errors import StoreBusy, StoreError
from digest.fetching.templates import load_templates
from digest.rendering import Press
from digest.runs.compose import masthead
from digest.runs.outlook import Outlook
from digest.runs.subscribe import TooMany
from digest.settings import Settings
from digest.storage import Store, secrets
from digest.web import belongings, health, home, links, manage, metrics, operator, signup, webhook
from digest.web.api import create_api
from digest.web.guard import BodyTooLarge, Guard
from digest.web.holder import Outdated
from digest.web.pages import Pages
from digest.web.sample import Showcase
from digest.web.site import Keys, Site, Visit

API_ROOT = "/api/v1"
OPEN_PAGES = ("/", "/archive", "/subscribe")  #: that search engines may keep
_log = logging.getLogger(__name__)


def create_app(store: Store, settings: Settings, *, clock: Callable[[], datetime], wake: Callable[[], None]) -> FastAPI:
    """Gives the application for one store. `wake` is called when a page may have left a letter to be sent."""
    templates = load_templates(settings.templates.folder)
    with store.transaction() as tx:
        secrets.keyring(tx, clock())
    app = FastAPI(title=settings.sender.name, version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    outlook = Outlook(store)
    site = Site(
        store=store,
        settings=settings,
        clock=clock,
        wake=wake,
        pages=Pages(templates, settings.templates.theme),
        press=Press.load(templates, masthead(settings.sender), settings.templates.theme),
        outlook=outlook,
        showcase=Showcase(outlook),
        keys=Keys(store, clock()),
    )
    app.state.site = site
    app.mount(API_ROOT, create_api(site))
    for room in (home, signup, links, manage, belongings, operator, health, metrics, webhook):
        app.include_router(room.router)
    _add_failures(app)
    origins = [settings.web.url.rstrip("/")] if settings.web.url else []
    app.add_middleware(Guard, origins=origins, open_pages=OPEN_PAGES)
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.web.trusted_proxies))
    return app


def _add_failures(app: FastAPI) -> None:
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(TooMany, _too_many)
    app.add_exception_handler(Outdated, _outdated)
    app.add_exception_handler(BodyTooLarge, _too_large)
    app.add_exception_handler(ClientDisconnect, _hung_up)
    app.add_exception_handler(StoreError, _unavailable)
    app.add_exception_handler(Exception, _broken)


def _visit(request: Request) -> Visit:
    site: Site = request.app.state.site
    return Visit(site=site, request=request, now=site.clock())


def _refused(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 400
    if request.url.path.startswith(API_ROOT):  # an address with a line break in it does not reach the API itself
        return JSONResponse({"error": "there is no such thing", "fields": {}}, status_code=status)
    visit = _visit(request)
    if status == 404:
        text = visit.translate("Perhaps the address was cut off on its way.")
        return visit.fail(404, visit.translate("There is no such page"), text)
    allow = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    return PlainTextResponse(f"{status}\n", status_code=status, headers=allow)


def _not_understood(request: Request, _error: Exception) -> Response:
    visit = _visit(request)
    return visit.fail(400, visit.translate("This cannot be read"), visit.translate("Please go back and try again."))


def _too_many(request: Request, _error: Exception) -> Response:
    visit = _visit(request)
    text = visit.translate("Too many requests came from your network or over all. Please try again in an hour.")
    response = visit.fail(429, visit.translate("One moment, please"), text)
    response.headers["Retry-After"] = "3600"
    return response


def _outdated(request: Request, _error: Exception) -> Response:
    return manage.outdated(_visit(request))


def _too_large(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse("That is too much at a time.\n", status_code=413)


def _hung_up(_request: Request, _error: Exception) -> Response:
    return Response(status_code=400)  # nobody is there to read it, and half a form is no form


def _unavailable(request: Request, error: Exception) -> Response:
    _log.error("the store cannot be used: %s", error, extra={"action": "web", "path": request.url.path})
    busy = isinstance(error, StoreBusy)
    return PlainTextResponse(
        "Please try again in a moment.\n", status_code=503, headers={"Retry-After": "5" if busy else "60"}
    )


def _broken(request: Request, error: Exception) -> Response:
    _log.error("a page failed", exc_info=error, extra={"action": "web", "path": request.url.path})
    return PlainTextResponse("Something went wrong here; it has been noted.\n", status_code=500)
