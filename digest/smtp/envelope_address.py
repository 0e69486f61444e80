"""Addresses of the SMTP envelope: domains in IDNA form, UTF-8 only where the local part needs it (RFC 6531)."""

from __future__ import annotations

import re
from typing import NamedTuple

import idna

from digest.errors import MessageError

_ENVELOPE = re.compile(rb"[!-;=?-~\x80-\xff]+")  # neither blanks nor control characters nor angle brackets


class EnvelopeAddress(NamedTuple):
    """An address ready for MAIL FROM or RCPT TO."""

    encoded: bytes  #: what goes between the angle brackets
    needs_utf8: bool  #: whether the server must offer SMTPUTF8


def envelope_address(address: str) -> EnvelopeAddress:
    """Return the form of an address for the envelope. Raise MessageError when it has none.

    The domain is written in its ASCII form (IDNA 2008 with the mappings of UTS 46), so that only an address whose
    local part is not ASCII needs SMTPUTF8. Blanks, control characters and angle brackets are refused: they would be
    read as further parameters or commands.
    """
    local, _, domain = address.rpartition("@")
    if not address.isascii():
        domain = _ascii_domain(domain, address)
    encoded = f"{local}@{domain}".encode("utf-8", "replace")
    if not local or not domain or not _ENVELOPE.fullmatch(encoded):
        raise MessageError(f"{address!r} cannot be used in an SMTP envelope")
    return EnvelopeAddress(encoded=encoded, needs_utf8=not encoded.isascii())


def _ascii_domain(domain: str, address: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise MessageError(f"{address!r}: {domain!r} is not a domain name: {error}") from error
