"""Health and readiness, for proxies and orchestrators; and the static files."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from digest.errors import StoreError
from digest.runs.operations.overview import last_run
from digest.web.site import ContextDep

STALE = timedelta(days=2)  #: a run longer ago than that means that nobody runs it
FOR_EVER = "public, max-age=31536000, immutable"
router = APIRouter(include_in_schema=False)


@router.get("/health")
def health() -> Response:
    """Say that the process answers; looks at nothing else, so that a store that is down does not restart it."""
    return PlainTextResponse("ok\n")


@router.get("/ready")
def ready(context: ContextDep) -> Response:
    """Return whether the store can be read, and how the last run went: 503 when not, or when it is too long ago."""
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
def robots() -> Response:
    """Keep crawlers away from everything that is personal."""
    personal = ("/c/", "/i/", "/m/", "/manage", "/operator", "/p/", "/u/", "/undo/", "/v/")
    return PlainTextResponse("User-agent: *\n" + "".join(f"Disallow: {path}\n" for path in personal))


@router.get("/static/{name}")
def static(context: ContextDep, name: str) -> Response:
    """Return a style sheet, script or drawing; its name changes with its content, so that it can be kept for ever."""
    asset = context.site.pages.assets.get(name)
    if asset is None:
        return context.gone()
    return Response(asset.body, media_type=asset.media_type, headers={"Cache-Control": FOR_EVER})


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
