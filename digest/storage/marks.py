"""The statements that run for every message: the intent before its final dot, the mark after the answer.

They are written out, one statement for a whole group and one JSON value as its argument: composed afresh for each
group they would cost more than everything else that the sending of a message takes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, select, update

from digest.deliveries import Attempt, DeliveryState, Outcome, retry_pause
from digest.storage import schema
from digest.storage.bulk import chunks
from digest.storage.paper_rows import storable
from digest.storage.store import Store, Tx

MAX_REPLY = 500  #: characters of a server's answer that are kept
INTENT_LEASE = timedelta(minutes=30)  #: longer than anybody waits for an answer to the final dot

_d = schema.deliveries.c
_ON_SQLITE = {
    "ids": "SELECT value FROM json_each(:given)",
    "answers": """SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS at,
        json_extract(value, '$[2]') AS code, json_extract(value, '$[3]') AS status,
        json_extract(value, '$[4]') AS reply, json_extract(value, '$[5]') AS stage,
        json_extract(value, '$[6]') AS relay FROM json_each(:given)""",
    "owner": ":owner",
    "now": ":now",
    "until": ":until",
}
_ON_POSTGRESQL = {
    "ids": "SELECT value::bigint FROM json_array_elements_text(%(given)s::json) AS listed (value)",
    "answers": """SELECT (value->>0)::bigint AS id, (value->>1)::timestamptz AS at, (value->>2)::int AS code,
        value->>3 AS status, value->>4 AS reply, value->>5 AS stage, value->>6 AS relay
        FROM json_array_elements(%(given)s::json) AS listed (value)""",
    "owner": "%(owner)s",
    "now": "%(now)s::timestamptz",
    "until": "%(until)s::timestamptz",
}
_INTEND = """
UPDATE deliveries SET state = 'sending', lease_until = {until}
WHERE id IN ({ids}) AND state = 'claimed' AND lease_owner = {owner} AND lease_until > {now}
AND NOT EXISTS (SELECT 1 FROM flags WHERE flags.name = 'hold')
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
WHERE deliveries.id = given.id AND lease_owner = {owner} AND state IN ('claimed', 'sending', 'unknown')
RETURNING deliveries.id
"""
_SQL = {
    on_postgresql: (_INTEND.format(**parts), _MARK_SENT.format(**parts))
    for on_postgresql, parts in ((False, _ON_SQLITE), (True, _ON_POSTGRESQL))
}
Run = Callable[[str, Mapping[str, str]], Iterable[int]]  # executes a statement, gives the ids that it returns


def intend(tx: Tx, owner: str, deliveries: Collection[int], now: datetime) -> frozenset[int]:
    """Gives those rows whose message may be finished now; once committed, they are `sending`.

    A row is among them only when the lease still holds, the subscription is still active, the address is not
    suppressed and the operator does not hold everything. For any other, drop the connection before the final dot.
    """
    return frozenset(_intend(_runner(tx), tx.on_postgresql, owner, deliveries, now))


def mark(tx: Tx, owner: str, attempts: Sequence[Attempt]) -> frozenset[int]:
    """Records what the attempts came to, and gives the rows that took it.

    A row takes it while `owner` holds it, and also once it is `unknown`: a late answer overrides the doubt.
    """
    sent = [attempt for attempt in attempts if attempt.outcome is Outcome.SENT]
    unsent = [attempt for attempt in attempts if attempt.outcome is not Outcome.SENT]
    took = set(_mark_sent(_runner(tx), tx.on_postgresql, owner, sent))
    return frozenset(took | _mark_unsent(tx, owner, unsent))


class Recorder:
    """Writes marks and intents over a connection of its own, one durable commit for a group.

    The connection is the driver's: a group is two statements of a few microseconds, and the layers between would cost
    more than they. One thread at a time.
    """

    def __init__(self, store: Store, owner: str) -> None:
        self._store, self._owner = store, owner
        self._connection = store.driver_connection()

    def record(self, sent: Sequence[Attempt], intents: Collection[int], now: datetime) -> set[int]:
        """Marks these as sent, and gives those of `intents` that hold. Raises StoreError; then nothing was written."""
        cursor, on_postgresql = self._connection.cursor(), self._store.on_postgresql

        def run(sql: str, values: Mapping[str, str]) -> list[int]:
            cursor.execute(sql, values)
            return [row[0] for row in cursor.fetchall()]

        with self._store.turn(), self._store.named_errors():
            try:
                if not on_postgresql:
                    cursor.execute("BEGIN IMMEDIATE")
                _mark_sent(run, on_postgresql, self._owner, sent)
                held = set(_intend(run, on_postgresql, self._owner, intents, now))
                self._connection.commit()
            except BaseException:
                self._connection.rollback()
                raise
            finally:
                cursor.close()
        return held

    def close(self) -> None:
        """Gives the connection back."""
        self._connection.close()


def _runner(tx: Tx) -> Run:
    return lambda sql, values: tx.connection.exec_driver_sql(sql, dict(values)).scalars()


def _intend(run: Run, on_postgresql: bool, owner: str, deliveries: Collection[int], now: datetime) -> Iterable[int]:
    if not deliveries:
        return ()
    times = {"now": _moment(now), "until": _moment(now + INTENT_LEASE)}
    return run(_SQL[on_postgresql][0], {"given": json.dumps(sorted(deliveries)), "owner": owner, **times})


def _mark_sent(run: Run, on_postgresql: bool, owner: str, sent: Sequence[Attempt]) -> Iterable[int]:
    if not sent:
        return ()
    given = json.dumps([_answer(attempt) for attempt in sent])
    return run(_SQL[on_postgresql][1], {"given": given, "owner": owner})


def _moment(at: datetime) -> str:
    """Gives a time as SQLite's columns hold it; PostgreSQL reads it in the time zone of our sessions, which is UTC."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")


def _answer(attempt: Attempt) -> tuple[object, ...]:
    reply = storable(attempt.reply)[:MAX_REPLY]
    return attempt.delivery, _moment(attempt.at), attempt.code, attempt.status, reply, attempt.stage, attempt.relay


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
