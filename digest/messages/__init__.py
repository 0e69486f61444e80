"""Messages: a rendering and its recipient -> the bytes to send."""

from digest.messages.addresses import tagged, wire_address
from digest.messages.message import Envelope, Message, compose

__all__ = ["Envelope", "Message", "compose", "tagged", "wire_address"]
