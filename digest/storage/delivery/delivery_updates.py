"""The statements that run for every message: the intent before its final dot, the mark after the answer.

They are written out: composed afresh for each group they would cost more than everything else that the sending of a
message takes. On SQLite each row is a statement, which is the cheapest there; on PostgreSQL a whole group is one,
because there each statement is a round trip.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, select, update

from digest.deliveries import TRANSITIONS, Attempt, DeliveryState, Outcome, retry_pause, states_before
from digest.storage.database import schema
from digest.storage.database.bulk import chunks
from digest.storage.database.transactions import Store, Tx
from digest.storage.papers.paper_rows import storable

MAX_REPLY = 500  #: characters of a server's answer that are kept
INTENT_LEASE = timedelta(minutes=30)  #: longer than anybody waits for an answer to the final dot

_d = schema.deliveries.c
_ANSWER = ("at", "code", "status", "reply", "stage", "relay")
# By place, which is found sooner than by name: `_intents` and `_marks` have the values in the order of the statements.
_STATES = {
    f"before_{state}": ", ".join(f"'{before}'" for before in states_before(state))
    for state in (DeliveryState.SENDING, DeliveryState.SENT)
}
_ON_SQLITE = {"answers": "", **_STATES, **dict.fromkeys(("these", "id", "owner", "now", "until", *_ANSWER), "?")}
_ON_POSTGRESQL = {
    **_STATES,
    "these": "ANY(%(ids)s::bigint[])",
    "answers": """FROM json_to_recordset(%(given)s::json) AS given
        (id bigint, at timestamptz, code int, status text, reply text, stage text, relay text)""",
    "id": "given.id AND deliveries.id = ANY(%(ids)s::bigint[])",
    "owner": "%(owner)s",
    "now": "%(now)s::timestamptz",
    "until": "%(until)s::timestamptz",
    **{name: f"given.{name}" for name in _ANSWER},
}
_INTEND = """
UPDATE deliveries SET state = 'sending', lease_until = {until}
WHERE id = {these} AND state IN ({before_sending}) AND lease_owner = {owner} AND lease_until > {now}
AND NOT EXISTS (SELECT 1 FROM flags WHERE flags.name = 'hold')
AND EXISTS (
  SELECT 1 FROM subscribers WHERE subscribers.number = deliveries.subscriber AND subscribers.state = 'active'
  AND NOT EXISTS (
    SELECT 1 FROM suppressions
    WHERE suppressions.address_key = subscribers.address_key AND suppressions.lifted_at IS NULL
  )
)
"""
_MARK_SENT = """
UPDATE deliveries SET state = 'sent', attempts = attempts + 1, lease_until = NULL, sent_at = {at},
  last_code = {code}, last_status = {status}, last_reply = {reply}, last_stage = {stage}, relay = {relay}
{answers}
WHERE deliveries.id = {id} AND lease_owner = {owner} AND state IN ({before_sent})
"""  # two states: of a longer list, SQLite makes a table each time
_INTEND_ROW, _MARK_ROW = _INTEND.format(**_ON_SQLITE), _MARK_SENT.format(**_ON_SQLITE)
_RETURNING = "RETURNING deliveries.id"
_SQL = {
    on_postgresql: (_INTEND.format(**parts) + _RETURNING, _MARK_SENT.format(**parts) + _RETURNING)
    for on_postgresql, parts in ((False, _ON_SQLITE), (True, _ON_POSTGRESQL))
}
_Row = tuple[Any, ...]
Values = dict[str, Any] | _Row  # by name on PostgreSQL, by place on SQLite
Run = Callable[[str, Values], Iterable[int]]  # executes a statement, gives the ids that it returns


def intend(tx: Tx, owner: str, deliveries: Collection[int], now: datetime) -> frozenset[int]:
    """Return those rows whose message may be finished now; once committed, they are `sending`.

    A row is among them only when the lease still holds, the subscription is still active, the address is not
    suppressed and the operator does not hold everything. For any other, drop the connection before the final dot.
    """
    return frozenset(_intend(_runner(tx), tx.on_postgresql, owner, deliveries, now))


def mark(tx: Tx, owner: str, attempts: Sequence[Attempt]) -> frozenset[int]:
    """Record the outcome of the attempts; return the rows that were marked.

    A row is marked while `owner` holds it, and also once it is `unknown`: a late answer overrides the doubt.
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
        self._cursor = self._connection.cursor()

    def record(self, sent: Sequence[Attempt], intents: Collection[int], now: datetime) -> set[int]:
        """Mark these as sent, and return those of `intents` that hold. Raise StoreError; then nothing was written."""
        write = self._write_groups if self._store.on_postgresql else self._write_rows
        with self._store.exclusive_writes():
            try:
                held = write(sent, intents, now)
                self._connection.commit()
            except BaseException:
                self._connection.rollback()
                raise
        return held

    def _write_groups(self, sent: Sequence[Attempt], intents: Collection[int], now: datetime) -> set[int]:
        _mark_sent(self._run, True, self._owner, sent)
        return set(_intend(self._run, True, self._owner, intents, now))

    def _write_rows(self, sent: Sequence[Attempt], intents: Collection[int], now: datetime) -> set[int]:
        """Write all rows of a kind at once: SQLite then only says how many took it, which is nearly always all."""
        marks = _marks(self._owner, sent)
        self._begin(marks)
        if not intents:
            return set()
        self._cursor.executemany(_INTEND_ROW, _intents(self._owner, intents, now))
        if self._cursor.rowcount == len(intents):
            return set(intents)
        self._connection.rollback()
        self._begin(marks)
        return set(_intend(self._run, False, self._owner, intents, now))

    def _begin(self, marks: Sequence[_Row]) -> None:
        self._cursor.execute("BEGIN IMMEDIATE")
        self._cursor.executemany(_MARK_ROW, marks)

    def _run(self, sql: str, values: Values) -> Iterable[int]:
        self._cursor.execute(sql, values)
        return [row[0] for row in self._cursor.fetchall()]

    def close(self) -> None:
        """Return the connection to the pool."""
        self._cursor.close()
        self._connection.close()


