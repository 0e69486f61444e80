"""The web application: all pages of one site behind the guard."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

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
from digest.web.base_path import BasePath, route_path
from digest.web.guard import BodyTooLarge, Guard
from digest.web.heavy_work import TooBusy
from digest.web.manage_access import LinkExpired
from digest.web.pages import Pages
from digest.web.sample_issue import SampleIssueCache
from digest.web.site import Keys, RequestContext, Site

API_ROOT = "/api/v1"
OPEN_PAGES = ("/", "/archive", "/subscribe")  #: that search engines may index
_log = logging.getLogger(__name__)


def create_app(store: Store, settings: Settings, *, clock: Callable[[], datetime], wake: Callable[[], None]) -> FastAPI:
    """Return the application for one store. `wake` is called when a page may have put an e-mail into the outbox."""
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
        sample_issues=SampleIssueCache(live_preview),
        keys=Keys(store, clock()),
    )
    app.state.site = site
    app.mount(API_ROOT, create_api(site))
    for module in (home, signup, links, manage, my_data, operator, health, metrics, webhook):
        app.include_router(module.router)
    _add_failures(app)
    url = urlsplit(settings.web.url)
    origins = [f"{url.scheme}://{url.netloc}"] if url.netloc else []
    app.add_middleware(Guard, origins=origins, open_pages=OPEN_PAGES)
    app.add_middleware(BasePath, url=settings.web.url)
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.web.trusted_proxies))
    return app


def _add_failures(app: FastAPI) -> None:
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(TooManyRequests, _too_many)
    app.add_exception_handler(TooBusy, _too_busy)
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
    if route_path(request.scope).startswith(API_ROOT):  # a URL with a line break does not reach the API itself
        return JSONResponse({"error": "not found", "fields": {}}, status_code=status)
    context = _context(request)
    if status == 404:
        text = context.translate("Perhaps the link was cut off.")
        return context.fail(404, context.translate("Page not found"), text)
    allow = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    return PlainTextResponse(f"{status}\n", status_code=status, headers=allow)


def _not_understood(request: Request, _error: Exception) -> Response:
    context = _context(request)
    return context.fail(
        400, context.translate("We could not read your request"), context.translate("Please go back and try again.")
    )


def _too_many(request: Request, _error: Exception) -> Response:
    context = _context(request)
    text = context.translate(
        "Your network, or all visitors together, sent too many requests. Please try again in an hour."
    )
    response = context.fail(429, context.translate("Too many requests"), text)
    response.headers["Retry-After"] = "3600"
    return response


def _too_busy(request: Request, _error: Exception) -> Response:
    context = _context(request)
    heading = context.translate("The server is busy")
    response = context.fail(503, heading, context.translate("Please try again in a moment."))
    response.headers["Retry-After"] = "5"
    return response


def _outdated(request: Request, _error: Exception) -> Response:
    return manage.link_expired(_context(request))


def _too_large(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse("The request is too large.\n", status_code=413)


def _hung_up(_request: Request, _error: Exception) -> Response:
    return Response(status_code=400)  # nobody reads it


def _unavailable(request: Request, error: Exception) -> Response:
    _log.error("the store cannot be used: %s", error, extra={"action": "web", "path": request.url.path})
    busy = isinstance(error, StoreBusy)
    return PlainTextResponse(
        "Please try again in a moment.\n", status_code=503, headers={"Retry-After": "5" if busy else "60"}
    )


def _broken(request: Request, error: Exception) -> Response:
    _log.error("a page failed", exc_info=error, extra={"action": "web", "path": request.url.path})
    return PlainTextResponse("Something went wrong. The error has been logged.\n", status_code=500)
