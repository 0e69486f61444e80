"""E-mail addresses of people: what counts as one, and the form in which two of them are compared."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from functools import lru_cache

import idna

from digest.profiles import ProfileFault

MAX_ADDRESS_LENGTH = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets
_REMEMBERED = 4_096  # domains

_LOCAL_PART = re.compile(r"[^\s@<>()\[\],;:\\\"]+")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9_-]{0,61}[a-z0-9]")  # once encoded


def normalised_address(address: str) -> str:
    """Return the canonical form of an address, in which addresses are compared.

    The domain is the one of the wire (IDNA 2008, A-labels), the local part is composed (NFC), and both are lower case.
    RFC 5321 lets local parts differ by case; no large provider does, and one person must not get two messages.
    """
    trimmed = address.strip()
    if trimmed.isascii():
        return trimmed.lower()
    local, at, domain = trimmed.rpartition("@")
    return f"{_composed(local)}{at}{canonical_domain(domain)}"


def address_spellings(address: str) -> frozenset[str]:
    """Return the canonical form of an address and the spellings that earlier versions compared in its place.

    They matter where only a hash of an address is stored.
    """
    canonical = normalised_address(address)
    typed = address.strip().lower()
    if "xn--" not in canonical and typed == canonical:
        return frozenset({canonical})
    local, at, domain = canonical.rpartition("@")
    with suppress(UnicodeError):
        domain = idna.decode(domain)
    return frozenset({canonical, typed, f"{local}{at}{domain}"})


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())


@lru_cache(maxsize=_REMEMBERED)
def canonical_domain(domain: str) -> str:
    """Return a domain in lower case with A-labels; one that IDNA does not allow is only put in lower case."""
    try:
        return _encoded_domain(domain)
    except UnicodeError:
        return domain.lower()


def _encoded_domain(domain: str) -> str:
    """Return a domain with A-labels. Raise UnicodeError for one that IDNA 2008 does not allow."""
    lowered = domain.lower()
    if lowered.isascii() and "xn--" not in lowered:
        return lowered
    return idna.encode(domain, uts46=True).decode("ascii").lower()


def address_faults(address: str) -> list[ProfileFault]:
    """Return what is wrong with an address as the target of mail (RFC 5321, RFC 6531); empty when it can be used."""
    local, at, domain = address.rpartition("@")
    if not at or not _LOCAL_PART.fullmatch(local) or not local.isprintable():
        return [ProfileFault(field="address", reason=f"{address!r} is not an e-mail address")]
    if local.startswith(".") or local.endswith(".") or ".." in local or len(local.encode()) > 64:
        return [ProfileFault(field="address", reason=f"{address!r}: the part before the @ is not valid")]
    if not _is_domain(domain) or len(local.encode()) + 1 + len(domain.encode()) > MAX_ADDRESS_LENGTH:
        return [ProfileFault(field="address", reason=f"{address!r}: the part after the @ is not a domain name")]
    return []


def _is_domain(domain: str) -> bool:
    """Return whether a domain has at least two labels that DNS and IDNA 2008 allow."""
    try:
        encoded = _encoded_domain(domain)
    except UnicodeError:
        return False
    return len(encoded) <= MAX_ADDRESS_LENGTH and _DOMAIN.fullmatch(encoded) is not None
