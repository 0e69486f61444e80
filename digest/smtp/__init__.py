"""SMTP: messages to a relay, many connections in one thread, every step driven by itself and under a time-out.

`Courier.carry` takes parcels and a `Record` (the ledger's intents and marks); this room touches no store.
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
