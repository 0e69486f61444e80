"""Immediate sending: messages without a row in the ledger go to the relay at once, and their fate comes back.

The outbox, the test send and the alerts to the operator all send here. What must arrive although the program is killed
waits in the outbox; the others are sent once.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from digest.deliveries import Attempt
from digest.errors import RelayError
from digest.messages import Message
from digest.settings import SmtpSettings
from digest.smtp import MessageList, OutgoingMessage, RelayClient


def send_messages(
    relay: SmtpSettings, messages: Mapping[int, Message], stop: threading.Event | None = None
) -> tuple[dict[int, Attempt], RelayError | None]:
    """Return the last attempt of each message that was tried, by its key, and why the relay could not be used.

    `stop`, once set, ends the sending after the messages under way.
    """
    attempts: dict[int, Attempt] = {}

    def record(made: Sequence[Attempt], intents: Sequence[int]) -> set[int]:
        attempts.update({attempt.delivery: attempt for attempt in made})
        return set(intents)

    if not messages:
        return attempts, None
    outgoing = [OutgoingMessage.of(key, message) for key, message in messages.items()]
    return attempts, RelayClient(relay, record, stop=stop).send_all(MessageList(outgoing))


def send_now(relay: SmtpSettings, message: Message) -> Attempt:
    """Return what sending one message came to. Raise RelayError when the relay cannot be used."""
    attempts, problem = send_messages(relay, {0: message})
    if 0 not in attempts:
        raise problem or RelayError(f"{relay.host}:{relay.port}: the relay neither accepted the message nor refused it")
    return attempts[0]
