"""Limits: rates, breakers, relays with shares and warm-up, holding, and a first share that is watched."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import timedelta

import pytest

from digest.deliveries import Attempt, DeliveryState, Outcome
from digest.errors import MessageError
from digest.messages import Message
from digest.runs.delivery.circuit_breaker import CircuitBreakers
from digest.runs.delivery.deliver import deliver, hold, release
from digest.runs.delivery.paper_cache import PaperCache
from digest.runs.delivery.queue import DeliveryLedger
from digest.settings import DeliverySettings, DomainSettings, RelaySettings, Settings, SmtpSettings
from digest.storage import Store
from digest.storage.delivery import ledger, limits, plans
from digest.storage.delivery.ledger import ClaimedDelivery
from digest.storage.delivery.limits import Lease, Slots
from digest.storage.papers import papers
from digest.storage.subscribers import bounces, subscribers, suppressions
from digest.subscribers import State, Subscriber, Subscription
from tests.integration.sending import Sending, start
from tests.integration.test_deliver import message_of
from tests.smtp_server import Do, ScriptedServer, Step
from tests.unit.storage.samples import NOW, admission, paper, plan

SMTP = {"host": "127.0.0.1", "tls": "none", "timeout_seconds": 5.0}


def planned(store: Store, *addresses: str) -> dict[int, Subscriber]:
    """Return these addresses' subscribers by the ledger row of a planned issue."""
    with store.ingesting(wait=1) as tx:
        papers.add(tx, [paper()])
    with store.transaction() as tx:
        wanted = [Subscription(address=address) for address in addresses]
        people = subscribers.add_many(tx, wanted, admission(), NOW - timedelta(days=1))
        entered = plans.enter(tx, [plan(person) for person in people], NOW).planned
    return {entered[person.number]: person for person in people}


def settings(port: int, *, smtp: dict[str, object] | None = None, **sections: object) -> Settings:
    one = SmtpSettings.model_validate(SMTP | {"port": port} | (smtp or {}))
    return Settings.model_validate({"smtp": one, **sections})


def relay(name: str, port: int, **changes: object) -> RelaySettings:
    return RelaySettings.model_validate(SMTP | {"name": name, "port": port} | changes)


def many(count: int, domain: str = "example.com") -> list[str]:
    return [f"r{number}@{domain}" for number in range(count)]


def count(store: Store, state: DeliveryState) -> int:
    with store.reading() as tx:
        return ledger.counts(tx)[state]


class TestRates:
    def test_leave_is_given_at_the_rate_and_no_faster(self, store: Store) -> None:
        given, now = 0, NOW
        while now < NOW + timedelta(seconds=10):
            with store.transaction() as tx:
                wait = limits.take(tx, "relay a", 5, 20, now)
            given += 5 if not wait else 0
            now += wait or timedelta(milliseconds=1)
        assert 195 <= given <= 205

    def test_one_name_does_not_slow_another(self, store: Store) -> None:
        with store.transaction() as tx:
            assert not limits.take(tx, "relay a", 100, 1, NOW)
            assert limits.take(tx, "relay a", 1, 1, NOW) == timedelta(seconds=100)
            assert not limits.take(tx, "relay b", 1, 1, NOW)

    def test_a_relay_gets_no_more_a_second_than_it_may_over_all_processes(self, store: Store) -> None:
        planned(store, *many(60))
        with ScriptedServer() as server:
            wanted = settings(server.port, smtp={"messages_per_second": 50})
            start = time.monotonic()
            runs = [threading.Thread(target=deliver, args=(store, message_of, wanted, NOW)) for _ in range(2)]
            for run in runs:
                run.start()
            for run in runs:
                run.join()
            seconds = time.monotonic() - start
        assert len(server.taken) == 60
        assert seconds >= 0.7  # 60 at 50 a second, the first and the last ten at once

    def test_a_domain_with_a_rate_holds_up_no_other(self, store: Store) -> None:
        planned(store, *many(12, "slow.example"), *many(12))
        with ScriptedServer() as server:
            wanted = settings(server.port, domains=(DomainSettings(name="slow.example", messages_per_second=10),))
            report = deliver(store, message_of, wanted, NOW)
        assert report.sent == 24
        order = [mail.recipient.rpartition("@")[2] for mail in server.taken]
        assert order[-2:] == ["slow.example"] * 2
        assert Counter(order[:22])["example.com"] == 12


