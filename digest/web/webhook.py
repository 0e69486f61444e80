"""The webhook for bounces: the provider of a relay posts its bounce events here."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response

from digest.errors import UsageError
from digest.runs.bounces.webhook import is_signed, take_events
from digest.runs.operations.signing_keys import link_keys
from digest.web.site import ContextDep

router = APIRouter(include_in_schema=False)


async def _body(request: Request) -> bytes:
    return await request.body()


@router.post("/webhooks/bounces")
def take_bounces(
    context: ContextDep,
    body: Annotated[bytes, Depends(_body)],
    x_digest_signature: Annotated[str, Header()] = "",
) -> Response:
    """Process events signed with `bounces.webhook_secret`; without that setting there is no such page."""
    secret = context.site.settings.bounces.webhook_secret.get_secret_value()
    if not secret:
        return context.gone()
    if not is_signed(body, x_digest_signature, secret):
        return Response("The signature does not match the body.\n", status_code=403, media_type="text/plain")
    keys = link_keys(context.site.store, context.now)
    try:
        report = take_events(context.site.store, body, keys, context.now)
    except UsageError as error:
        return Response(f"{error}\n", status_code=400, media_type="text/plain")
    return Response(json.dumps(report.as_dict()), media_type="application/json")
