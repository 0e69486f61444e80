"""Test send: one issue to one address, marked as a test; the ledger and the cursor do not change."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

from digest.addresses import address_faults
from digest.deliveries import Attempt
from digest.errors import UsageError
from digest.fetching.dkim_keys import load_signers
from digest.issues import Issue
from digest.messages import Message
from digest.messages import compose as message_of
from digest.papers import Paper
from digest.runs.issues.compose import Composer
from digest.runs.issues.render import NO_DELIVERY
from digest.runs.transactional.immediate import send_now
from digest.settings import SmtpSettings
from digest.subscribers import Subscriber

MARK = "[Test] "  #: stands before the subject
_log = logging.getLogger(__name__)


def test_message(
    issue: Issue, subscriber: Subscriber, papers: Mapping[int, Paper], to: str, composer: Composer
) -> Message:
    """Return the message of an issue as a test for that address: its body is that of the issue, signed like one.

    Raise UsageError for an address that cannot take mail.
    """
    faults = address_faults(to)
    if faults:
        raise UsageError(faults[0].reason)
    usual = composer.envelope(issue, NO_DELIVERY, subscriber.subscription)
    rendering = composer.rendering(issue, NO_DELIVERY, subscriber.subscription, papers)
    marked = replace(usual, recipient=to, recipient_name="", message_id=f"test.{usual.message_id}", test=True)
    return message_of(replace(rendering, subject=MARK + rendering.subject), marked, load_signers(composer.settings))


def send_test(message: Message, relay: SmtpSettings) -> Attempt:
    """Return what sending the message came to. Raise RelayError when the relay cannot be used."""
    attempt = send_now(relay, message)
    _log.info("test to %s: %s", message.recipient, attempt.outcome, extra={"action": "trial"})
    return attempt
