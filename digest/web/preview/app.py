"""The application of the preview: its pages behind the guard and behind a token in the URL."""

from __future__ import annotations

import logging

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import PlainTextResponse

from digest import __version__
from digest.errors import DigestError, StoreError, UsageError
from digest.web.guard import Guard
from digest.web.pages import Asset
from digest.web.preview import inbox, pages, sample_mail_pages
from digest.web.preview.access import place, shown
from digest.web.preview.session import PreviewSession
from digest.web.preview.views import TroublePage

_FOR_EVER = "public, max-age=31536000, immutable"
_log = logging.getLogger(__name__)


def create_preview(session: PreviewSession) -> FastAPI:
    """Return the application; every URL starts with `session.root`."""
    app = FastAPI(title="Preview", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.session = session
    app.add_api_route("/static/{name}", _asset, include_in_schema=False)
    for module in (pages, sample_mail_pages, inbox):
        app.include_router(module.router, prefix="/{token}")
    app.add_exception_handler(DigestError, _in_trouble)
    app.add_exception_handler(HTTPException, _refused)
    app.add_middleware(Guard)
    return app


def _asset(request: Request, name: str) -> Response:
    asset: Asset | None = request.app.state.session.pages.assets.get(name)
    if asset is None:
        raise HTTPException(404)
    return Response(asset.body, media_type=asset.media_type, headers={"Cache-Control": _FOR_EVER})


def _in_trouble(request: Request, error: Exception) -> Response:
    session: PreviewSession = request.app.state.session
    status = 400 if isinstance(error, UsageError) else 503 if isinstance(error, StoreError) else 500
    _log.warning("%s", error, extra={"action": "preview", "status": status})
    return shown(session, TroublePage(place=place(session, ""), reason=str(error)), status)


def _refused(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 400
    text = "Page not found. Use the whole URL that `digest preview` printed, including its token.\n"
    return PlainTextResponse(text if status == 404 else f"{status}\n", status_code=status)