class TestConnectionsToADomain:
    def test_no_more_messages_are_under_way_to_it_than_it_may_get_over_all_processes(
        self, store: Store, store_url: str
    ) -> None:
        planned(store, *many(12, "narrow.example"), *many(12))
        under_way, most, lock = Counter[str](), Counter[str](), threading.Lock()

        def script(step: Step) -> None:
            domain = step.recipient.rpartition("@")[2]
            with lock:
                if step.name == "data":
                    under_way[domain] += 1
                    most[domain] = max(most[domain], under_way[domain])
                elif step.name == "dot":
                    under_way[domain] -= 1
            if step.name == "data":
                time.sleep(0.02)

        with ScriptedServer(script=script) as server:
            domains = (DomainSettings(name="narrow.example", connections=2),)
            sending = Sending(store_url=store_url, port=server.port, now=NOW, connections=4, domains=domains)
            processes = [start(sending) for _ in range(2)]
            for process in processes:
                process.join(30)
        assert [process.exitcode for process in processes] == [0, 0]
        assert server.recipients() == sorted([*many(12, "narrow.example"), *many(12)])
        assert most["narrow.example"] <= 2 < most["example.com"]
        with store.reading() as tx:
            assert limits.slot_owners(tx, NOW + timedelta(minutes=10)) == frozenset()

    def test_a_message_that_is_withdrawn_frees_its_connection(self, store: Store) -> None:
        people = planned(store, *many(6, "narrow.example"))
        leaving = min(people)

        def script(step: Step) -> None:
            if step.name == "data" and step.recipient == people[leaving].address:
                with store.transaction() as tx:
                    suppressions.suppress(tx, people[leaving].address, "complaint", "", NOW)

        with ScriptedServer(script=script) as server:
            wanted = settings(server.port, domains=(DomainSettings(name="narrow.example", connections=1),))
            report = deliver(store, message_of, wanted, NOW)
        assert (report.sent, report.withdrawn) == (5, 1)

    def test_a_message_that_broke_its_connection_keeps_none_from_its_provider(self, store: Store) -> None:
        planned(store, *many(6, "narrow.example"))

        def script(step: Step) -> Do | None:
            cut = step.name == "rcpt" and step.recipient == "r1@narrow.example" and step.nth == 1
            return Do(b"", cut=True) if cut else None

        with ScriptedServer(script=script) as server:
            wanted = settings(server.port, domains=(DomainSettings(name="narrow.example", connections=1),))
            assert deliver(store, message_of, wanted, NOW).sent == 6

    def test_a_message_that_cannot_be_composed_keeps_none_from_its_provider(self, store: Store) -> None:
        first = min(planned(store, *many(6, "narrow.example")))

        def compose(row: ClaimedDelivery, papers: PaperCache) -> Message:
            if row.id == first:
                raise MessageError("it is too large")
            return message_of(row, papers)

        with ScriptedServer() as server:
            wanted = settings(server.port, domains=(DomainSettings(name="narrow.example", connections=1),))
            report = deliver(store, compose, wanted, NOW)
        assert (report.sent, report.failed) == (5, 1)


