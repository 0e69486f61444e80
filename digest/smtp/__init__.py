"""SMTP: sends messages to a relay over many connections in one thread; each step has its own time-out.

`RelayClient.send_all` takes messages and a `Record` (the ledger's intents and marks); this package uses no store.
"""

from digest.smtp.outgoing import MessageList, MessageSource, OutgoingMessage, Record, RetryAfter
from digest.smtp.relay_client import RelayClient
from digest.smtp.session import Extensions, probe

__all__ = [
    "Extensions",
    "MessageList",
    "MessageSource",
    "OutgoingMessage",
    "Record",
    "RelayClient",
    "RetryAfter",
    "probe",
]
