"""One issue becomes one message: its links, its envelope, and the same bytes at every retry."""

import email
import email.policy
import re
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from digest.errors import MessageError
from digest.fetching.templates import load_templates
from digest.messages.dkim import Signer
from digest.rendering import Press
from digest.rendering.specimens import DAY, issue_of, sample_papers
from digest.runs.compose import compose, envelope, issue_links, masthead, rendered
from digest.settings import SenderSettings, Settings, WebSettings
from digest.subscribers import Subscription
from digest.tokens import Claim, Keyring, Purpose, from_link, from_verp
from tests.gallery.rules import broken

KEYRING = Keyring((b"k" * 32,))
SETTINGS = Settings(
    sender=SenderSettings(
        postal="1 Sample Street", bounces="bounces@bounce.example.org", unsubscribe="leave@example.org"
    ),
    web=WebSettings(url="https://digest.example.org/"),
)
READER = Subscription(address="ada@example.com", name="Ada")
PAPERS = {paper.number: paper for paper in sample_papers(load_templates())}
ISSUE = issue_of(list(PAPERS.values())[:3])
PRESS = Press.load(load_templates(), masthead(SETTINGS.sender))


def claim_of(link: str) -> Claim | None:
    return KEYRING.verify(from_link(link.rpartition("/")[2]), DAY)


def parsed(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_each_link_is_good_for_one_act_of_this_delivery() -> None:
    links = issue_links(ISSUE, 42, KEYRING, SETTINGS)
    acts = {
        links.unsubscribe: ("/u/", Purpose.UNSUBSCRIBE, 0),
        links.pause: ("/p/", Purpose.PAUSE, 0),
        links.view: ("/i/", Purpose.VIEW, 0),
        links.up[2]: ("/v/", Purpose.VOTE_UP, 2),
        links.down[3]: ("/v/", Purpose.VOTE_DOWN, 3),
    }
    for link, (path, purpose, paper) in acts.items():
        assert link.startswith(f"https://digest.example.org{path}")
        assert claim_of(link) == Claim(purpose=purpose, delivery=42, paper=paper, issued=DAY)
    assert links.manage == "https://digest.example.org/manage"


def test_the_message_keeps_every_rule_and_is_the_same_at_a_retry() -> None:
    message = compose(ISSUE, 42, READER, PAPERS, PRESS, KEYRING, SETTINGS)
    assert broken(message.data, issue=True) == []
    assert message == compose(ISSUE, 42, READER, PAPERS, PRESS, KEYRING, SETTINGS)
    assert message.data != compose(ISSUE, 43, READER, PAPERS, PRESS, KEYRING, SETTINGS).data


def test_the_preview_shows_what_is_sent() -> None:
    part = parsed(compose(ISSUE, 42, READER, PAPERS, PRESS, KEYRING, SETTINGS).data).get_body(("html",))
    assert part is not None
    shown = rendered(ISSUE, 42, READER, PAPERS, PRESS, KEYRING, SETTINGS)
    assert part.get_content().replace("\r\n", "\n") == shown.html


def test_bounces_and_mails_to_unsubscribe_name_the_delivery() -> None:
    message = compose(ISSUE, 42, READER, PAPERS, PRESS, KEYRING, SETTINGS)
    local, _, domain = message.sender.partition("@")
    assert domain == "bounce.example.org"
    bounce = KEYRING.verify(from_verp(local.removeprefix("bounces+")), DAY)
    assert bounce == Claim(purpose=Purpose.BOUNCE, delivery=42, issued=DAY)
    found = re.search(
        r"<mailto:leave\+(\w+)@example\.org\?subject=unsubscribe>", str(parsed(message.data)["List-Unsubscribe"])
    )
    assert found
    leave = KEYRING.verify(from_verp(found.group(1)), DAY + timedelta(days=900))
    assert leave == Claim(purpose=Purpose.UNSUBSCRIBE, delivery=42, issued=DAY)


def test_without_web_pages_everything_goes_by_mail() -> None:
    settings = SETTINGS.model_copy(update={"web": WebSettings()})
    message = compose(ISSUE, 42, READER, PAPERS, PRESS, KEYRING, settings)
    assert broken(message.data, issue=True) == []
    header = parsed(message.data)
    assert str(header["List-Unsubscribe"]).startswith("<mailto:leave+")
    assert header["List-Unsubscribe-Post"] is None
    assert b"https://digest.example.org" not in message.data


def test_the_header_tells_the_issue_from_others() -> None:
    found = envelope(replace(ISSUE, weekly=True), 42, READER, KEYRING, SETTINGS)
    assert found.feedback_id == "20250313:weekly:issue:paperdigest"
    assert found.list_id == "digest.example.org"
    assert (found.date, found.message_id) == (ISSUE.created, ISSUE.message_id)


def test_signers_sign() -> None:
    signer = Signer(domain="example.org", selector="s1", key=Ed25519PrivateKey.generate())
    message = compose(ISSUE, 42, READER, PAPERS, PRESS, KEYRING, SETTINGS, (signer,))
    assert message.data.startswith(b"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/simple; d=example.org; s=s1;")


@pytest.mark.parametrize("address", ["nobody", "a\r\nb@example.com", "a b@example.com"])
def test_an_address_that_cannot_be_written_to_fails_its_message(address: str) -> None:
    with pytest.raises(MessageError):
        compose(ISSUE, 42, replace(READER, address=address), PAPERS, PRESS, KEYRING, SETTINGS)
