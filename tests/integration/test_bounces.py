"""Bounces: what mails that came back do to a subscription, and what forged ones do not."""

from __future__ import annotations

import base64
import hmac
import json
import threading
from dataclasses import replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from digest.deliveries import Attempt, Outcome
from digest.errors import FetchError, UsageError
from digest.fetching.mailboxes import read_maildir
from digest.periodic_tasks import PeriodicTask, TaskContext, periodic_tasks
from digest.runs.bounces.process import Effect, lift, process_mail, read_mailbox, record_expired, record_refusals
from digest.runs.bounces.webhook import is_signed, take_events
from digest.runs.delivery.deliver import Compose
from digest.settings import BouncesSettings, Settings
from digest.signed_links import Keyring, LinkClaim, Purpose, verp_form
from digest.storage import Store
from digest.storage.database import secrets
from digest.storage.delivery import ledger, plans
from digest.storage.papers import papers
from digest.storage.subscribers import bounces, consent, subscribers, suppressions
from digest.storage.subscribers.consent import Change
from digest.subscribers import State, Subscriber
from tests.unit.storage.samples import NOW, TODAY, paper, plan, subscribed

SAMPLES = Path(__file__).parents[1] / "data" / "reports"
RING = Keyring(keys=(b"k" * 32,))
STRANGER = Keyring(keys=(b"s" * 32,))
SAMPLE_TOKEN = b"abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnop"
SAMPLE_LEAVE = b"zzzzzzzzijklmnopqrstuvwxyz234567abcdefghijklmnop"


def token(delivery: int, purpose: Purpose = Purpose.BOUNCE, ring: Keyring = RING, issued: date = TODAY) -> str:
    return verp_form(ring.sign(LinkClaim(purpose=purpose, delivery=delivery, issued=issued)))


def sample(name: str, delivery: int, ring: Keyring = RING, issued: date = TODAY) -> bytes:
    """Return the sample mail with tokens for a delivery in place of those that it stands with."""
    data = (SAMPLES / f"{name}.eml").read_bytes()
    data = data.replace(SAMPLE_TOKEN, token(delivery, ring=ring, issued=issued).encode())
    data = data.replace(SAMPLE_LEAVE.upper(), token(delivery, Purpose.UNSUBSCRIBE, ring).upper().encode())
    return data.replace(SAMPLE_LEAVE, token(delivery, Purpose.UNSUBSCRIBE, ring).encode())


@pytest.fixture
def ada(store: Store) -> Subscriber:
    with store.ingesting(wait=1) as tx:
        papers.add(tx, [paper()])
    return subscribed(store, "ada")[0]


def send(store: Store, person: Subscriber, day: date = TODAY) -> int:
    """Return the ledger row of an issue for that day."""
    with store.transaction() as tx:
        present = subscribers.by_numbers(tx, [person.number])[person.number]
        return plans.enter(tx, [plan(present, day)], NOW).planned[person.number]


def state(store: Store, person: Subscriber) -> State:
    with store.reading() as tx:
        return subscribers.by_numbers(tx, [person.number])[person.number].state


@pytest.mark.parametrize(
    ("name", "effect", "after"),
    [
        ("postfix-no-such-user", Effect.SUPPRESSED, State.BOUNCED),
        ("exchange-recipient-not-found", Effect.SUPPRESSED, State.BOUNCED),
        ("delivered-to-names-the-token", Effect.SUPPRESSED, State.BOUNCED),
        ("complaint", Effect.SUPPRESSED, State.BOUNCED),
        ("gmail-mailbox-full", Effect.COUNTED, State.ACTIVE),
        ("postfix-two-recipients", Effect.COUNTED, State.ACTIVE),
        ("no-action-and-no-status", Effect.SUPPRESSED, State.BOUNCED),
        ("leave-with-automatic-marks", Effect.UNSUBSCRIBED, State.UNSUBSCRIBED),
        ("free-text-no-such-person", Effect.SUPPRESSED, State.BOUNCED),
        ("general-status-user-unknown", Effect.SUPPRESSED, State.BOUNCED),
        ("delivered-after-all", Effect.IGNORED, State.ACTIVE),
        ("blocked-by-a-list", Effect.IGNORED, State.ACTIVE),
        ("complaint-with-the-message-attached", Effect.SUPPRESSED, State.BOUNCED),
        ("postfix-delayed", Effect.IGNORED, State.ACTIVE),
        ("status-only-in-the-diagnostic", Effect.IGNORED, State.ACTIVE),
        ("not-spam-feedback", Effect.IGNORED, State.ACTIVE),
        ("away", Effect.IGNORED, State.ACTIVE),
        ("away-without-rfc-3834", Effect.IGNORED, State.ACTIVE),
        ("wish-to-leave", Effect.UNSUBSCRIBED, State.UNSUBSCRIBED),
        ("upper-case-token", Effect.UNSUBSCRIBED, State.UNSUBSCRIBED),
        ("forged-without-a-token", Effect.UNPROVED, State.ACTIVE),
        ("binary-rubbish", Effect.UNPROVED, State.ACTIVE),
    ],
)
def test_what_a_mail_leads_to(store: Store, ada: Subscriber, name: str, effect: Effect, after: State) -> None:
    row = send(store, ada)
    assert process_mail(store, sample(name, row), RING, NOW) is effect
    assert state(store, ada) is after


