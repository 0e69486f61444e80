"""Operators: their tokens, and the sessions that a token opens in the browser."""

from __future__ import annotations

from datetime import datetime, timedelta

from digest.errors import UsageError
from digest.runs.subscriptions.sign_up import TooManyRequests
from digest.runs.transactional.access_links import new_token, token_hash
from digest.storage import Store
from digest.storage.subscribers import operators, sign_ups
from digest.storage.subscribers.operators import Operator, Role
from digest.storage.subscribers.sign_ups import Use

SESSION = timedelta(hours=12)
LOGINS = 20  #: attempts that a network has per hour

__all__ = [
    "SESSION",
    "Operator",
    "Role",
    "add_operator",
    "all_operators",
    "operator_of_session",
    "operator_of_token",
    "revoke_operator",
    "sign_in",
    "sign_out",
]


def add_operator(store: Store, name: str, role: Role, now: datetime) -> str:
    """Add an operator, or give an existing one this role and a new token; return the token.

    The store keeps only its hash.
    """
    token = new_token()
    with store.transaction() as tx:
        operators.add(tx, name, role, token_hash(token), now)
    return token


def all_operators(store: Store) -> list[Operator]:
    """Return every operator by name, including the revoked ones."""
    with store.reading() as tx:
        return operators.all_of(tx)


def revoke_operator(store: Store, name: str, now: datetime) -> None:
    """End an operator's token and sessions. Raise UsageError when no operator of that name has a token."""
    with store.transaction() as tx:
        if not operators.revoke(tx, name, now):
            raise UsageError(f"there is no operator {name!r} with a token")


def operator_of_token(store: Store, token: str) -> Operator | None:
    """Return the operator with this token; None for a wrong or revoked one."""
    with store.reading() as tx:
        return operators.by_token(tx, token_hash(token))


def operator_of_session(store: Store, session: str, now: datetime) -> Operator | None:
    """Return the operator of a session that has not ended."""
    with store.reading() as tx:
        return operators.by_session(tx, token_hash(session), now)


def sign_in(store: Store, token: str, network: str, now: datetime) -> str | None:
    """Open a session for the operator with this token and return its secret; None for a wrong token.

    Raise TooManyRequests when the network has used up its attempts.
    """
    session = new_token()
    attempts = Use(name=f"login:{network}", limit=LOGINS, period=timedelta(hours=1))
    with store.transaction() as tx:
        if not sign_ups.take(tx, [attempts], now):
            raise TooManyRequests("too many attempts to sign in")
        operator = operators.by_token(tx, token_hash(token))
        if operator is None:
            return None
        operators.open_session(tx, operator.id, token_hash(session), now + SESSION)
    return session


def sign_out(store: Store, session: str) -> None:
    """End a session, if it is open."""
    with store.transaction() as tx:
        operators.close_session(tx, token_hash(session))