class TestBreakers:
    def test_refusals_about_us_stop_the_mail_to_that_provider_and_blame_no_reader(self, store: Store) -> None:
        people = planned(store, *many(12, "strict.example"), *many(12))

        def script(step: Step) -> Do | None:
            strict = step.name == "dot" and step.recipient.endswith("strict.example")
            return Do(b"550 5.7.1 poor reputation\r\n") if strict else None

        with ScriptedServer(script=script) as server:
            report = deliver(store, message_of, settings(server.port, smtp={"connections": 1}), NOW)
            assert report.sent == 12
            assert 3 <= report.deferred <= 5  # two more may have been under way
            assert deliver(store, message_of, settings(server.port), NOW + timedelta(minutes=10)).failed == 0
            server.script = lambda step: None
            assert deliver(store, message_of, settings(server.port), NOW + timedelta(minutes=16)).sent >= 7
        with store.reading() as tx:
            assert limits.not_reset(tx) == {}
            states = {
                person.state for person in subscribers.by_numbers(tx, [p.number for p in people.values()]).values()
            }
        assert states == {State.ACTIVE}

    def test_a_breaker_rests_longer_each_time_until_it_is_reset(self, store: Store) -> None:
        with store.transaction() as tx:
            rests = [limits.trip(tx, "domain a", "no", NOW).until - NOW for _ in range(7)]
            assert rests == [timedelta(minutes=m) for m in (15, 30, 60, 120, 240, 360, 360)]
            assert limits.open_breakers(tx, NOW).keys() == {"domain a"}
            limits.reset(tx, ["domain a"], NOW + timedelta(hours=7))
            assert limits.trip(tx, "domain a", "no", NOW).until == NOW + timedelta(minutes=15)

    @pytest.mark.parametrize(
        "reply",
        [b"554 refused by rule 17\r\n", b"554 5.2.0 SendAsDenied\r\n", b"550 5.1.1 user unknown\r\n"],
        ids=["no code", "rights", "said of everybody"],
    )
    @pytest.mark.parametrize("stage", ["rcpt", "dot"])
    def test_a_relay_that_refuses_everybody_in_the_same_words_costs_no_reader_and_no_issue(
        self, store: Store, reply: bytes, stage: str
    ) -> None:
        people = planned(store, *[f"r{n}@d{n % 6}.example" for n in range(24)])
        refused = Do(reply)
        with ScriptedServer(script=lambda step: refused if step.name == stage else None) as server:
            report = deliver(store, message_of, settings(server.port, smtp={"connections": 1}), NOW)
            assert (report.sent, report.failed) == (0, 0)
            assert report.waiting > 0  # it stopped, and did not go on until everybody was refused
            assert report.deferred + report.waiting == 24
            assert "several domains refused us" in report.problem
            server.script = lambda step: None
            assert deliver(store, message_of, settings(server.port), NOW + timedelta(hours=1)).sent == 24
        with store.reading() as tx:
            assert limits.not_reset(tx) == {}
            found = subscribers.by_numbers(tx, [person.number for person in people.values()])
            assert {person.state for person in found.values()} == {State.ACTIVE}
            assert not [bounce for number in found for bounce in bounces.of_subscriber(tx, number)]

    def test_the_same_refusal_at_several_domains_is_ours_while_others_are_served(self, store: Store) -> None:
        people = planned(store, *[f"r{n}@d{n}.example" for n in range(12)])
        strict = {f"r{n}@d{n}.example" for n in range(9, 12)}

        def script(step: Step) -> Do | None:
            return Do(b"554 refused by rule 17\r\n") if step.name == "rcpt" and step.recipient in strict else None

        with ScriptedServer(script=script) as server:
            report = deliver(store, message_of, settings(server.port, smtp={"connections": 1}), NOW)
        assert (report.sent, report.deferred, report.failed) == (9, 3, 0)
        with store.reading() as tx:
            assert not [b for person in people.values() for b in bounces.of_subscriber(tx, person.number)]

    def test_addresses_that_are_gone_at_several_domains_are_gone(self, store: Store) -> None:
        people = planned(store, *[f"r{n}@d{n}.example" for n in range(12)])

        def script(step: Step) -> Do | None:
            gone = step.name == "rcpt" and step.recipient in {"r1@d1.example", "r2@d2.example", "r3@d3.example"}
            return Do(b"550 5.1.1 user unknown\r\n") if gone else None

        with ScriptedServer(script=script) as server:
            report = deliver(store, message_of, settings(server.port), NOW)
        assert (report.sent, report.failed) == (9, 3)
        with store.reading() as tx:
            found = subscribers.by_numbers(tx, [person.number for person in people.values()])
            assert sum(person.state is State.BOUNCED for person in found.values()) == 3

    @pytest.mark.parametrize("reply", [b"450 4.7.1 Greylisted, wait\r\n", b"451 4.7.0 please try again\r\n"])
    def test_a_wait_at_first_contact_holds_up_nobody_else(self, store: Store, reply: bytes) -> None:
        planned(store, *many(30, "patient.example"))
        seen: set[str] = set()

        def script(step: Step) -> Do | None:
            known = step.name != "rcpt" or step.recipient in seen
            seen.add(step.recipient)
            return None if known else Do(reply)

        with ScriptedServer(script=script) as server:
            assert deliver(store, message_of, settings(server.port), NOW).deferred == 30
            assert deliver(store, message_of, settings(server.port), NOW + timedelta(minutes=10)).sent == 30

    def test_a_success_that_was_under_way_does_not_close_it_again(self, store: Store) -> None:
        now = [NOW]
        breakers = CircuitBreakers(store, lambda: now[0])
        sent = Attempt(delivery=1, outcome=Outcome.SENT, at=NOW, recipient="ada@strict.example")
        refusals = [
            sent._replace(delivery=n, outcome=Outcome.FAILED, status="5.7.1", stage="rcpt") for n in range(2, 5)
        ]
        breakers.note(refusals)
        breakers.note([sent])
        assert breakers.open_until("strict.example") == NOW + timedelta(minutes=15)
        now[0] += timedelta(minutes=16)
        breakers.note([sent])
        with store.reading() as tx:
            assert limits.not_reset(tx) == {}

    def test_a_relay_that_says_421_gets_fewer_connections_and_loses_nobody(self, store: Store) -> None:
        planned(store, *many(60))

        def script(step: Step) -> Do | None:
            full = step.name == "mail" and step.connection <= 3 and step.nth == 5
            return Do(b"421 4.7.0 slow down\r\n", cut=True) if full else None

        with ScriptedServer(script=script) as server:
            assert deliver(store, message_of, settings(server.port), NOW).sent == 60
        assert len(set(server.recipients())) == len(server.taken) == 60


