"""Tuning: the forms that choose the subscriber and the papers, and edit the profile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from digest.profiles import Profile
from digest.runs.preview.readers import ListingRecord, recent_listings
from digest.runs.subscriptions.profile_editing import owning_file
from digest.subscribers import Owner, Subscriber, Subscription
from digest.web.forms import Values, fields_of, first, read_profile
from digest.web.preview.choice import LISTING, NEW, RECENT, Choice
from digest.web.preview.drafts import packed
from digest.web.preview.session import MAX_LISTED, PreviewedIssue, PreviewSession
from digest.web.preview.views import ChooseView, KeywordRow, Option, TuneView

FREE_ROWS = 2  #: empty rows in the form
LISTINGS = 40  #: listings to choose from


def choose_view(session: PreviewSession, choice: Choice, person: Subscriber) -> ChooseView:
    """Return the form that chooses the subscriber and the papers."""
    people = session.people()
    return ChooseView(
        query=choice.query(),
        people=tuple(people_options(people, person, choice.who)),
        many=len(people) == MAX_LISTED,
        papers=papers_options(session, choice),
        date=choice.date.isoformat() if choice.date else "",
    )


def people_options(people: Sequence[Subscriber], person: Subscriber, who: int) -> Iterator[Option]:
    """Yield the options for the subscriber: a new profile, then the subscribers; always includes the chosen one."""
    listed = people if who == 0 or any(one.number == who for one in people) else [person, *people]
    yield Option(value="0", label="new profile", chosen=who == 0)
    for one in listed:
        yield Option(value=str(one.number), label=named(one), chosen=one.number == who)


def named(person: Subscriber) -> str:
    """Return the name and address of a subscriber in one line."""
    return f"{person.subscription.name} · {person.address}" if person.subscription.name else person.address


def papers_options(session: PreviewSession, choice: Choice) -> tuple[Option, ...]:
    """Return the choices of papers: new ones, recent ones, those of a listing."""
    records = recent_listings(session.store, limit=LISTINGS)
    days = session.settings.issue.max_age_days
    options = {NEW: "papers new to the subscriber", RECENT: f"all papers of the last {days} days"}
    options |= {f"{LISTING}{number}": _listing_label(record) for number, record in records.items()}
    if choice.listing and choice.papers not in options:
        options[choice.papers] = f"listing {choice.listing}"
    return tuple(Option(value=v, label=label, chosen=v == choice.papers) for v, label in options.items())


def _listing_label(record: ListingRecord) -> str:
    day = f"{record.page_date or record.read_at.date()}"
    return f"{record.source}, {day}: {record.papers} papers"


def tune_view(session: PreviewSession, seen: PreviewedIssue) -> TuneView:
    """Return the form that edits the profile."""
    subscription, unsaved = seen.subscriber.subscription, seen.choice.who == 0
    where, note = ("", "This profile is not saved. It exists only in the URL of this page.")
    if not unsaved:
        where, note = _owner(session, seen.subscriber)
    return TuneView(
        fields=fields_of(subscription, seen.wrong_fields),
        rows=tuple(_rows(subscription.profile)),
        unsaved=unsaved,
        saves_to=where,
        owner_note=note,
        undo=session.root + seen.choice.query(draft="", page=1),
    )


def _rows(profile: Profile) -> Iterator[KeywordRow]:
    for keyword in profile.keywords:
        yield KeywordRow(term=keyword.term, weight=f"{keyword.weight:g}", exact=not keyword.acronyms)
    yield from [KeywordRow()] * FREE_ROWS


def _owner(session: PreviewSession, person: Subscriber) -> tuple[str, str]:
    """Return where the profile is saved to, and a note about it."""
    if person.owner is Owner.WEB:
        return "the store", ""
    owned = owning_file(session.settings, person)
    if owned is None:
        return "", f"This profile comes from a file that is no longer in {session.settings.subscribers.folder}."
    return owned[0].name, ""


def tuned(saved: Subscription, values: Values, *, unsaved: bool) -> str:
    """Return the draft of a form; empty when it equals the saved profile."""
    wanted = replace(saved, profile=read_profile(values))
    if unsaved:
        wanted = replace(wanted, address=first(values, "address") or saved.address, name=first(values, "name"))
    return "" if wanted == saved else packed(wanted)
