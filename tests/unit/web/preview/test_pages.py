"""The pages of the preview: behind a token, never changing anything by GET, with mails that can do nothing."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import dkim
import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from digest.fetching.templates import load_templates
from digest.papers import Sighting
from digest.rendering import MailRenderer
from digest.rendering.sample_mails import paper_sets, sample_mails
from digest.runs.delivery.deliver import composer, deliver
from digest.runs.issues.compose import masthead
from digest.runs.issues.plan import plan
from digest.runs.preview.preview import Scope
from digest.settings import DkimSettings, SenderSettings, Settings, SmtpSettings, SubscribersSettings, WebSettings
from digest.storage import Store
from digest.storage.database import secrets
from digest.storage.delivery import deliveries
from digest.storage.papers import listings, papers
from digest.storage.papers.listings import ListingRecord
from digest.storage.subscribers import subscribers
from digest.subscribers import Owner
from digest.web.preview.app import create_preview
from digest.web.preview.session import PreviewSession, open_session
from tests.sites import serving
from tests.smtp_server import Do, ScriptedServer
from tests.unit.runs.samples import CACTI, GRAPHS, MONDAY, SPEECH, TUNING, ingested, profile, subscribed

NOW = MONDAY + timedelta(hours=2)


@pytest.fixture
def session(sqlite_store: Store, tmp_path: Path) -> Iterator[PreviewSession]:
    """A preview session with Ada, whose profile has a file, and Bob, whose profile is edited on the web."""
    ingested(sqlite_store, [TUNING, GRAPHS, SPEECH, CACTI])
    subscribed(sqlite_store, "ada", profile("learning rate", "graph neural networks", exclude=("kitchens",)))
    bob = subscribed(sqlite_store, "bob", profile("speech recognition"))
    (tmp_path / "ada.toml").write_text('# hers\naddress = "ada@example.com"\n[profile]\nkeywords = ["learning rate"]\n')
    with sqlite_store.transaction() as tx:
        subscribers.change_owner(tx, bob.number, Owner.WEB)
    with ScriptedServer() as server:
        settings = Settings(
            sender=SenderSettings(address="digest@example.org", postal="1 Sample Street"),
            web=WebSettings(url="https://digest.example.org"),
            smtp=SmtpSettings(host="127.0.0.1", port=server.port, tls="none", timeout_seconds=5),
            subscribers=SubscribersSettings(folder=str(tmp_path)),
        )
        yield open_session(sqlite_store, settings, lambda: NOW)


@contextmanager
def browsing(session: PreviewSession) -> Iterator[httpx.Client]:
    """A client of a preview that runs, which follows where it is led."""
    with serving(create_preview(session)) as url, httpx.Client(base_url=url, follow_redirects=True) as client:
        yield client


@pytest.fixture
def client(session: PreviewSession) -> Iterator[httpx.Client]:
    with browsing(session) as client:
        yield client


PAGES = ["", "?who=1", "?who=0", "?who=1&from=recent", "?who=1&from=recent&date=2026-03-10", "?who=1&show=text"]
PAGES += [
    "?who=1&show=header",
    "?who=1&show=source",
    "mail?who=1",
    "issue.eml?who=1",
    "version",
    "compare",
    "sample-mails",
]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_answers_to_its_token_and_to_no_other(path: str, session: PreviewSession, client: httpx.Client) -> None:
    assert client.get(session.root + path).status_code == 200
    for token in ("x", session.token[:-1], session.token + "A", session.token.swapcase(), "%00", "ä"):
        assert client.get(f"/{token}/{path}").status_code == 404


def test_no_get_changes_the_store(session: PreviewSession, client: httpx.Client) -> None:
    with session.store.reading() as tx:
        before = list(subscribers.everyone(tx))
    for path in [*PAGES, "save", "send", "tune"]:
        client.get(session.root + path)
    with session.store.reading() as tx:
        assert list(subscribers.everyone(tx)) == before
        assert deliveries.of_subscriber(tx, 1) == []


def test_a_post_from_another_site_is_refused(session: PreviewSession, client: httpx.Client) -> None:
    evil = {"Origin": "https://evil.example"}
    assert client.post(f"{session.root}send?who=1", data={"to": "eve@example.com"}, headers=evil).status_code == 403


def test_pages_forbid_inline_scripts_and_mails_forbid_all_scripts_and_requests(
    session: PreviewSession, client: httpx.Client
) -> None:
    page = client.get(f"{session.root}?who=1")
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert page.headers["Referrer-Policy"] == "no-referrer"
    mail = client.get(f"{session.root}mail?who=1").headers["Content-Security-Policy"]
    assert "default-src 'none'" in mail
    assert "script-src" not in mail
    assert "sandbox" in mail
    assert 'sandbox=""' in page.text


def test_hostile_papers_stay_text_on_every_page(session: PreviewSession, client: httpx.Client) -> None:
    hostile = paper_sets(load_templates())["hostile"]
    with session.store.ingesting(5) as tx:
        papers.add(tx, [replace(paper, number=0, first_seen=MONDAY) for paper in hostile])
    for path in ("?who=0&from=recent", "compare?left=0&right=1&from=recent", "?who=1&from=recent&q=script"):
        html = client.get(session.root + path).text
        assert "<script>alert" not in html
        assert "<img src=x" not in html


def test_a_profile_in_a_form_is_carried_by_the_address(session: PreviewSession, client: httpx.Client) -> None:
    form = {"term": ["cacti", ""], "weight": ["2", ""], "minimum_match": "1", "papers": "5"}
    answer = client.post(f"{session.root}tune?who=2&width=320", data=form)
    assert answer.status_code == 200
    assert CACTI in answer.text
    assert "width=320" in str(answer.url)
    assert "draft=" in str(answer.url)
    with session.store.reading() as tx:
        assert subscribers.by_numbers(tx, [2])[2].profile == profile("speech recognition")


def test_the_saved_profile_in_the_form_is_no_draft(session: PreviewSession, client: httpx.Client) -> None:
    form = {"term": "speech recognition", "weight": "1", "minimum_match": "1", "papers": "10"}
    assert "draft=" not in str(client.post(f"{session.root}tune?who=2", data=form).url)


def test_a_part_is_answered_alone_with_its_address(session: PreviewSession, client: httpx.Client) -> None:
    form = {"term": "cacti", "weight": "2", "minimum_match": "1", "papers": "5"}
    answer = client.post(f"{session.root}tune?who=2", data=form, headers={"X-Part": "result"})
    assert "<html" not in answer.text
    assert CACTI in answer.text
    assert answer.headers["X-Address"].startswith(f"{session.root}?who=2&draft=")


def test_a_profile_of_the_web_is_saved_to_the_store(session: PreviewSession, client: httpx.Client) -> None:
    form = {"term": "cacti", "weight": "2", "minimum_match": "40", "papers": "5"}
    answer = client.post(f"{session.root}save?who=2", data=form)
    assert "Saved to the store." in answer.text
    with session.store.reading() as tx:
        saved = subscribers.by_numbers(tx, [2])[2]
    assert [keyword.term for keyword in saved.profile.keywords] == ["cacti"]
    assert saved.profile.minimum_match == 40


def test_a_profile_of_a_file_is_saved_to_the_file(
    session: PreviewSession, client: httpx.Client, tmp_path: Path
) -> None:
    form = {"term": ["learning rate", "cacti"], "weight": ["1", "2"], "minimum_match": "30", "papers": "10"}
    assert "Saved to" in client.post(f"{session.root}save?who=1", data=form).text
    text = (tmp_path / "ada.toml").read_text()
    assert text.startswith("# hers\n")
    assert "cacti" in text
    with session.store.reading() as tx:
        assert [keyword.term for keyword in subscribers.by_numbers(tx, [1])[1].profile.keywords] == [
            "learning rate",
            "cacti",
        ]


UNSAVED = {
    "a weight of 0": ("2", {"term": "cacti", "weight": "0"}, "is not above 0"),
    "a length of 99": ("2", {"term": "cacti", "weight": "1", "papers": "99"}, "is not between 1 and 50"),
    "nobody's profile": ("0", {"term": "cacti", "weight": "1"}, "no subscriber number 0"),
}


@pytest.mark.parametrize(("who", "form", "reason"), UNSAVED.values(), ids=UNSAVED.keys())
def test_what_cannot_be_saved_says_why(
    who: str, form: dict[str, str], reason: str, session: PreviewSession, client: httpx.Client
) -> None:
    answer = client.post(f"{session.root}save?who={who}", data=form)
    assert "Not saved" in answer.text
    assert reason in answer.text


def test_a_file_that_is_gone_cannot_be_saved_to(session: PreviewSession, client: httpx.Client, tmp_path: Path) -> None:
    (tmp_path / "ada.toml").unlink()
    assert "Save to" not in client.get(f"{session.root}?who=1").text
    form = {"term": "cacti", "weight": "1", "minimum_match": "1", "papers": "5"}
    assert "has this address" in client.post(f"{session.root}save?who=1", data=form).text


def test_a_test_that_the_relay_refuses_is_reported_with_its_words(sqlite_store: Store, session: PreviewSession) -> None:
    def refuse(step: object) -> Do | None:
        return Do(say=b"550 5.7.1 not here\r\n") if getattr(step, "name", "") == "rcpt" else None

    with ScriptedServer(script=refuse) as server:
        relay = session.settings.smtp.model_copy(update={"port": server.port})
        session.settings = session.settings.model_copy(update={"smtp": relay})
        with browsing(session) as client:
            answer = client.post(f"{session.root}send?who=1", data={"to": "ada@example.com"})
    assert "did not accept the test" in answer.text
    assert "5.7.1 not here" in answer.text


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ("nobody", "is not an e-mail address"),
        ("", "is not an e-mail address"),
        ("a@example.com\r\nBcc: b@example.com", "Not sent"),
    ],
)
def test_a_test_to_no_address_is_not_sent(to: str, reason: str, session: PreviewSession, client: httpx.Client) -> None:
    answer = client.post(f"{session.root}send?who=1", data={"to": to})
    assert "Not sent" in answer.text
    assert reason in answer.text


def test_a_test_differs_from_the_issue_in_its_marks_alone(session: PreviewSession, client: httpx.Client) -> None:
    decided = session.previews.decide(session.subscriber(1), Scope(), NOW)
    test = session.renderer.render(
        lambda renderer: session.previews.test_message(decided, renderer, "ada@example.com")
    ).outcome
    issue = session.renderer.render(lambda renderer: session.previews.compose(decided, renderer)).outcome
    assert test is not None
    assert issue is not None
    head, _, body = test.data.partition(b"\r\n\r\n")
    usual, _, same_body = issue.message.data.partition(b"\r\n\r\n")
    assert b"\r\nSubject: =?" in head or b"\r\nSubject: [Test] " in head
    assert b"\r\nX-Paper-Digest-Test: yes" in head
    assert b"X-Paper-Digest-Test" not in usual
    assert _without_subject(body) == _without_subject(same_body)


def test_a_test_is_signed_like_an_issue(session: PreviewSession, tmp_path: Path) -> None:
    key = generate_private_key(public_exponent=65537, key_size=2048)
    file = tmp_path / "key.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    settings = session.settings.model_copy(update={"dkim": (DkimSettings(selector="t", key_file=str(file)),)})
    signing = open_session(session.store, settings, lambda: NOW)
    decided = signing.previews.decide(signing.subscriber(1), Scope(), NOW)
    message = signing.renderer.render(
        lambda renderer: signing.previews.test_message(decided, renderer, "ada@example.com")
    ).outcome
    public = b64encode(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    assert message is not None
    assert dkim.verify(message.data, dnsfunc=lambda _name, timeout=5: b"v=DKIM1; k=rsa; p=" + public)


def _without_subject(body: bytes) -> bytes:
    return re.sub(rb"<title>.*?</title>", b"", body, flags=re.DOTALL)


def test_somebody_without_a_profile_sees_what_trends(session: PreviewSession, client: httpx.Client) -> None:
    html = client.get(f"{session.root}?who=0&from=recent").text
    assert "trending from 4 new papers" in html


def test_a_person_is_found_by_address(session: PreviewSession, client: httpx.Client) -> None:
    assert str(client.get(f"{session.root}?find=BOB@example.com").url).endswith("?who=2")
    assert client.get(f"{session.root}?find=eve@example.com").status_code == 400


NONSENSE = [
    "?who=99",
    "?who=x",
    "?date=x",
    "?from=listing-",
    "?draft=%00",
    "compare?left=x",
    "sample-mails/no-such",
    "inbox",
]


@pytest.mark.parametrize("path", NONSENSE)
def test_an_address_that_makes_no_sense_is_told_so(path: str, session: PreviewSession, client: httpx.Client) -> None:
    answer = client.get(session.root + path)
    assert answer.status_code == 400
    assert "Cannot show this page" in answer.text


@pytest.mark.parametrize("name", [one.name for one in sample_mails(load_templates())])
def test_every_sample_mail_is_shown_in_html_and_text(name: str, session: PreviewSession, client: httpx.Client) -> None:
    page = client.get(f"{session.root}sample-mails/{name}")
    assert page.status_code == 200
    assert client.get(f"{session.root}sample-mail/{name}?scheme=forced").status_code == 200
    assert client.get(f"{session.root}sample-mails/{name}?show=text").status_code == 200


def test_what_was_sent_is_no_longer_new_says_when_it_was_sent_and_can_be_looked_at_again(
    session: PreviewSession, client: httpx.Client
) -> None:
    renderer = MailRenderer.load(load_templates(), masthead(session.settings.sender))
    with session.store.transaction() as tx:
        keys = secrets.keyring(tx, NOW)
    plan(session.store, session.settings, NOW)
    deliver(session.store, composer(renderer, keys, session.settings), session.settings, NOW)

    new = client.get(f"{session.root}?who=1").text
    assert "No e-mail would be sent:</b> no new papers" in new
    assert "already considered for an earlier issue (sent on 9 March)" in new
    again = client.get(f"{session.root}mail?who=1&from=recent").text
    assert TUNING in again


def test_the_papers_of_one_listing_can_be_looked_at(session: PreviewSession, client: httpx.Client) -> None:
    with session.store.transaction() as tx:
        record = ListingRecord(source="page", origin="page.txt", format="x", sha256="0", read_at=NOW, papers=1, new=0)
        listing = listings.add(tx, record, [(1, Sighting(title=TUNING)), (4, Sighting(title=CACTI))])
    page = client.get(f"{session.root}?who=1&from=listing-{listing}").text
    assert "2 of 2 papers" in page
    assert CACTI in page
    assert SPEECH not in page
