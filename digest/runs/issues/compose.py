"""One issue -> its rendering and its message: the one path for preview, render and send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache

from digest.issues import Issue
from digest.messages import Envelope, Message, tagged
from digest.messages import compose as message_of
from digest.messages.dkim import Signer
from digest.papers import Paper
from digest.rendering import Addressee, IssueLinks, MailRenderer, Masthead, Rendering
from digest.runs.issues.sender_identity import SenderIdentity, sender_identity
from digest.settings import SenderSettings, Settings
from digest.signed_links import Keyring, Purpose, Series, link_form, verp_form
from digest.subscribers import Subscription

FEEDBACK_SENDER = "paperdigest"  #: names the program in Feedback-ID


def masthead(sender: SenderSettings) -> Masthead:
    """Return what the mails say of their sender."""
    return Masthead(name=sender.name, address=sender.address, postal=sender.postal)


@dataclass(frozen=True, kw_only=True)
class Composer:
    """Makes the mails of one sender."""

    renderer: MailRenderer
    keyring: Keyring  #: signs the links
    settings: Settings
    signers: tuple[Signer, ...] = ()  #: of whole messages (DKIM)

    def message(self, issue: Issue, delivery: int, subscription: Subscription, papers: Mapping[int, Paper]) -> Message:
        """Return the message of an issue, the same at every retry. Raise MessageError where it cannot be made."""
        tokens = self.keyring.series(delivery, issue.issue_date)
        unsubscribe_token = tokens(Purpose.UNSUBSCRIBE)
        links = self._links(tokens, unsubscribe_token)
        rendering = self.renderer.issue(issue, papers, _addressee(subscription), links)
        return message_of(rendering, self._envelope(issue, subscription, tokens, unsubscribe_token), self.signers)

    def rendering(
        self, issue: Issue, delivery: int, subscription: Subscription, papers: Mapping[int, Paper]
    ) -> Rendering:
        """Return the issue as its reader sees it, in HTML and in text: what `message` holds."""
        return self.renderer.issue(issue, papers, _addressee(subscription), self.links(issue, delivery))

    def links(self, issue: Issue, delivery: int) -> IssueLinks:
        """Return the links of one issue: each to one act, good for this delivery only."""
        tokens = self.keyring.series(delivery, issue.issue_date)
        return self._links(tokens, tokens(Purpose.UNSUBSCRIBE))

    def envelope(self, issue: Issue, delivery: int, subscription: Subscription) -> Envelope:
        """Return who the message of an issue is from and to."""
        tokens = self.keyring.series(delivery, issue.issue_date)
        return self._envelope(issue, subscription, tokens, tokens(Purpose.UNSUBSCRIBE))

    @cached_property
    def _identity(self) -> SenderIdentity:
        return sender_identity(self.settings)

    def _links(self, tokens: Series, unsubscribe_token: bytes) -> IssueLinks:
        web = self._identity.web
        if not web:
            return IssueLinks(unsubscribe=self._mailto(unsubscribe_token))
        return IssueLinks(
            unsubscribe=_unsubscribe_page(web, unsubscribe_token),
            manage=f"{web}/manage",
            pause=f"{web}/p/{link_form(tokens(Purpose.PAUSE))}",
            view=f"{web}/i/{link_form(tokens(Purpose.VIEW))}",
            vote=f"{web}/v/{link_form(tokens(Purpose.VOTE))}",
        )

    def _envelope(self, issue: Issue, subscription: Subscription, tokens: Series, unsubscribe_token: bytes) -> Envelope:
        """Who the message is from and to: the envelope sender names the delivery, so that a bounce finds its row."""
        identity = self._identity
        return Envelope(
            sender_name=identity.name,
            sender_address=identity.address,
            bounces=tagged(identity.bounces, verp_form(tokens(Purpose.BOUNCE))),
            recipient=subscription.address,
            recipient_name=subscription.name,
            date=issue.created,
            message_id=issue.message_id,
            list_id=identity.list_id,
            unsubscribe_url=_unsubscribe_page(identity.web, unsubscribe_token) if identity.web else "",
            unsubscribe_mailto=self._mailto(unsubscribe_token),
            feedback_id=_feedback_id(issue.issue_date, weekly=issue.weekly),
        )

    def _mailto(self, unsubscribe_token: bytes) -> str:
        return f"mailto:{tagged(self._identity.unsubscribe, verp_form(unsubscribe_token))}?subject=unsubscribe"


def _addressee(subscription: Subscription) -> Addressee:
    return Addressee(address=subscription.address, name=subscription.name, language=subscription.language)


def _unsubscribe_page(web: str, unsubscribe_token: bytes) -> str:
    return f"{web}/u/{link_form(unsubscribe_token)}"


@lru_cache(maxsize=64)
def _feedback_id(day: date, *, weekly: bool) -> str:
    return f"{day:%Y%m%d}:{'weekly' if weekly else 'daily'}:issue:{FEEDBACK_SENDER}"
