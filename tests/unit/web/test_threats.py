"""One test, or a few, for each threat that the pages must stand."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import ClassVar

import httpx
import pytest

from digest.deliveries import DeliveryState
from digest.runs.subscriptions import keyword_suggestions
from digest.runs.transactional.outbox import TransactionalMailKind
from digest.signed_links import Purpose
from digest.storage import Store
from digest.storage.database.schema import metadata
from digest.storage.delivery import deliveries, ledger
from digest.storage.subscribers import consent, suppressions, votes
from digest.subscribers import State, Subscriber
from digest.web.guard import MAX_BODY
from tests import sites
from tests.sites import NOW, Running
from tests.unit.web.forms import FORM, confirmed, sign_up, stamp


@pytest.fixture
def ada(site: Running) -> Subscriber:
    """A subscriber."""
    return sites.subscribe(site.store)


@pytest.fixture
def delivery(site: Running, ada: Subscriber) -> int:
    """An issue of hers, with the papers 4 and 8."""
    return sites.plan_issue(site.store, ada, [4, 8])


def mail_links(site: Running, delivery: int) -> list[str]:
    """Every link of the mail of a delivery that leads to our pages."""
    votes, of_older_mails = site.link(Purpose.VOTE, delivery), (Purpose.VOTE_UP, Purpose.VOTE_DOWN)
    return [
        f"/u/{site.link(Purpose.UNSUBSCRIBE, delivery)}",
        f"/p/{site.link(Purpose.PAUSE, delivery)}",
        f"/i/{site.link(Purpose.VIEW, delivery)}",
        *(f"/v/{votes}/{paper}/{way}" for paper in (4, 8) for way in ("up", "down")),
        *(f"/v/{site.link(purpose, delivery, 4)}" for purpose in of_older_mails),
        "/manage",
    ]


def everything(store: Store) -> str:
    """All rows of the store, to compare."""
    with store.reading() as tx:
        tables = {table.name: table.select().order_by(*table.primary_key) for table in metadata.sorted_tables}
        rows = {name: tx.connection.execute(query).all() for name, query in tables.items()}
    return repr(rows)


def state_of(site: Running, address: str = "ada@example.com") -> State | None:
    person = site.person(address)
    return person.state if person else None


class TestLinkScanners:
    def test_a_storm_of_get_head_and_options_on_every_link_changes_nothing(
        self, site: Running, client: httpx.Client, delivery: int
    ) -> None:
        sign_up(site, client, address="bob@example.com")
        links = [*mail_links(site, delivery), f"/c/{site.mails[0].token}", "/", "/archive", "/subscribe", "/ready"]
        before = everything(site.store)
        for link in links * 3:
            for method in ("GET", "HEAD", "OPTIONS"):
                assert client.request(method, link).status_code in (200, 204), (method, link)
        assert everything(site.store) == before

    def test_the_pages_of_the_mails_have_one_button_and_no_script(
        self, site: Running, client: httpx.Client, delivery: int
    ) -> None:
        for link in mail_links(site, delivery)[:2] + mail_links(site, delivery)[3:-1]:
            page = client.get(link).text
            assert page.count("<button") == 1
            assert "<script" not in page

    def test_head_answers_as_get_does_without_a_body(self, client: httpx.Client) -> None:
        answer = client.head("/")
        assert (answer.status_code, answer.content) == (200, b"")


class TestOneClickUnsubscribe:
    @pytest.mark.parametrize("way", ["form", "multipart", "empty", "broken"])
    def test_any_post_unsubscribes_at_once_and_again_without_redirect_or_cookie(
        self, site: Running, client: httpx.Client, delivery: int, way: str
    ) -> None:
        link = f"/u/{site.link(Purpose.UNSUBSCRIBE, delivery)}"
        sent: dict[str, object] = {
            "form": {"data": {"List-Unsubscribe": "One-Click"}},
            "multipart": {"files": {"List-Unsubscribe": (None, "One-Click")}},
            "empty": {},
            "broken": {"content": b"\xff\x00", "headers": {"content-type": "multipart/form-data"}},
        }
        for _ in range(2):
            answer = client.post(link, **sent[way])  # type: ignore[arg-type]
            assert answer.status_code == 200
            assert "set-cookie" not in answer.headers
            assert state_of(site) is State.UNSUBSCRIBED

    def test_it_is_exempt_from_the_check_against_other_sites(
        self, site: Running, client: httpx.Client, delivery: int
    ) -> None:
        link = f"/u/{site.link(Purpose.UNSUBSCRIBE, delivery)}"
        headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://mail.example.com"}
        assert client.post(link, data={"List-Unsubscribe": "One-Click"}, headers=headers).status_code == 200
        assert state_of(site) is State.UNSUBSCRIBED

    def test_a_token_from_years_ago_still_works(self, site: Running, client: httpx.Client, delivery: int) -> None:
        token = site.link(Purpose.UNSUBSCRIBE, delivery)
        site.clock.forward(days=4000)
        assert client.post(f"/u/{token}").status_code == 200
        assert state_of(site) is State.UNSUBSCRIBED

    def test_it_wins_over_a_delivery_that_has_claimed_the_issue(
        self, site: Running, client: httpx.Client, delivery: int
    ) -> None:
        with site.store.transaction() as tx:
            [claimed] = ledger.claim(tx, "sender", NOW, lease=timedelta(minutes=5), limit=10)
        client.post(f"/u/{site.link(Purpose.UNSUBSCRIBE, delivery)}", data={"List-Unsubscribe": "One-Click"})
        with site.store.transaction() as tx:
            assert ledger.intend(tx, "sender", [claimed.id], NOW) == frozenset()


class TestSubscribeBombing:
    def test_an_address_gets_one_confirmation_a_day_and_three_in_all(self, site: Running, client: httpx.Client) -> None:
        counts = []
        for _ in range(6):
            sign_up(site, client)
            sign_up(site, client, address="ADA@EXAMPLE.com")
            counts.append(len(site.mails))
            site.clock.forward(hours=25)
        assert counts == [1, 2, 3, 3, 3, 3]

    def test_once_confirmed_the_count_begins_anew(self, site: Running, client: httpx.Client) -> None:
        manage = confirmed(site, client)
        client.post(f"{manage}/leave")
        site.mails.clear()
        sign_up(site, client)
        assert [mail.kind for mail in site.mails] == [TransactionalMailKind.CONFIRM]

    def test_a_network_may_ask_so_often_an_hour(self, store: Store) -> None:
        with sites.running(store, requests_per_network=3) as site, site.client() as client:
            codes = [sign_up(site, client, address=f"r{n}@example.com").status_code for n in range(5)]
            assert codes == [200, 200, 200, 429, 429]
            site.clock.forward(hours=1)
            assert sign_up(site, client, address="later@example.com").status_code == 200

    def test_neighbours_in_a_network_are_counted_together_and_others_apart(self, store: Store) -> None:
        with sites.running(store, requests_per_network=2) as site, site.client() as client:
            hosts = (
                "192.0.2.1",
                "192.0.2.99",
                "192.0.2.5",
                "198.51.100.1",
                "2001:db8::1",
                "2001:db8::2:3",
                "2001:db8::4",
            )
            codes = []
            for number, host in enumerate(hosts):
                client.headers["X-Forwarded-For"] = host
                codes.append(sign_up(site, client, address=f"n{number}@example.com").status_code)
            assert codes == [200, 200, 429, 200, 200, 200, 429]

    def test_all_together_may_ask_so_often_an_hour(self, store: Store) -> None:
        with sites.running(store, requests_per_hour=2) as site, site.client() as client:
            codes = []
            for number in range(3):
                client.headers["X-Forwarded-For"] = f"192.0.{number}.1"
                codes.append(sign_up(site, client, address=f"a{number}@example.com").status_code)
            assert codes == [200, 200, 429]

    def test_a_form_sent_at_once_is_not_taken(self, site: Running, client: httpx.Client) -> None:
        client.post("/subscribe", data={**FORM, "stamp": stamp(client)})
        assert site.mails == []

    @pytest.mark.parametrize("change", [{"website": "https://spam.example"}, {"stamp": "1.abc"}, {"stamp": ""}])
    def test_a_robot_is_told_what_everybody_is_told(
        self, site: Running, client: httpx.Client, change: dict[str, str]
    ) -> None:
        answer = sign_up(site, client, **change)
        assert answer.status_code == 200
        assert "Check your e-mail" in answer.text
        assert site.mails == []

    def test_a_suppressed_address_gets_no_mail(self, site: Running, client: httpx.Client) -> None:
        with site.store.transaction() as tx:
            suppressions.suppress(tx, "ada@example.com", "complaint", "", NOW)
        assert "Check your e-mail" in sign_up(site, client).text
        assert site.mails == []

    def test_the_letter_says_nothing_that_the_requester_typed(self, site: Running, client: httpx.Client) -> None:
        sign_up(site, client, name="Buy now at spam.example", keywords="spam spam spam")
        [mail] = site.mails
        assert "spam" not in repr(mail)

    def test_a_second_sign_up_cannot_change_what_the_first_one_confirms(
        self, site: Running, client: httpx.Client
    ) -> None:
        sign_up(site, client)
        sign_up(site, client, keywords="something else entirely")
        client.post(f"/c/{site.mails[0].token}")
        person = site.person("ada@example.com")
        assert person is not None
        assert person.profile.keywords[0].term == "learning rate"


class TestFindingOutWhoIsSubscribed:
    def test_signing_up_answers_the_same_for_known_and_unknown(
        self, site: Running, client: httpx.Client, ada: Subscriber
    ) -> None:
        known = sign_up(site, client, address=ada.address)
        unknown = sign_up(site, client, address="nobody@example.com")
        assert (known.status_code, known.text) == (unknown.status_code, unknown.text)
        assert [mail.kind for mail in site.mails] == [TransactionalMailKind.MANAGE, TransactionalMailKind.CONFIRM]

    def test_asking_for_a_link_answers_the_same_for_known_and_unknown(
        self, site: Running, client: httpx.Client, ada: Subscriber
    ) -> None:
        answers = [client.post("/manage", data={"address": address}) for address in (ada.address, "no@example.com")]
        assert answers[0].text == answers[1].text
        assert answers[0].status_code == answers[1].status_code == 200
        assert [mail.address for mail in site.mails] == [ada.address]

    def test_signing_up_a_known_address_leaves_its_profile_alone(
        self, site: Running, client: httpx.Client, ada: Subscriber
    ) -> None:
        sign_up(site, client, address=ada.address, keywords="other things")
        assert site.person(ada.address) == ada


class TestTokens:
    def test_a_forged_torn_or_misplaced_token_opens_nothing(
        self, site: Running, client: httpx.Client, delivery: int
    ) -> None:
        good = site.link(Purpose.UNSUBSCRIBE, delivery)
        view = site.link(Purpose.VIEW, delivery)
        before = everything(site.store)
        for token in (good[:-1] + ("A" if good[-1] != "A" else "B"), good[:20], "x" * 40, view):
            assert client.get(f"/u/{token}").status_code == 404
            assert client.post(f"/u/{token}").status_code == 404
        for path in ("/v/", "/p/", "/i/", "/c/", "/m/"):
            assert client.get(path + good).status_code == 404
        assert client.post("/v/" + good).status_code == 404
        assert everything(site.store) == before

    def test_a_vote_is_taken_for_papers_of_the_issue_only(
        self, site: Running, client: httpx.Client, ada: Subscriber, delivery: int
    ) -> None:
        token = site.link(Purpose.VOTE, delivery)
        for path in ("5/up", "4/sideways", "04/up", "4", "x/up", "5/up/"):
            assert client.post(f"/v/{token}/{path}").status_code in (404, 307), path
        assert client.post(f"/v/{token}").status_code == 404
        assert client.post(f"/v/{token}/4/up").status_code == 200
        assert client.post(f"/v/{token}/8/down").status_code == 200
        with site.store.reading() as tx:
            given = votes.of_subscribers(tx, [ada.number])[ada.number]
        assert {vote.paper: vote.value for vote in given} == {4: 1, 8: -1}

    def test_a_vote_link_works_for_ninety_days(self, site: Running, client: httpx.Client, delivery: int) -> None:
        links = f"/v/{site.link(Purpose.VOTE, delivery)}/4/up", f"/v/{site.link(Purpose.VOTE_UP, delivery, 4)}"
        site.clock.forward(days=90)
        assert [client.get(link).status_code for link in links] == [200, 200]
        site.clock.forward(days=1)
        assert [client.post(link).status_code for link in links] == [404, 404]

    def test_a_forwarded_issue_lets_nobody_read_or_change_the_profile(
        self, site: Running, client: httpx.Client, delivery: int
    ) -> None:
        for link in mail_links(site, delivery):
            page = client.get(link).text
            for secret in ("ada@example.com", "graph neural networks", "Ada,"):
                assert secret not in page.replace("Ada Example", ""), (link, secret)

    def test_a_vote_shows_no_effect_on_its_own_page(self, site: Running, client: httpx.Client, delivery: int) -> None:
        answer = client.post(f"/v/{site.link(Purpose.VOTE_UP, delivery, 4)}")
        assert "Match" not in answer.text

    def test_random_tokens_are_stored_as_hashes_only(self, site: Running, client: httpx.Client) -> None:
        manage = confirmed(site, client)
        stored = everything(site.store)
        assert site.mails[0].token not in stored
        assert manage.removeprefix("/m/") not in stored

    def test_undoing_works_once_and_is_offered_only_to_whoever_unsubscribed(
        self, site: Running, client: httpx.Client, delivery: int
    ) -> None:
        link = f"/u/{site.link(Purpose.UNSUBSCRIBE, delivery)}"
        [undo] = re.findall(r'action="(/undo/[^"]+)"', client.post(link).text)
        assert "/undo/" not in client.post(link).text
        assert client.post(undo).status_code == 200
        assert state_of(site) is State.ACTIVE
        client.post(link)
        assert client.post(undo).status_code == 404
        assert state_of(site) is State.UNSUBSCRIBED


class TestCrossSitePosts:
    @pytest.mark.parametrize(
        ("headers", "passes"),
        [
            pytest.param({"Sec-Fetch-Site": "same-origin"}, True, id="our own page"),
            pytest.param({"Sec-Fetch-Site": "none"}, True, id="typed by the person"),
            pytest.param({"Sec-Fetch-Site": "cross-site"}, False, id="another site"),
            pytest.param({"Sec-Fetch-Site": "same-site"}, False, id="a neighbour of our domain"),
            pytest.param({"Sec-Fetch-Site": "cross-site", "Origin": "{own}"}, False, id="the browser's word counts"),
            pytest.param({"Origin": "{own}"}, True, id="our origin"),
            pytest.param({"Origin": "https://digest.example.org"}, True, id="the origin in the settings"),
            pytest.param({"Origin": "https://evil.example"}, False, id="another origin"),
            pytest.param({"Origin": "null"}, False, id="no origin to speak of"),
            pytest.param({}, True, id="no browser"),
        ],
    )
    def test_a_post_must_come_from_our_own_pages(
        self, site: Running, client: httpx.Client, headers: dict[str, str], passes: bool
    ) -> None:
        sent = {name: value.format(own=site.url) for name, value in headers.items()}
        answer = client.post("/manage", data={"address": "ada@example.com"}, headers=sent)
        assert answer.status_code == (200 if passes else 403)


class TestScripts:
    @pytest.fixture
    def hostile(self, store: Store) -> Iterator[Running]:
        evil = sites.paper(
            900,
            title="<script>alert(1)</script> learning rate <img src=x onerror=alert(2)>",
            abstract='"><svg onload=alert(3)> learning rate',
            authors=("<b>Mallory</b>",),
            links={"abs": "javascript:alert(4)"},
            arxiv_id=None,
            journal_ref="<i>J</i>",
        )
        sites.fill(store, more=[evil])
        with sites.running(store) as running:
            yield running

    def test_text_from_listings_and_forms_is_escaped_everywhere(self, hostile: Running) -> None:
        with hostile.client() as client:
            form = {**FORM, "keywords": "learning rate\n<script>alert(5)</script>", "name": "<b>Ada</b>"}
            pages = [
                client.get("/archive").text,
                client.get("/archive", params={"q": "<script>"}).text,
                client.get("/").text,
                client.post("/subscribe/preview", data=form).text,
                client.post("/subscribe/liked", data={"liked": "<script>x</script>"}).text,
                client.get("/subscribe", params={"keyword": "<script>"}).text,
            ]
            sample = client.get("/sample").text
        for page in pages:
            assert not re.search(r"<script(?! src=\"/static/)|<img|<svg|<b>Mallory|<b>Ada|javascript:", page)
        assert "<script" not in sample

    def test_every_page_forbids_inline_scripts_caching_and_referrers(self, site: Running, client: httpx.Client) -> None:
        for path in ("/", "/subscribe", "/manage", "/archive", "/nowhere", "/health", "/u/x"):
            headers = client.get(path).headers
            policy = headers["content-security-policy"]
            assert "script-src 'self'" in policy
            assert "unsafe-inline" not in policy
            assert headers["cache-control"] == "no-store"
            assert headers["referrer-policy"] == "no-referrer"
            assert headers["x-content-type-options"] == "nosniff"

    def test_personal_pages_are_kept_out_of_search_engines(self, client: httpx.Client) -> None:
        assert client.get("/manage").headers["x-robots-tag"] == "noindex"
        assert client.get("/c/x").headers["x-robots-tag"] == "noindex"
        assert "x-robots-tag" not in client.get("/").headers

    def test_the_sample_mail_sits_in_a_sandbox_of_its_own(self, client: httpx.Client) -> None:
        assert 'sandbox="allow-popups"' in client.get("/").text
        policy = client.get("/sample").headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "sandbox" in policy
        assert "script-src" not in policy


class TestHeaders:
    @pytest.mark.parametrize(
        "address", ["ada@example.com\r\nBcc: eve@example.com", "ada@exa mple.com", "a@b@example.com"]
    )
    def test_an_address_that_could_carry_headers_is_refused(
        self, site: Running, client: httpx.Client, address: str
    ) -> None:
        sign_up(site, client, address=address)
        client.post("/manage", data={"address": address})
        assert site.mails == []

    def test_a_name_that_could_carry_headers_is_refused(self, site: Running, client: httpx.Client) -> None:
        assert "at most 100 characters" in sign_up(site, client, name="Ada\r\nBcc: eve@example.com").text
        assert site.mails == []


class TestOpenRedirects:
    def test_no_page_redirects_to_what_the_address_asks_for(
        self, site: Running, client: httpx.Client, delivery: int
    ) -> None:
        target = "https://evil.example/"
        for link in mail_links(site, delivery):
            answer = client.get(link, params={"next": target, "url": target, "lang": target})
            assert answer.status_code == 200
            assert "evil.example" not in answer.text

    def test_a_saved_form_leads_back_to_its_own_page_only(self, site: Running, client: httpx.Client) -> None:
        manage = confirmed(site, client)
        answer = client.post(f"{manage}/pause?lang=//evil.example&next=//evil.example", data={"resume": "yes"})
        assert answer.headers["location"] == f"{manage}?done=resumed"


class TestBodies:
    def test_a_body_that_is_too_large_is_refused(self, client: httpx.Client) -> None:
        assert client.post("/subscribe", content=b"x" * (MAX_BODY + 1)).status_code == 413

    def test_a_body_that_hides_its_size_is_refused(self, client: httpx.Client) -> None:
        def pieces() -> Iterator[bytes]:
            for _ in range(MAX_BODY // 50_000 + 2):
                yield b"keywords=" + b"x" * 50_000 + b"&"

        headers = {"content-type": "application/x-www-form-urlencoded"}
        assert client.post("/subscribe/preview", content=pieces(), headers=headers).status_code == 413

    def test_one_who_hangs_up_in_the_middle_of_a_form_does_no_harm(
        self, site: Running, client: httpx.Client, delivery: int, caplog: pytest.LogCaptureFixture
    ) -> None:
        host, port = site.url.removeprefix("http://").split(":")
        path = f"/u/{site.link(Purpose.UNSUBSCRIBE, delivery)}"
        with socket.create_connection((host, int(port))) as half:
            head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 500\r\n"
            half.sendall(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\nList-Unsub".encode())
        assert client.get("/health").status_code == 200
        assert state_of(site) is State.ACTIVE
        assert "a page failed" not in caplog.text

    def test_ten_thousand_fields_are_not_read(self, client: httpx.Client) -> None:
        answer = client.post("/subscribe/preview", data={f"f{n}": "x" for n in range(10_000)})
        assert answer.status_code == 200


class TestPathOfTheSite:
    """A base path and repaired links open no other way in: what is joined stays on this host, below the path."""

    @pytest.mark.parametrize(
        "path", ["//evil.example/u/x", "/u/..%2f..%2foperator", "//evil.example//", "/%2F%2Fevil.example"]
    )
    def test_a_crooked_path_redirects_nowhere_and_names_no_other_host(self, path: str, client: httpx.Client) -> None:
        answer = client.get(str(client.base_url) + path)
        assert answer.status_code == 404
        assert not re.search(r'(?:href|src|action)="(?:https?:)?//', answer.text)


class TestExpensiveInput:
    """Parsers of the public pages hold neither the other pages nor the end of the program."""

    HOSTILE: ClassVar = {
        "nested entries": "@a{x,a={" * 4_000,
        "open braces": "@a{x,title={" + "{" * 100_000,
        "escapes": ("\\[" * 10_000 + "\n") * 10,
    }

    @pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
    def test_hostile_references_are_read_within_the_limit_or_refused(
        self, text: str, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(keyword_suggestions, "READ_SECONDS", 1.0)
        answer = client.post("/subscribe/liked", data={"liked": text})
        assert answer.status_code == 200
        assert "takes too long to read" in answer.text or 'role="status"' in answer.text


class TestErasure:
    def test_erasing_leaves_rows_without_the_person_and_old_links_answer(
        self, site: Running, client: httpx.Client, ada: Subscriber, delivery: int
    ) -> None:
        vote = f"/v/{site.link(Purpose.VOTE, delivery)}/4/up"
        earlier = f"/v/{site.link(Purpose.VOTE_UP, delivery, 4)}"
        client.post(vote)
        client.post("/manage", data={"address": ada.address})
        manage = f"/m/{site.mails[-1].token}"
        assert client.post(f"{manage}/erase").status_code == 303
        assert site.person(ada.address) is not None
        assert "Your data is deleted" in client.post(f"{manage}/erase", data={"sure": "yes"}).text
        assert "ada@example.com" not in everything(site.store)
        with site.store.transaction() as tx:
            row = deliveries.by_id(tx, delivery)
            assert row is not None
            assert (row.subscriber, row.issue, row.issue_date) == (0, None, NOW.date())
            assert row.state is DeliveryState.EXPIRED
            assert votes.of_subscribers(tx, [ada.number]) == {}
            assert consent.erased_among(tx, ["Ada@Example.com"], NOW) == {"ada@example.com"}
        for link in (f"/u/{site.link(Purpose.UNSUBSCRIBE, delivery)}", vote, earlier):
            assert client.post(link).status_code == 200
        assert client.get(f"/i/{site.link(Purpose.VIEW, delivery)}").status_code == 200
        assert client.get(manage).status_code == 404

    def test_a_fresh_double_opt_in_brings_an_erased_person_back(
        self, site: Running, client: httpx.Client, ada: Subscriber
    ) -> None:
        with site.store.transaction() as tx:
            consent.erase(tx, ada.number, NOW)
        confirmed(site, client)
        assert state_of(site) is State.ACTIVE
        with site.store.transaction() as tx:
            assert consent.erased_among(tx, [ada.address], NOW) == frozenset()

    def test_the_export_holds_everything_known_about_a_person(
        self, site: Running, client: httpx.Client, ada: Subscriber, delivery: int
    ) -> None:
        client.post(f"/v/{site.link(Purpose.VOTE_UP, delivery, 4)}")
        client.post("/manage", data={"address": ada.address})
        answer = client.get(f"/m/{site.mails[-1].token}/my-data.json")
        assert "attachment" in answer.headers["content-disposition"]
        known = json.loads(answer.text)
        assert known["subscription"]["address"] == "ada@example.com"
        assert [issue["picks"][0]["match"] for issue in known["issues"]] == [61]
        assert [vote["value"] for vote in known["votes"]] == [1]
        assert known["consent"][0]["state"] == "active"
