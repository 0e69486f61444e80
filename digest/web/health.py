"""Health and readiness, for proxies and orchestrators; and the static files."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from digest.errors import StoreError
from digest.runs.operations.overview import last_run
from digest.web.site import ContextDep

STALE = timedelta(days=2)  #: when the last run is older, the installation counts as not running
FOR_EVER = "public, max-age=31536000, immutable"
router = APIRouter(include_in_schema=False)


@router.get("/health")
def health() -> Response:
    """Respond while the process runs. The store is not checked, so that a store outage does not restart the process."""
    return PlainTextResponse("ok\n")


@router.get("/ready")
def ready(context: ContextDep) -> Response:
    """Return whether the store can be read, and the last run; status 503 if it cannot or the run is too old."""
    try:
        last = last_run(context.site.store)
    except StoreError as error:
        return JSONResponse({"store": "unreachable", "reason": str(error)}, status_code=503)
    report: dict[str, Any] = {"store": "ok", "last_run": None}
    if last:
        report["last_run"] = {"kind": last.kind, "started": last.started.isoformat(), "ended": _text(last.ended)}
    fresh = last is None or context.now - last.started <= STALE
    return JSONResponse(report, status_code=200 if fresh else 503)


@router.get("/robots.txt")
def robots(request: Request) -> Response:
    """Keep crawlers away from personal pages."""
    root = request.scope["root_path"]
    personal = ("/c/", "/i/", "/m/", "/manage", "/operator", "/p/", "/u/", "/undo/", "/v/")
    return PlainTextResponse("User-agent: *\n" + "".join(f"Disallow: {root}{path}\n" for path in personal))


@router.get("/static/{name}")
def static(context: ContextDep, name: str) -> Response:
    """Return a style sheet, script or image; its name contains a hash of its content, so it can be cached for ever."""
    asset = context.site.pages.assets.get(name)
    if asset is None:
        return context.gone()
    return Response(asset.body, media_type=asset.media_type, headers={"Cache-Control": FOR_EVER})


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