def test_the_task_reads_the_mailbox_that_the_settings_name_and_leaves_nothing_unread(
    store: Store, ada: Subscriber, tmp_path: Path
) -> None:
    unread = tmp_path / "bounces" / "new"
    for name in ("cur", "new", "tmp"):
        (tmp_path / "bounces" / name).mkdir(parents=True)
    with store.transaction() as tx:
        keys = secrets.keyring(tx, NOW)
    (unread / "1.host").write_bytes(sample("postfix-no-such-user", send(store, ada), keys))
    context = TaskContext(
        store=store,
        settings=Settings(),
        composer=never_composed,
        folder=tmp_path,
        profile_files=dict,
        stop=threading.Event(),
    )
    _bounces(context).work(NOW)  # no mailbox is configured
    assert (state(store, ada), len(list(unread.iterdir()))) == (State.ACTIVE, 1)
    settings = Settings(bounces=BouncesSettings(maildir=str(tmp_path / "bounces")))
    _bounces(replace(context, settings=settings)).work(NOW)
    assert (state(store, ada), list(unread.iterdir())) == (State.BOUNCED, [])


def _bounces(context: TaskContext) -> PeriodicTask:
    return next(task for task in periodic_tasks(context) if task.name == "bounces")


def never_composed(_now: datetime) -> Compose:
    raise AssertionError("reading bounces composes nothing")


@pytest.mark.parametrize("name", ["postfix-no-such-user", "complaint", "wish-to-leave"])
def test_a_forged_token_changes_nothing(store: Store, ada: Subscriber, name: str) -> None:
    row = send(store, ada)
    assert process_mail(store, sample(name, row, STRANGER), RING, NOW) is Effect.UNPROVED
    assert state(store, ada) is State.ACTIVE


def test_a_token_past_its_time_changes_nothing(store: Store, ada: Subscriber) -> None:
    row = send(store, ada)
    old = sample("postfix-no-such-user", row, issued=NOW.date() - timedelta(days=31))
    assert process_mail(store, old, RING, NOW) is Effect.UNPROVED


def test_a_token_for_another_purpose_proves_nothing(store: Store, ada: Subscriber) -> None:
    row = send(store, ada)
    mail = (SAMPLES / "wish-to-leave.eml").read_bytes().replace(SAMPLE_LEAVE, token(row).encode())
    assert process_mail(store, mail, RING, NOW) is Effect.UNPROVED


def test_the_evidence_of_a_suppression_is_kept(store: Store, ada: Subscriber) -> None:
    row = send(store, ada)
    process_mail(store, sample("postfix-no-such-user", row), RING, NOW)
    with store.reading() as tx:
        (found,) = suppressions.holding(tx)
        assert found.reason == "hard bounce"
        assert "550 5.1.1 <ada@example.com>" in found.evidence
        assert consent.history(tx, ada.number)[-1].cause == "hard bounce 5.1.1"


def test_a_report_that_is_read_twice_counts_once(store: Store, ada: Subscriber) -> None:
    mail = sample("gmail-mailbox-full", send(store, ada))
    assert [process_mail(store, mail, RING, NOW) for _ in range(9)] == [Effect.COUNTED, *[Effect.KNOWN] * 8]


def test_soft_bounces_suppress_only_when_they_persist(store: Store, ada: Subscriber) -> None:
    effects = []
    for day in range(6):
        at = NOW + timedelta(days=day)
        effects.append(process_mail(store, sample("gmail-mailbox-full", send(store, ada, at.date())), RING, at))
        if effects[-1] is Effect.SUPPRESSED:
            break
    assert effects == [*[Effect.COUNTED] * 4, Effect.SUPPRESSED]


