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
from digest.rendering import MailRenderer
from digest.rendering.sample_mails import DAY, issue_of, sample_papers
from digest.runs.issues.compose import Composer, masthead
from digest.settings import SenderSettings, Settings, WebSettings
from digest.signed_links import Keyring, LinkClaim, Purpose, from_link, from_verp
from digest.subscribers import Subscription
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
RENDERER = MailRenderer.load(load_templates(), masthead(SETTINGS.sender))
COMPOSER = Composer(renderer=RENDERER, keyring=KEYRING, settings=SETTINGS)


def claim_of(link: str) -> LinkClaim | None:
    return KEYRING.verify(from_link(link.rpartition("/")[2]), DAY)


def parsed(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_each_link_is_good_for_one_act_of_this_delivery() -> None:
    links = COMPOSER.links(ISSUE, 42)
    acts = {
        links.unsubscribe: ("/u/", Purpose.UNSUBSCRIBE),
        links.pause: ("/p/", Purpose.PAUSE),
        links.view: ("/i/", Purpose.VIEW),
        links.vote: ("/v/", Purpose.VOTE),
    }
    for link, (path, purpose) in acts.items():
        assert link.startswith(f"https://digest.example.org{path}")
        assert claim_of(link) == LinkClaim(purpose=purpose, delivery=42, issued=DAY)
    assert links.manage == "https://digest.example.org/manage"


def test_the_message_keeps_every_rule_and_is_the_same_at_a_retry() -> None:
    message = COMPOSER.message(ISSUE, 42, READER, PAPERS)
    assert broken(message.data, issue=True) == []
    assert message == COMPOSER.message(ISSUE, 42, READER, PAPERS)
    assert message.data != COMPOSER.message(ISSUE, 43, READER, PAPERS).data


def test_the_preview_shows_what_is_sent() -> None:
    part = parsed(COMPOSER.message(ISSUE, 42, READER, PAPERS).data).get_body(("html",))
    assert part is not None
    shown = COMPOSER.rendering(ISSUE, 42, READER, PAPERS)
    assert part.get_content().replace("\r\n", "\n") == shown.html


def test_bounces_and_mails_to_unsubscribe_name_the_delivery() -> None:
    message = COMPOSER.message(ISSUE, 42, READER, PAPERS)
    local, _, domain = message.sender.partition("@")
    assert domain == "bounce.example.org"
    bounce = KEYRING.verify(from_verp(local.removeprefix("bounces+")), DAY)
    assert bounce == LinkClaim(purpose=Purpose.BOUNCE, delivery=42, issued=DAY)
    found = re.search(
        r"<mailto:leave\+(\w+)@example\.org\?subject=unsubscribe>", str(parsed(message.data)["List-Unsubscribe"])
    )
    assert found
    leave = KEYRING.verify(from_verp(found.group(1)), DAY + timedelta(days=900))
    assert leave == LinkClaim(purpose=Purpose.UNSUBSCRIBE, delivery=42, issued=DAY)


def test_without_web_pages_everything_goes_by_mail() -> None:
    settings = SETTINGS.model_copy(update={"web": WebSettings()})
    message = replace(COMPOSER, settings=settings).message(ISSUE, 42, READER, PAPERS)
    assert broken(message.data, issue=True) == []
    header = parsed(message.data)
    assert str(header["List-Unsubscribe"]).startswith("<mailto:leave+")
    assert header["List-Unsubscribe-Post"] is None
    assert b"https://digest.example.org" not in message.data


def test_the_header_tells_the_issue_from_others() -> None:
    found = COMPOSER.envelope(replace(ISSUE, weekly=True), 42, READER)
    assert found.feedback_id == "20250313:weekly:issue:paperdigest"
    assert found.list_id == "digest.example.org"
    assert (found.date, found.message_id) == (ISSUE.created, ISSUE.message_id)


def test_signers_sign() -> None:
    signer = Signer(domain="example.org", selector="s1", key=Ed25519PrivateKey.generate())
    message = replace(COMPOSER, signers=(signer,)).message(ISSUE, 42, READER, PAPERS)
    assert message.data.startswith(b"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/simple; d=example.org; s=s1;")


@pytest.mark.parametrize("address", ["nobody", "a\r\nb@example.com", "a b@example.com"])
def test_an_address_that_cannot_be_written_to_fails_its_message(address: str) -> None:
    with pytest.raises(MessageError):
        COMPOSER.message(ISSUE, 42, replace(READER, address=address), PAPERS)
