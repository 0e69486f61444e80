"""`digest subscribers`: manage the subscribers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import click

from digest.cli.exits import Exit
from digest.cli.invocation import Invocation, command
from digest.cli.tables import counted, table
from digest.errors import UsageError
from digest.fetching.profile_folder import read_profile_folder
from digest.profile_files import csv_of, json_of, read_table, read_values, write_subscription
from digest.runs.subscriptions import audience as audience
from digest.runs.subscriptions import import_export
from digest.runs.subscriptions.sync import SyncOptions, SyncReport
from digest.runs.subscriptions.sync import sync as run_sync
from digest.subscribers import State, Subscription


@click.group()
def subscribers() -> None:
    """Manage the subscribers."""


@command(group=subscribers, reports=True)
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("--prune", is_flag=True, help="Unsubscribe those whose profile file was deleted.")
@click.option("--prune-all", is_flag=True, help="The same, even for more than a tenth of them (and more than two).")
def sync(invocation: Invocation, dry_run: bool, prune: bool, prune_all: bool) -> None:
    """Load the profile files in the subscribers folder.

    Activates only new addresses. People who unsubscribed stay unsubscribed, whatever their file says. A faulty file is
    reported with line and field, does not affect the others, and makes the command exit with code 1.
    """
    files = read_profile_folder(Path(invocation.settings.subscribers.folder))
    days = invocation.settings.issue.first_issue_days
    options = SyncOptions(first_issue_days=days, prune=prune, prune_all=prune_all, dry_run=dry_run)
    with invocation.store() as store:
        report = run_sync(store, files, options, invocation.now)
    for fault in report.problems:
        invocation.warn(str(fault))
    invocation.show(report.as_dict(), _sync_text(report))
    if report.problems:
        raise SystemExit(Exit.ERROR)


def _sync_text(report: SyncReport) -> str:
    would = "would be " if report.dry_run else ""
    lines = [f"{would}added: {address}" for address in report.added]
    lines += [f"{would}updated: {address}" for address in report.updated]
    lines += [f"{would}active again because the file is back: {address}" for address in report.restored]
    lines += [f"{would}unsubscribed because the file was deleted: {address}" for address in report.pruned]
    lines += [f"not changed: {held.address}: {held.reason}" for held in report.held]
    return "\n".join([*lines, f"{counted(report.files, 'profile file')}, {report.unchanged} unchanged"])


@command(group=subscribers, reports=True)
@click.option("--state", type=click.Choice([str(state) for state in State]), help="Only those in this state.")
def list_(invocation: Invocation, state: str | None) -> None:
    """List the subscribers."""
    with invocation.store() as store:
        people = audience.listed(store, (State(state),) if state else tuple(State))
    rows = [audience.summary(person) for person in people]
    columns = ("address", "state", "owner", "hour", "timezone", "next_due", "keywords")
    shown = [[_cell(row[column]) for column in columns] for row in rows]
    text = table([column.replace("_", " ") for column in columns], shown) if rows else "no subscribers"
    invocation.show({"subscribers": rows}, text)


def _cell(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value or "-")


@command(group=subscribers, reports=True)
@click.argument("email")
def show(invocation: Invocation, email: str) -> None:
    """Show all data about one subscriber.

    Shows the profile, the history of the consent, and the last issues.
    """
    with invocation.store() as store:
        details = audience.details(store, email)
    invocation.show(details.as_dict(), _details_text(details))


def _details_text(details: audience.Details) -> str:
    person = details.subscriber
    lines = [write_subscription(person.subscription).strip(), "", f"state: {person.state}, edited: {person.owner}"]
    lines += [f"next issue: {person.next_due:%Y-%m-%d %H:%M} UTC"] if person.next_due else []
    if details.suppression:
        lines.append(f"suppressed since {details.suppression.since:%Y-%m-%d}: {details.suppression.reason}")
        lines += [f"  {details.suppression.evidence}"] if details.suppression.evidence else []
    lines += ["", "consent:", *(f"  {one.at:%Y-%m-%d %H:%M} {one.state}: {one.cause}" for one in details.history)]
    rows = [f"  {row.issue_date} {row.state} {row.skip or row.last_reply}".rstrip() for row in details.deliveries]
    return "\n".join([*lines, "", "issues:", *(rows or ["  none yet"])])


@command(group=subscribers, reports=True)
@click.argument("email")
@click.option("--name", default="", help="Name in the greeting.")
@click.option("--keyword", "keywords", multiple=True, metavar="TERM[=WEIGHT]", help="A word or phrase; repeatable.")
@click.option("--exclude", multiple=True, metavar="TERM", help="Never pick papers with this term; repeatable.")
@click.option("--author", "authors", multiple=True, metavar="NAME", help="An author to follow; repeatable.")
@click.option("--category", "categories", multiple=True, metavar="NAME", help="A category to follow; repeatable.")
@click.option("--timezone", default="UTC", show_default=True, help="Time zone, such as Europe/Berlin.")
@click.option("--hour", default="07:00", show_default=True, help="Local time of the issue.")
def add(invocation: Invocation, /, email: str, **wanted: Any) -> None:
    """Add a subscriber: write a profile file and activate it.

    By doing so you confirm that the person wants the digest. Edit the file later and run `digest subscribers sync`.
    """
    subscription = _subscription(email, **wanted)
    file = (
        Path(invocation.settings.subscribers.folder) / f"{re.sub(r'[^a-z0-9.-]+', '-', email.lower()).strip('-.')}.toml"
    )
    with invocation.store() as store:
        person = audience.add(store, subscription, file, invocation.settings.issue.first_issue_days, invocation.now)
    text = f"{person.address} is {person.state}; first issue: {person.next_due:%Y-%m-%d %H:%M} UTC\nprofile: {file}"
    invocation.show(audience.summary(person) | {"file": str(file)}, text)


def _subscription(
    email: str, *, keywords: Sequence[str], name: str, timezone: str, hour: str, **wanted: Any
) -> Subscription:
    """Return the subscription of the options, read by the same rules as a profile file."""
    profile = {"keywords": [_keyword(text) for text in keywords], **{key: list(terms) for key, terms in wanted.items()}}
    values = {"address": email, "name": name, "timezone": timezone, "hour": hour, "profile": profile}
    read = read_values(values, lambda _place: None, email)
    if read.subscription is None:
        raise UsageError("\n".join(f"{fault.field}: {fault.reason}" for fault in read.faults))
    return read.subscription


def _keyword(text: str) -> dict[str, Any]:
    term, equals, weight = text.rpartition("=")
    if not equals:
        return {"term": text}
    try:
        return {"term": term, "weight": float(weight)}
    except ValueError as error:
        raise UsageError(f"--keyword {text}: found the weight {weight!r}, expected a number") from error


@command(group=subscribers, reports=True)
@click.argument("email")
@click.option("--erase", is_flag=True, help="Delete all data about the person and never add the address again.")
def remove(invocation: Invocation, email: str, erase: bool) -> None:
    """Unsubscribe someone at once and permanently.

    A remaining profile file does not subscribe them again.
    """
    with invocation.store() as store:
        person = audience.remove(store, email, invocation.now, erase=erase)
    state = "erased" if erase else str(person.state)
    invocation.show({"address": person.address, "state": state}, f"{person.address} is {state}")


_KIND = click.Choice(["csv", "json"])


@command(group=subscribers, reports=True)
@click.argument("file", type=click.File("rb"))
@click.option("--format", "kind", type=_KIND, help="Default: by the file name, else CSV.")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
def import_(invocation: Invocation, file: BinaryIO, kind: str | None, dry_run: bool) -> None:
    """Add subscribers from a CSV or JSON file.

    By doing so you confirm that they want the digest. A CSV file needs only the column address; the other columns have
    the names of the keys of a profile file, and semicolons separate lists in a cell: "learning rate; optimizers=2".
    Known addresses are not changed, and people who unsubscribed stay unsubscribed. A faulty row does not affect the
    others, and makes the command exit with code 1.
    """
    name = Path(file.name).name
    rows = read_table(file.read(), name, kind or _kind(name))
    with invocation.store() as store:
        days = invocation.settings.issue.first_issue_days
        report = import_export.import_subscribers(store, rows, name, days, invocation.now, dry_run=dry_run)
    for fault in report.problems:
        invocation.warn(str(fault))
    invocation.show(report.as_dict(), _import_text(report))
    if report.problems:
        raise SystemExit(Exit.ERROR)


def _kind(name: str) -> str:
    return "json" if name.lower().endswith(".json") else "csv"


def _import_text(report: import_export.ImportReport) -> str:
    would = "would be " if report.dry_run else ""
    lines = [f"{would}added, {state}: {count}" for state, count in report.added.items()]
    lines += [f"already known, not changed: {report.known}"] if report.known else []
    lines += [f"erased on request, not added: {report.erased}"] if report.erased else []
    return "\n".join([*lines, counted(report.rows, "row")])


@command(group=subscribers)
@click.argument("file", type=click.File("w", encoding="utf-8", atomic=True), default="-")
@click.option("--format", "kind", type=_KIND, help="Default: by the file name, else CSV.")
@click.option("--state", type=click.Choice([str(state) for state in State]), help="Only those in this state.")
def export(invocation: Invocation, file: TextIO, kind: str | None, state: str | None) -> None:
    """Write the subscribers to a CSV or JSON file.

    Writes to FILE, or to standard output. `digest subscribers import` reads the result.
    """
    with invocation.store() as store:
        people = import_export.export_subscribers(store, (State(state),) if state else tuple(State))
    file.write(json_of(people) if (kind or _kind(file.name)) == "json" else csv_of(people))