def _runner(tx: Tx) -> Run:
    return lambda sql, values: tx.connection.exec_driver_sql(sql, values).scalars()


def _intend(run: Run, on_postgresql: bool, owner: str, deliveries: Collection[int], now: datetime) -> list[int]:
    wanted = sorted(deliveries)
    given: Sequence[Values] = _intents_in_one(owner, wanted, now) if on_postgresql else _intents(owner, wanted, now)
    return [held for these in given for held in run(_SQL[on_postgresql][0], these)]


def _mark_sent(run: Run, on_postgresql: bool, owner: str, sent: Sequence[Attempt]) -> list[int]:
    given: Sequence[Values] = _marks_in_one(owner, sent) if on_postgresql else _marks(owner, sent)
    return [took for these in given for took in run(_SQL[on_postgresql][1], these)]


def _intents(owner: str, deliveries: Iterable[int], now: datetime) -> list[_Row]:
    at, until = _moment(now), _moment(now + INTENT_LEASE)
    return [(until, delivery, owner, at) for delivery in deliveries]


def _marks(owner: str, sent: Iterable[Attempt]) -> list[_Row]:
    return [(*_answer(attempt), attempt.delivery, owner) for attempt in sent]


def _intents_in_one(owner: str, deliveries: Sequence[int], now: datetime) -> list[dict[str, Any]]:
    times = {"now": _moment(now), "until": _moment(now + INTENT_LEASE)}
    return [{"ids": _array(deliveries), "owner": owner, **times}] if deliveries else []


def _marks_in_one(owner: str, sent: Sequence[Attempt]) -> list[dict[str, Any]]:
    """Return the rows as one statement takes them; no statement when there are none.

    The ids stand in an array as well: PostgreSQL expects few rows of it and uses the index; of JSON it expects a
    hundred, and reads the whole of a small ledger.
    """
    names = (*_ANSWER, "id")
    rows = [dict(zip(names, (*_answer(attempt), attempt.delivery), strict=True)) for attempt in sent]
    ids = _array(attempt.delivery for attempt in sent)
    return [{"owner": owner, "ids": ids, "given": json.dumps(rows)}] if rows else []


def _array(ids: Iterable[int]) -> str:
    return f"{{{','.join(map(str, ids))}}}"


def _moment(at: datetime) -> str:
    """Return a time as SQLite's columns hold it; PostgreSQL reads it in the time zone of our sessions, which is UTC."""
    return (at if at.tzinfo is UTC else at.astimezone(UTC)).isoformat(" ", "microseconds").removesuffix("+00:00")


def _answer(attempt: Attempt) -> tuple[Any, ...]:
    """Return the values of `_ANSWER`. The stage as a plain string: SQLite's driver looks long for what another is."""
    reply = storable(attempt.reply)[:MAX_REPLY]
    return _moment(attempt.at), attempt.code, attempt.status, reply, str(attempt.stage), attempt.relay


def _mark_unsent(tx: Tx, owner: str, attempts: Sequence[Attempt]) -> set[int]:
    mine = _held(tx, owner, [attempt.delivery for attempt in attempts])
    taken = [a for a in attempts if a.delivery in mine and a.outcome.state in TRANSITIONS[mine[a.delivery].state]]
    rows = [_marked(attempt, mine[attempt.delivery].attempts) for attempt in taken]
    if rows:
        values: dict[str, Any] = {name.removeprefix("new_"): bindparam(name) for name in rows[0] if name != "marked"}
        tx.connection.execute(update(schema.deliveries).where(_d.id == bindparam("marked")).values(values), rows)
    return {attempt.delivery for attempt in taken}


class _HeldRow(NamedTuple):
    state: DeliveryState
    attempts: int  #: made before


def _held(tx: Tx, owner: str, deliveries: Iterable[int]) -> dict[int, _HeldRow]:
    """Return the rows that the owner holds, locked."""
    found: dict[int, _HeldRow] = {}
    for chunk in chunks(sorted(deliveries)):
        mine = and_(_d.id.in_(chunk), _d.lease_owner == owner)
        rows = tx.connection.execute(select(_d.id, _d.state, _d.attempts).where(mine).order_by(_d.id).with_for_update())
        found |= {row.id: _HeldRow(DeliveryState(row.state), row.attempts) for row in rows}
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
