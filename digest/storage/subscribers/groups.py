"""Groups: one profile for several subscribers, shared or as a starting point."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, delete, func, insert, select, update

from digest.profiles import Profile, profile_from_dict
from digest.storage.database import web_schema as tables
from digest.storage.database.bulk import insert_or_ignore
from digest.storage.database.guarded_rows import read_rows
from digest.storage.database.schema import subscribers
from digest.storage.database.transactions import Tx

_g, _m = tables.groups.c, tables.group_members.c


@dataclass(frozen=True, kw_only=True)
class Group:
    """A lab, a course, a reading circle."""

    id: int
    name: str
    profile: Profile
    shared: bool  #: members follow the profile; otherwise they only start from it
    created: datetime
    members: int = 0


def save(tx: Tx, name: str, profile: Profile, *, shared: bool, now: datetime) -> int:
    """Store a group, or change the one of that name; return its id."""
    row = {"profile": profile.as_dict(), "shared": shared}
    changed = update(tables.groups).where(_g.name == name).values(**row).returning(_g.id)
    present: int | None = tx.connection.execute(changed).scalar()
    if present is not None:
        return present
    made: int = tx.connection.execute(
        insert(tables.groups).returning(_g.id), {"name": name, **row, "created": now}
    ).scalar_one()
    return made


def all_of(tx: Tx) -> list[Group]:
    """Return every group with its number of members, by name."""
    return _read(tx)


def by_id(tx: Tx, group: int) -> Group | None:
    """Return one group; None when there is none."""
    return next(iter(_read(tx, _g.id == group)), None)


def of_subscriber(tx: Tx, subscriber: int) -> list[Group]:
    """Return the groups of a subscriber."""
    return _read(tx, _g.id.in_(select(_m.group).where(_m.subscriber == subscriber)))


def add_member(tx: Tx, group: int, subscriber: int, now: datetime) -> None:
    """Add a member; do nothing for one who is a member already."""
    row = {"group": group, "subscriber": subscriber, "joined": now}
    tx.connection.execute(insert_or_ignore(tx, tables.group_members), row)


def remove_member(tx: Tx, group: int, subscriber: int) -> None:
    """Remove a member, if they are one."""
    tx.connection.execute(delete(tables.group_members).where((_m.group == group) & (_m.subscriber == subscriber)))


def members(tx: Tx, group: int) -> list[tuple[int, str]]:
    """Return number and address of each member, by address."""
    query = (
        select(subscribers.c.number, subscribers.c.address)
        .join(tables.group_members, _m.subscriber == subscribers.c.number)
        .where(_m.group == group)
        .order_by(subscribers.c.address)
    )
    return [(number, address) for number, address in tx.connection.execute(query)]


def _read(tx: Tx, condition: object = True) -> list[Group]:
    count = select(func.count()).where(_m.group == _g.id).scalar_subquery()
    query = select(tables.groups, count.label("members")).order_by(_g.name)
    if condition is not True:
        query = query.where(condition)  # type: ignore[arg-type]
    rows = tx.connection.execute(query).mappings()
    return list(read_rows(rows, _group_of, table="groups", key="name"))


def _group_of(row: RowMapping) -> Group:
    return Group(**{**row, "profile": profile_from_dict(row["profile"])})
