"""One issue -> its rendering and its message: the one path for preview, render and send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from digest.issues import Issue
from digest.messages import Envelope, Message, tagged, wire_address
from digest.messages import compose as message_of
from digest.messages.dkim import Signer
from digest.papers import Paper
from digest.rendering import Addressee, IssueLinks, Masthead, Press, Rendering
from digest.settings import SenderSettings, Settings
from digest.subscribers import Subscription
from digest.tokens import Claim, Keyring, Purpose, link_form, verp_form

FEEDBACK_SENDER = "paperdigest"  #: names the program in Feedback-ID


def masthead(sender: SenderSettings) -> Masthead:
    """Gives what the mails say of their sender."""
    return Masthead(name=sender.name, address=sender.address, postal=sender.postal)


def compose(
    issue: Issue,
    delivery_id: int,
    subscription: Subscription,
    papers: Mapping[int, Paper],
    press: Press,
    keyring: Keyring,
    settings: Settings,
    signers: tuple[Signer, ...] = (),
) -> Message:
    """Gives the message of an issue, the same at every retry. Raises MessageError where it cannot be made."""
    rendering = rendered(issue, delivery_id, subscription, papers, press, keyring, settings)
    return message_of(rendering, envelope(issue, delivery_id, subscription, keyring, settings), signers)


def rendered(
    issue: Issue,
    delivery_id: int,
    subscription: Subscription,
    papers: Mapping[int, Paper],
    press: Press,
    keyring: Keyring,
    settings: Settings,
) -> Rendering:
    """Gives the issue as its reader sees it, in HTML and in text."""
    reader = Addressee(address=subscription.address, name=subscription.name, language=subscription.language)
    return press.issue(issue, papers, reader, issue_links(issue, delivery_id, keyring, settings))


def issue_links(issue: Issue, delivery_id: int, keyring: Keyring, settings: Settings) -> IssueLinks:
    """Gives the links of one issue: each to one act, good for this delivery only."""
    tokens = _Tokens(keyring=keyring, delivery=delivery_id, issue=issue)
    web = settings.web.url.rstrip("/")
    if not web:
        return IssueLinks(unsubscribe=_unsubscribe_mailto(tokens, settings))
    numbers = [pick.paper for pick in (*issue.picks, *issue.trending)]
    votes = f"{web}/v/"
    return IssueLinks(
        unsubscribe=f"{web}/u/{tokens.link(Purpose.UNSUBSCRIBE)}",
        manage=f"{web}/manage",
        pause=f"{web}/p/{tokens.link(Purpose.PAUSE)}",
        view=f"{web}/i/{tokens.link(Purpose.VIEW)}",
        up={number: votes + tokens.link(Purpose.VOTE_UP, number) for number in numbers},
        down={number: votes + tokens.link(Purpose.VOTE_DOWN, number) for number in numbers},
    )


def envelope(
    issue: Issue, delivery_id: int, subscription: Subscription, keyring: Keyring, settings: Settings
) -> Envelope:
    """Gives who the message is from and to: the envelope sender names the delivery, so that a bounce finds its row."""
    tokens, sender = _Tokens(keyring=keyring, delivery=delivery_id, issue=issue), settings.sender
    web = settings.web.url.rstrip("/")
    address, list_id = _standing(sender)
    return Envelope(
        sender_name=sender.name,
        sender_address=address,
        bounces=tagged(wire_address(sender.bounces) if sender.bounces else address, tokens.verp(Purpose.BOUNCE)),
        recipient=subscription.address,
        recipient_name=subscription.name,
        date=issue.created,
        message_id=issue.message_id,
        list_id=list_id,
        unsubscribe_url=f"{web}/u/{tokens.link(Purpose.UNSUBSCRIBE)}" if web else "",
        unsubscribe_mailto=_unsubscribe_mailto(tokens, settings),
        feedback_id=f"{issue.issue_date:%Y%m%d}:{'weekly' if issue.weekly else 'daily'}:issue:{FEEDBACK_SENDER}",
    )


@dataclass(frozen=True, kw_only=True)
class _Tokens:
    keyring: Keyring
    delivery: int
    issue: Issue

    def link(self, purpose: Purpose, paper: int = 0) -> str:
        return link_form(self._sign(purpose, paper))

    def verp(self, purpose: Purpose) -> str:
        return verp_form(self._sign(purpose, 0))

    def _sign(self, purpose: Purpose, paper: int) -> bytes:
        claim = Claim(purpose=purpose, delivery=self.delivery, paper=paper, issued=self.issue.issue_date)
        return self.keyring.sign(claim)


def _unsubscribe_mailto(tokens: _Tokens, settings: Settings) -> str:
    address = settings.sender.unsubscribe or settings.sender.address
    return f"mailto:{tagged(wire_address(address), tokens.verp(Purpose.UNSUBSCRIBE))}?subject=unsubscribe"


@lru_cache(maxsize=16)
def _standing(sender: SenderSettings) -> tuple[str, str]:
    """The address in From and the List-Id, the same in every message of a sender."""
    address = wire_address(sender.address)
    local, _, domain = address.rpartition("@")
    label = "".join(character if character.isalnum() else "-" for character in local if character.isascii())
    return address, f"{label.strip('-') or 'list'}.{domain}"
