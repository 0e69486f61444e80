"""The envelope: a rendering and who it goes to -> the bytes of a message, ready for the wire."""

from digest.messages.addresses import tagged, wire_address
from digest.messages.message import Envelope, Message, compose

__all__ = ["Envelope", "Message", "compose", "tagged", "wire_address"]
