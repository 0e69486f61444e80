"""The statements that run for every message: the intent before its final dot, the mark after the answer.

They are written out, one statement for a whole group and one JSON value as its argument: composed afresh for each
group they would cost more than everything else that the sending of a message takes.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import TextClause, and_, bindparam, select, text, update

from digest.deliveries import Attempt, DeliveryState, Outcome, retry_pause
from digest.storage import schema
from digest.storage.bulk import chunks
from digest.storage.columns import Instant
from digest.storage.paper_rows import storable
from digest.storage.store import Tx

MAX_REPLY = 500  #: characters of a server's answer that are kept
INTENT_LEASE = timedelta(minutes=30)  #: longer than anybody waits for an answer to the final dot

_d = schema.deliveries.c
_ON_SQLITE = {
    "ids": "SELECT value FROM json_each(:given)",
    "answers": """SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS at,
        json_extract(value, '$[2]') AS code, json_extract(value, '$[3]') AS status,
        json_extract(value, '$[4]') AS reply, json_extract(value, '$[5]') AS stage,
        json_extract(value, '$[6]') AS relay FROM json_each(:given)""",
}
_ON_POSTGRESQL = {
    "ids": "SELECT value::bigint FROM json_array_elements_text(CAST(:given AS json)) AS listed (value)",
    "answers": """SELECT (value->>0)::bigint AS id, (value->>1)::timestamptz AS at, (value->>2)::int AS code,
        value->>3 AS status, value->>4 AS reply, value->>5 AS stage, value->>6 AS relay
        FROM json_array_elements(CAST(:given AS json)) AS listed (value)""",
}
_INTEND = """
UPDATE deliveries SET state = 'sending', lease_until = :until
WHERE id IN ({ids}) AND state = 'claimed' AND lease_owner = :owner AND lease_until > :now
AND EXISTS (
  SELECT 1 FROM subscribers WHERE subscribers.number = deliveries.subscriber AND subscribers.state = 'active'
  AND NOT EXISTS (
    SELECT 1 FROM suppressions
    WHERE suppressions.address_key = subscribers.address_key AND suppressions.lifted_at IS NULL
  )
)
RETURNING id
"""
_MARK_SENT = """
UPDATE deliveries SET state = 'sent', attempts = attempts + 1, lease_until = NULL, sent_at = given.at,
  last_code = given.code, last_status = given.status, last_reply = given.reply, last_stage = given.stage,
  relay = given.relay
FROM ({answers}) AS given
WHERE deliveries.id = given.id AND lease_owner = :owner AND state IN ('claimed', 'sending', 'unknown')
RETURNING deliveries.id
"""


def _statement(sql: str, parts: Mapping[str, str]) -> TextClause:
    times = [bindparam(name, type_=Instant()) for name in ("now", "until") if f":{name}" in sql]
    return text(sql.format(**parts)).bindparams(*times)


_intend = {True: _statement(_INTEND, _ON_POSTGRESQL), False: _statement(_INTEND, _ON_SQLITE)}
_mark_sent = {True: _statement(_MARK_SENT, _ON_POSTGRESQL), False: _statement(_MARK_SENT, _ON_SQLITE)}


def intend(tx: Tx, owner: str, deliveries: Collection[int], now: datetime) -> frozenset[int]:
    """Gives those rows whose message may be finished now; once committed, they are `sending`.

    A row is among them only when the lease still holds, the subscription is still active and the address is not
    suppressed. For any other, drop the connection before the final dot.
    """
    if not deliveries:
        return frozenset()
    values = {"given": json.dumps(sorted(deliveries)), "owner": owner, "now": now, "until": now + INTENT_LEASE}
    return frozenset(tx.connection.execute(_intend[tx.on_postgresql], values).scalars())


def mark(tx: Tx, owner: str, attempts: Sequence[Attempt]) -> frozenset[int]:
    """Records what the attempts came to, and gives the rows that took it.

    A row takes it while `owner` holds it, and also once it is `unknown`: a late answer overrides the doubt.
    """
    sent = [_answer(attempt) for attempt in attempts if attempt.outcome is Outcome.SENT]
    took: set[int] = set()
    if sent:
        values = {"given": json.dumps(sent), "owner": owner}
        took.update(tx.connection.execute(_mark_sent[tx.on_postgresql], values).scalars())
    if len(sent) < len(attempts):
        took |= _mark_unsent(tx, owner, [attempt for attempt in attempts if attempt.outcome is not Outcome.SENT])
    return frozenset(took)


def _answer(attempt: Attempt) -> tuple[object, ...]:
    at = attempt.at.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    reply = storable(attempt.reply)[:MAX_REPLY]
    return attempt.delivery, at, attempt.code, attempt.status, reply, attempt.stage, attempt.relay


def _mark_unsent(tx: Tx, owner: str, attempts: Sequence[Attempt]) -> set[int]:
    mine = _markable(tx, owner, [attempt.delivery for attempt in attempts])
    rows = [_marked(attempt, mine[attempt.delivery]) for attempt in attempts if attempt.delivery in mine]
    if rows:
        values: dict[str, Any] = {name.removeprefix("new_"): bindparam(name) for name in rows[0] if name != "marked"}
        tx.connection.execute(update(schema.deliveries).where(_d.id == bindparam("marked")).values(values), rows)
    return set(mine)


def _markable(tx: Tx, owner: str, deliveries: Iterable[int]) -> dict[int, int]:
    """Gives the attempts made before, of each row that may be marked."""
    states = [DeliveryState.CLAIMED.value, DeliveryState.SENDING.value, DeliveryState.UNKNOWN.value]
    found: dict[int, int] = {}
    for chunk in chunks(sorted(deliveries)):
        mine = and_(_d.id.in_(chunk), _d.lease_owner == owner, _d.state.in_(states))
        rows = tx.connection.execute(select(_d.id, _d.attempts).where(mine).order_by(_d.id).with_for_update())
        found |= {row.id: row.attempts for row in rows}
    return found


def _marked(attempt: Attempt, attempts_before: int) -> dict[str, Any]:
    attempts = attempts_before + 1
    return {
        "marked": attempt.delivery,
        "new_state": attempt.outcome.state.value,
        "new_attempts": attempts,
        "new_next_attempt": attempt.at + retry_pause(attempts),
        "new_lease_until": None,
        "new_last_code": attempt.code,
        "new_last_status": attempt.status,
        "new_last_reply": storable(attempt.reply)[:MAX_REPLY],
        "new_last_stage": attempt.stage,
        "new_relay": attempt.relay,
    }
