"""Addresses that carry a token, and domains in ASCII."""

from __future__ import annotations

import re

import idna

from digest.errors import MessageError

LONGEST_LOCAL_PART = 64  # octets (RFC 5321, 4.5.3.1.1)
_UNSAFE = re.compile('[\\x00-\\x20\\x7f-\\xa0<>(),;:\\\\"\\[\\]\u2028\u2029]')


def tagged(address: str, token: str) -> str:
    """Return LOCAL+TOKEN@DOMAIN, so that a bounce to this address names its delivery (VERP)."""
    local, _, domain = address.rpartition("@")
    if len(local) + 1 + len(token) > LONGEST_LOCAL_PART:
        most = LONGEST_LOCAL_PART - 1 - len(token)
        raise MessageError(f"{address}: the part before the @ has {len(local)} characters; with a token {most} fit")
    return f"{local}+{token}@{domain}"


def wire_address(address: str) -> str:
    """Return the address with its domain in ASCII (IDNA 2008, UTS 46). Raise MessageError if it is not an address."""
    local, at, domain = address.rpartition("@")
    if not (at and local and domain) or _UNSAFE.search(address):
        raise MessageError(f"{address!r} is not an address that mail can be sent to")
    if domain.isascii():
        return address
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError as error:
        raise MessageError(f"{address!r}: the domain is not valid: {error}") from error