def test_soft_bounces_once_a_week_never_suppress(store: Store, ada: Subscriber) -> None:
    for week in range(30):
        at = NOW + timedelta(weeks=week)
        row = send(store, ada, at.date())
        mail = sample("gmail-mailbox-full", row, issued=at.date())
        assert process_mail(store, mail, RING, at) is Effect.COUNTED


def test_a_suppression_that_is_lifted_forgives_what_was_before(store: Store, ada: Subscriber) -> None:
    process_mail(store, sample("postfix-no-such-user", send(store, ada)), RING, NOW)
    assert lift(store, ada.address, NOW + timedelta(hours=1))
    assert not lift(store, ada.address, NOW + timedelta(hours=1))
    assert state(store, ada) is State.ACTIVE
    later = NOW + timedelta(days=1)
    row = send(store, ada, later.date())
    assert process_mail(store, sample("gmail-mailbox-full", row), RING, later) is Effect.COUNTED
    assert state(store, ada) is State.ACTIVE


def test_one_who_left_stays_gone_when_their_mail_bounces(store: Store, ada: Subscriber) -> None:
    row = send(store, ada)
    with store.transaction() as tx:
        consent.set_state(tx, ada.number, Change(state=State.UNSUBSCRIBED, cause="link"), NOW)
    assert process_mail(store, sample("postfix-no-such-user", row), RING, NOW) is Effect.SUPPRESSED
    assert state(store, ada) is State.UNSUBSCRIBED
    assert process_mail(store, sample("wish-to-leave", row), RING, NOW) is Effect.KNOWN


@pytest.mark.parametrize(
    ("status", "stage", "after"),
    [
        pytest.param("5.1.1", "rcpt", State.BOUNCED, id="no-such-user"),
        pytest.param("5.2.2", "rcpt", State.ACTIVE, id="mailbox-full"),
        pytest.param("5.7.1", "dot", State.ACTIVE, id="about-us"),
        pytest.param("5.1.7", "mail", State.ACTIVE, id="our-address"),
        pytest.param(None, "rcpt", State.ACTIVE, id="no-status"),
    ],
)
def test_a_refusal_at_sending_counts_like_a_bounce(
    store: Store, ada: Subscriber, status: str | None, stage: str, after: State
) -> None:
    attempt = Attempt(
        delivery=send(store, ada), outcome=Outcome.FAILED, at=NOW, code=550, status=status, reply="no", stage=stage
    )
    with store.transaction() as tx:
        record_refusals(tx, [attempt], NOW)
        kinds = [bounce.kind for bounce in bounces.of_subscriber(tx, ada.number)]
    assert state(store, ada) is after
    assert len(kinds) == (stage == "rcpt")


def expired_after(store: Store, person: Subscriber, day: date, refusal: Attempt) -> list[int]:
    """Return the row of an issue that was refused for now until the next one replaced it."""
    row = send(store, person, day)
    with store.transaction() as tx:
        ledger.claim(tx, "a", NOW, lease=timedelta(minutes=5), limit=9)
        ledger.mark(tx, "a", [refusal._replace(delivery=row)])
        return [row]


@pytest.mark.parametrize(
    ("code", "status", "reply", "suppressed"),
    [
        (452, "4.2.2", "4.2.2 mailbox full", True),
        (452, None, "the mailbox is over quota", True),
        (452, "4.3.1", "4.3.1 insufficient system storage", False),
        (451, None, "try again later", False),
        (450, "4.7.1", "4.7.1 your network is blocked", False),
    ],
    ids=["full", "full in words", "their disk", "nothing said", "about us"],
)
def test_a_mailbox_that_is_full_for_days_is_suppressed(
    store: Store, ada: Subscriber, code: int, status: str | None, reply: str, suppressed: bool
) -> None:
    refusal = Attempt(delivery=0, outcome=Outcome.DEFERRED, at=NOW, code=code, status=status, reply=reply, stage="rcpt")
    for days in range(8):
        if state(store, ada) is State.ACTIVE:
            expired = expired_after(store, ada, TODAY + timedelta(days=days), refusal)
            with store.transaction() as tx:
                record_expired(tx, expired, NOW + timedelta(days=days))
    assert (state(store, ada) is State.BOUNCED) is suppressed


def test_a_complaint_whose_original_is_in_base64_is_one(store: Store, ada: Subscriber) -> None:
    row = send(store, ada)
    original = f"Return-Path: <digest+{token(row)}@example.org>\r\nSubject: 5 papers\r\n\r\nHello\r\n"
    data = (SAMPLES / "complaint-with-a-base64-original.eml").read_bytes()
    start, end = data.index(b"base64\r\n\r\n") + 10, data.rindex(b"\r\n--b9--")
    complaint = data[:start] + base64.encodebytes(original.encode()) + data[end:]
    assert process_mail(store, complaint, RING, NOW) is Effect.SUPPRESSED
    assert state(store, ada) is State.BOUNCED