class TestRelays:
    def test_two_relays_share_the_mail_as_they_should(self, store: Store) -> None:
        planned(store, *many(200))
        with ScriptedServer() as big, ScriptedServer() as small:
            relays = (relay("big", big.port, share=3), relay("small", small.port, share=1))
            assert deliver(store, message_of, Settings(relays=relays), NOW).sent == 200
        assert len(big.taken) + len(small.taken) == 200
        assert 110 <= len(big.taken) <= 180

    def test_a_relay_that_is_down_leaves_its_share_to_the_other(self, store: Store) -> None:
        planned(store, *many(60))
        with ScriptedServer() as gone:
            pass
        with ScriptedServer() as alive:
            relays = (relay("gone", gone.port), relay("alive", alive.port))
            report = deliver(store, message_of, Settings(relays=relays), NOW)
            assert "cannot connect" in report.problem
            assert (report.sent, report.waiting) == (60, 0)
        assert len(set(alive.recipients())) == len(alive.taken) == 60

    def test_a_mute_relay_does_not_hold_the_other_back(self, store: Store) -> None:
        planned(store, *many(60))
        most_sent, waited = threading.Event(), list[bool]()

        def say_nothing(step: Step) -> Do | None:
            if step.name == "greeting":
                waited.append(most_sent.wait(10))
            return Do(b"", cut=True)

        def tell(step: Step) -> None:
            if step.name == "dot" and len(alive.taken) == 50:
                most_sent.set()

        with ScriptedServer(script=say_nothing) as mute, ScriptedServer(script=tell) as alive:
            relays = (relay("mute", mute.port), relay("alive", alive.port))
            report = deliver(store, message_of, Settings(relays=relays), NOW)
        assert waited[0]
        assert (report.sent, report.waiting) == (60, 0)

    def test_a_new_relay_gets_twice_as_much_each_day(self, store: Store) -> None:
        planned(store, *many(50))
        with ScriptedServer() as server:
            new = relay("new", server.port, warm_up_from=NOW.date(), warm_up_first=5)
            wanted = Settings(relays=(new,))
            assert deliver(store, message_of, wanted, NOW).sent == 5
            assert deliver(store, message_of, wanted, NOW + timedelta(minutes=5)).sent == 0
            assert deliver(store, message_of, wanted, NOW + timedelta(hours=20)).sent == 10
        with store.reading() as tx:
            assert limits.sent_on(tx, "new", NOW.date() + timedelta(days=1)) == 10

    def test_processes_share_the_connections_that_a_relay_allows(self, store: Store) -> None:
        with store.transaction() as tx:
            six, until = Slots("a", 6), NOW + timedelta(hours=1)
            assert limits.take_slots(tx, six, 4, Lease("one", NOW, until)) == 4
            assert limits.take_slots(tx, six, 4, Lease("two", NOW, until)) == 2
            assert limits.take_slots(tx, six, 4, Lease("three", NOW, until)) == 0
            limits.free_slots(tx, ["one"], NOW)
            assert limits.slot_owners(tx, NOW) == {"two"}
            limits.free_slot(tx, "a", "two", NOW)
            assert limits.take_slots(tx, six, 9, Lease("three", NOW, until)) == 5

    def test_without_a_free_connection_nothing_is_sent_and_it_is_said(self, store: Store) -> None:
        planned(store, *many(5))
        with ScriptedServer() as server:
            wanted = settings(server.port, smtp={"connections_in_all": 2, "connections": 4})
            with store.transaction() as tx:
                name = f"127.0.0.1:{server.port}"
                elsewhere = Lease("elsewhere.example/1/1/a", NOW, NOW + timedelta(hours=1))
                limits.take_slots(tx, Slots(name, 2), 2, elsewhere)
            report = deliver(store, message_of, wanted, NOW)
            assert (report.sent, report.waiting) == (0, 5)
            assert "in use" in report.problem
            assert deliver(store, message_of, wanted, NOW + timedelta(hours=1)).sent == 5
        with store.reading() as tx:
            assert limits.slot_owners(tx, NOW + timedelta(hours=2)) == frozenset()


