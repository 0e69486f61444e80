"""The webhook for bounces: what a relay's provider posts when mail comes back to it instead of to us.

The body is JSON, one or more events, each with the envelope sender of the mail that it is about:

    {"events": [{"kind": "bounce", "sender": "digest+TOKEN@example.org", "status": "5.1.1", "words": "550 no user"},
                {"kind": "complaint", "sender": "digest+TOKEN@example.org"}]}

and is signed: the header X-Digest-Signature holds the HMAC-SHA256 of the body, in hexadecimal, with the key of
`bounces.webhook_secret`. Each provider's own format is a few lines away from this one.
"""

from __future__ import annotations

import hmac
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from digest.errors import UsageError
from digest.reports import MailKind, MailReport, RecipientReport, tokens_in
from digest.runs.bounces.process import BounceReport, Effect, act_on
from digest.signed_links import Keyring
from digest.storage import Store

MAX_EVENTS = 1000


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Return whether the signature is that of the body; never with an empty secret."""
    wanted = hmac.new(secret.encode(), body, sha256).hexdigest()
    return bool(secret) and hmac.compare_digest(wanted.encode(), signature.strip().lower().encode())


def take_events(store: Store, body: bytes, keyring: Keyring, now: datetime) -> BounceReport:
    """Return what the events of a signed body led to. Raise UsageError when it is not of the form above."""
    effects: Counter[Effect] = Counter()
    for report in list(_reports(body)):
        with store.transaction() as tx:
            effects[act_on(tx, report, keyring, now)] += 1
    return BounceReport(effects=effects)


def _reports(body: bytes) -> Iterator[MailReport]:
    try:
        events = json.loads(body)["events"]
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError('the body is not JSON of the form {"events": [...]}') from error
    if not isinstance(events, list) or len(events) > MAX_EVENTS:
        raise UsageError(f'"events" is not a list of at most {MAX_EVENTS}')
    for place, event in enumerate(events):
        if not isinstance(event, dict) or event.get("kind") not in (MailKind.BOUNCE, MailKind.COMPLAINT):
            raise UsageError(f'events[{place}]: "kind" is neither "bounce" nor "complaint"')
        yield _report(event)


def _report(event: Mapping[str, Any]) -> MailReport:
    words = str(event.get("words", ""))
    status = str(event["status"]) if event.get("status") else None
    recipient = RecipientReport(address="", action="failed", status=status, words=words)
    return MailReport(
        kind=MailKind(event["kind"]),
        addressed=tokens_in(str(event.get("sender", ""))),
        recipients=(recipient,) if event["kind"] == MailKind.BOUNCE else (),
        words=words,
    )