def leave_mail(delivery: int) -> bytes:
    return f"To: digest+{token(delivery, Purpose.UNSUBSCRIBE)}@example.org\r\nSubject: unsubscribe\r\n\r\n".encode()


NESTED = b"To: digest@example.org\n" + b"Content-Type: message/rfc822\n\n" * 1500 + b"x\n"


@pytest.mark.parametrize("obstacle", ["nested", "folder", "erased"])
def test_one_mail_that_cannot_be_acted_on_stops_no_other(
    store: Store, ada: Subscriber, tmp_path: Path, obstacle: str
) -> None:
    [bob] = subscribed(store, "bob")
    (tmp_path / "new").mkdir()
    first = tmp_path / "new" / "1"
    if obstacle == "folder":
        first.mkdir()
    elif obstacle == "nested":
        first.write_bytes(NESTED)
    else:
        first.write_bytes(leave_mail(send(store, bob)))
        with store.transaction() as tx:
            consent.erase(tx, bob.number, NOW)
    (tmp_path / "new" / "2").write_bytes(leave_mail(send(store, ada)))
    report = read_mailbox(store, read_maildir(tmp_path), RING, NOW)
    expected = Effect.IGNORED if obstacle == "erased" else Effect.UNREADABLE
    assert report.effects == {expected: 1, Effect.UNSUBSCRIBED: 1}
    assert state(store, ada) is State.UNSUBSCRIBED
    assert not list((tmp_path / "new").iterdir())


def test_a_nested_mail_to_the_unsubscribe_address_unsubscribes(store: Store, ada: Subscriber) -> None:
    to = token(send(store, ada), Purpose.UNSUBSCRIBE).encode()
    assert process_mail(store, NESTED.replace(b"digest@", b"digest+" + to + b"@"), RING, NOW) is Effect.UNSUBSCRIBED


def test_a_maildir_is_read_once(store: Store, ada: Subscriber, tmp_path: Path) -> None:
    new = tmp_path / "new"
    new.mkdir()
    row = send(store, ada)
    for name in ("wish-to-leave", "away", "postfix-delayed"):
        (new / f"{name}.host").write_bytes(sample(name, row))
    report = read_mailbox(store, read_maildir(tmp_path), RING, NOW)
    assert (report.effects[Effect.UNSUBSCRIBED], report.effects[Effect.IGNORED]) == (1, 2)
    assert read_mailbox(store, read_maildir(tmp_path), RING, NOW).effects.total() == 0
    assert sorted(path.name for path in (tmp_path / "cur").iterdir()) == [
        "away.host:2,S",
        "postfix-delayed.host:2,S",
        "wish-to-leave.host:2,S",
    ]


def test_a_folder_that_is_no_maildir_is_named(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="new/"):
        list(read_maildir(tmp_path / "nothing"))


class TestWebhook:
    def test_signed_events_act_like_mails(self, store: Store, ada: Subscriber) -> None:
        sender = f"digest+{token(send(store, ada))}@example.org"
        body = json.dumps({"events": [{"kind": "bounce", "sender": sender, "status": "5.1.1", "words": "no"}]}).encode()
        assert is_signed(body, hmac.new(b"key", body, sha256).hexdigest(), "key")
        assert take_events(store, body, RING, NOW).effects == {Effect.SUPPRESSED: 1}
        assert state(store, ada) is State.BOUNCED

    def test_an_event_without_a_token_of_ours_changes_nothing(self, store: Store, ada: Subscriber) -> None:
        body = json.dumps({"events": [{"kind": "complaint", "sender": "digest@example.org"}]}).encode()
        assert take_events(store, body, RING, NOW).effects == {Effect.UNPROVED: 1}

    @pytest.mark.parametrize(("signature", "secret"), [("", "key"), ("0" * 64, "key"), ("ü", "key")])
    def test_an_unsigned_body_is_not_ours(self, signature: str, secret: str) -> None:
        assert not is_signed(b"{}", signature, secret)

    def test_without_a_secret_nothing_is_signed(self) -> None:
        assert not is_signed(b"{}", hmac.new(b"", b"{}", sha256).hexdigest(), "")

    @pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"events": 1}', b'{"events": [1]}', b'{"events": [{}]}'])
    def test_a_body_of_another_form_is_refused(self, store: Store, body: bytes) -> None:
        with pytest.raises(UsageError):
            take_events(store, body, RING, NOW)