class TestHold:
    def test_while_held_nothing_leaves_and_released_all_does(self, store: Store) -> None:
        planned(store, *many(5))
        with ScriptedServer() as server:
            hold(store, "the links are wrong")
            report = deliver(store, message_of, settings(server.port), NOW)
            assert (report.sent, report.waiting, report.problem) == (0, 5, "held: the links are wrong")
            assert server.connections == 0
            assert release(store) == "the links are wrong"
            assert release(store) == ""
            assert deliver(store, message_of, settings(server.port), NOW).sent == 5

    def test_a_hold_stops_a_delivery_that_is_under_way_at_once(self, store: Store) -> None:
        planned(store, *many(100))

        def script(step: Step) -> None:
            if step.name == "data" and step.recipient == "r20@example.com":
                hold(store, "stop")

        with ScriptedServer(script=script) as server:
            report = deliver(store, message_of, settings(server.port, smtp={"connections": 2}), NOW)
        assert report.sent == len(server.taken) <= 24
        assert (report.sent + report.waiting, report.unknown, report.problem) == (100, 0, "held: stop")


class TestFirstShare:
    def test_when_it_fails_the_rest_is_held(self, store: Store) -> None:
        planned(store, *many(100))

        def script(step: Step) -> Do | None:
            return Do(b"554 5.6.0 no\r\n") if step.name == "dot" and step.recipient[2:] == "@example.com" else None

        with ScriptedServer(script=script) as server:
            wanted = settings(server.port, delivery=DeliverySettings(canary=0.1, canary_failures=0.2))
            report = deliver(store, message_of, wanted, NOW)
            assert report.sent + report.failed == 10
            assert report.waiting == 90
            assert "of the first 10 messages failed" in report.problem
            assert deliver(store, message_of, wanted, NOW).sent == 0
            release(store)
            server.script = lambda step: None
            assert deliver(store, message_of, wanted, NOW).sent == 90

    def test_processes_that_start_together_wait_for_one_of_them(self, store: Store, store_url: str) -> None:
        planned(store, *many(100))

        def script(step: Step) -> Do | None:
            return Do(b"554 5.6.0 no\r\n") if step.name == "dot" else None

        with ScriptedServer(script=script) as server:
            sending = Sending(store_url=store_url, port=server.port, now=NOW, canary=0.1)
            processes = [start(sending) for _ in range(3)]
            for process in processes:
                process.join(30)
        assert [process.exitcode for process in processes] == [0, 0, 0]
        assert (count(store, DeliveryState.FAILED), count(store, DeliveryState.PLANNED)) == (10, 90)

    def test_a_process_that_waited_goes_on_without_a_share_of_its_own(self, store: Store) -> None:
        planned(store, *many(40))
        first = DeliveryLedger(store, "first/1/1/a", lambda: NOW, lambda _count: None)
        assert first.claim_canary(threading.Event())
        with ScriptedServer() as server:
            wanted = settings(server.port, delivery=DeliverySettings(canary=0.1))
            second = threading.Thread(target=deliver, args=(store, message_of, wanted, NOW))
            second.start()
            time.sleep(0.7)
            assert server.connections == 0
            first.release_canary()
            second.join(10)
        first.release()
        assert count(store, DeliveryState.SENT) == 40

    def test_when_it_is_taken_the_rest_follows(self, store: Store) -> None:
        planned(store, *many(50))
        with ScriptedServer() as server:
            wanted = settings(server.port, delivery=DeliverySettings(canary=0.1))
            assert deliver(store, message_of, wanted, NOW).sent == 50
        assert len(set(server.recipients())) == 50


def test_at_least_once_sends_again_what_is_in_doubt(store: Store) -> None:
    planned(store, *many(3))

    def script(step: Step) -> Do | None:
        lost = step.name == "dot" and step.recipient == "r1@example.com" and step.nth == 1
        return Do(b"", cut=True) if lost else None

    with ScriptedServer(script=script) as server:
        wanted = settings(server.port, delivery=DeliverySettings(resend_unknown=True))
        assert deliver(store, message_of, wanted, NOW).unknown == 1
        assert deliver(store, message_of, wanted, NOW).sent == 1
    assert count(store, DeliveryState.SENT) == 3


@pytest.mark.parametrize("code", [b"421 4.3.2 bye", b"454 4.7.0 not now"])
def test_a_relay_in_trouble_after_the_dot_defers_that_one_and_takes_the_rest(store: Store, code: bytes) -> None:
    planned(store, *many(10))

    def script(step: Step) -> Do | None:
        hit = step.name == "dot" and step.recipient == "r4@example.com"
        return Do(code + b"\r\n", cut=code.startswith(b"421")) if hit else None

    with ScriptedServer(script=script) as server:
        report = deliver(store, message_of, settings(server.port), NOW)
    assert (report.sent, report.deferred, report.unknown) == (9, 1, 0)
