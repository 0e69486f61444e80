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
from digest.tokens import Keyring, Purpose, Series, link_form, verp_form

FEEDBACK_SENDER = "paperdigest"  #: names the program in Feedback-ID


def masthead(sender: SenderSettings) -> Masthead:
    """Gives what the mails say of their sender."""
    return Masthead(name=sender.name, address=sender.address, postal=sender.postal)


@dataclass(frozen=True, kw_only=True)
class Composer:
    """Makes the mails of one sender."""

    press: Press
    keyring: Keyring  #: signs the links
    settings: Settings
    signers: tuple[Signer, ...] = ()  #: of whole messages (DKIM)

    def message(self, issue: Issue, delivery: int, subscription: Subscription, papers: Mapping[int, Paper]) -> Message:
        """Gives the message of an issue, the same at every retry. Raises MessageError where it cannot be made."""
        tokens = self.keyring.series(delivery, issue.issue_date)
        links = _links(tokens, self.settings)
        rendering = self.press.issue(issue, papers, _addressee(subscription), links)
        return message_of(rendering, _envelope(issue, subscription, tokens, links, self.settings), self.signers)

    def rendering(
        self, issue: Issue, delivery: int, subscription: Subscription, papers: Mapping[int, Paper]
    ) -> Rendering:
        """Gives the issue as its reader sees it, in HTML and in text: what `message` holds."""
        return self.press.issue(issue, papers, _addressee(subscription), self.links(issue, delivery))

    def links(self, issue: Issue, delivery: int) -> IssueLinks:
        """Gives the links of one issue: each to one act, good for this delivery only."""
        return _links(self.keyring.series(delivery, issue.issue_date), self.settings)

    def envelope(self, issue: Issue, delivery: int, subscription: Subscription) -> Envelope:
        """Gives who the message of an issue is from and to."""
        tokens = self.keyring.series(delivery, issue.issue_date)
        return _envelope(issue, subscription, tokens, _links(tokens, self.settings), self.settings)


def _addressee(subscription: Subscription) -> Addressee:
    return Addressee(address=subscription.address, name=subscription.name, language=subscription.language)


def _links(tokens: Series, settings: Settings) -> IssueLinks:
    web = settings.web.url.rstrip("/")
    if not web:
        return IssueLinks(unsubscribe=_unsubscribe_mailto(tokens, settings.sender))
    return IssueLinks(
        unsubscribe=f"{web}/u/{link_form(tokens(Purpose.UNSUBSCRIBE))}",
        manage=f"{web}/manage",
        pause=f"{web}/p/{link_form(tokens(Purpose.PAUSE))}",
        view=f"{web}/i/{link_form(tokens(Purpose.VIEW))}",
        vote=f"{web}/v/{link_form(tokens(Purpose.VOTE))}",
    )


def _envelope(
    issue: Issue, subscription: Subscription, tokens: Series, links: IssueLinks, settings: Settings
) -> Envelope:
    """Who the message is from and to: the envelope sender names the delivery, so that a bounce finds its row."""
    sender = settings.sender
    address, bounces, list_id = _standing(sender)
    day, cadence = issue.issue_date.isoformat().replace("-", ""), "weekly" if issue.weekly else "daily"
    return Envelope(
        sender_name=sender.name,
        sender_address=address,
        bounces=tagged(bounces, verp_form(tokens(Purpose.BOUNCE))),
        recipient=subscription.address,
        recipient_name=subscription.name,
        date=issue.created,
        message_id=issue.message_id,
        list_id=list_id,
        unsubscribe_url=links.unsubscribe if links.view else "",
        unsubscribe_mailto=_unsubscribe_mailto(tokens, sender) if links.view else links.unsubscribe,
        feedback_id=f"{day}:{cadence}:issue:{FEEDBACK_SENDER}",
    )


def _unsubscribe_mailto(tokens: Series, sender: SenderSettings) -> str:
    address = wire_address(sender.unsubscribe or sender.address)
    return f"mailto:{tagged(address, verp_form(tokens(Purpose.UNSUBSCRIBE)))}?subject=unsubscribe"


@lru_cache(maxsize=16)
def _standing(sender: SenderSettings) -> tuple[str, str, str]:
    """The address in From, the envelope sender before its token, and the List-Id: the same in every message."""
    address = wire_address(sender.address)
    local, _, domain = address.rpartition("@")
    label = "".join(character if character.isalnum() else "-" for character in local if character.isascii())
    bounces = wire_address(sender.bounces) if sender.bounces else address
    return address, bounces, f"{label.strip('-') or 'list'}.{domain}"
