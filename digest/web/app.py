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
from digest.rendering import MailRenderer
from digest.runs.issues.compose import masthead
from digest.runs.matching.live_preview import LivePreview
from digest.runs.subscriptions.sign_up import TooManyRequests
from digest.settings import Settings
from digest.storage import Store
from digest.web import health, home, links, manage, metrics, my_data, operator, signup, webhook
from digest.web.api import create_api
from digest.web.guard import BodyTooLarge, Guard
from digest.web.manage_access import LinkExpired
from digest.web.pages import Pages
from digest.web.sample_issue import Showcase
from digest.web.site import Keys, RequestContext, Site

API_ROOT = "/api/v1"
OPEN_PAGES = ("/", "/archive", "/subscribe")  #: that search engines may keep
_log = logging.getLogger(__name__)


def create_app(store: Store, settings: Settings, *, clock: Callable[[], datetime], wake: Callable[[], None]) -> FastAPI:
    """Return the application for one store. `wake` is called when a page may have left a letter to be sent."""
    templates = load_templates(settings.templates.folder)
    app = FastAPI(title=settings.sender.name, version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    live_preview = LivePreview(store, settings.issue)
    site = Site(
        store=store,
        settings=settings,
        clock=clock,
        wake=wake,
        pages=Pages(templates, settings.templates.theme),
        renderer=MailRenderer.load(templates, masthead(settings.sender), settings.templates.theme),
        live_preview=live_preview,
        showcase=Showcase(live_preview),
        keys=Keys(store, clock()),
    )
    app.state.site = site
    app.mount(API_ROOT, create_api(site))
    for room in (home, signup, links, manage, my_data, operator, health, metrics, webhook):
        app.include_router(room.router)
    _add_failures(app)
    origins = [settings.web.url.rstrip("/")] if settings.web.url else []
    app.add_middleware(Guard, origins=origins, open_pages=OPEN_PAGES)
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.web.trusted_proxies))
    return app


def _add_failures(app: FastAPI) -> None:
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(TooManyRequests, _too_many)
    app.add_exception_handler(LinkExpired, _outdated)
    app.add_exception_handler(BodyTooLarge, _too_large)
    app.add_exception_handler(ClientDisconnect, _hung_up)
    app.add_exception_handler(StoreError, _unavailable)
    app.add_exception_handler(Exception, _broken)


def _context(request: Request) -> RequestContext:
    site: Site = request.app.state.site
    return RequestContext(site=site, request=request, now=site.clock())


def _refused(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 400
    if request.url.path.startswith(API_ROOT):  # an address with a line break in it does not reach the API itself
        return JSONResponse({"error": "there is no such thing", "fields": {}}, status_code=status)
    context = _context(request)
    if status == 404:
        text = context.translate("Perhaps the address was cut off on its way.")
        return context.fail(404, context.translate("There is no such page"), text)
    allow = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    return PlainTextResponse(f"{status}\n", status_code=status, headers=allow)


def _not_understood(request: Request, _error: Exception) -> Response:
    context = _context(request)
    return context.fail(
        400, context.translate("This cannot be read"), context.translate("Please go back and try again.")
    )


def _too_many(request: Request, _error: Exception) -> Response:
    context = _context(request)
    text = context.translate("Too many requests came from your network or over all. Please try again in an hour.")
    response = context.fail(429, context.translate("One moment, please"), text)
    response.headers["Retry-After"] = "3600"
    return response


def _outdated(request: Request, _error: Exception) -> Response:
    return manage.outdated(_context(request))


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
