"""Records of the domain name system, as far as a resolver can be reached."""

from __future__ import annotations

from typing import Any

import dns.exception
import dns.resolver

from digest.errors import FetchError

PATIENCE = 4.0  #: seconds for one name


def texts(name: str) -> list[str]:
    """Return the TXT records of a name, each with its strings joined; empty when it has none or does not exist.

    Raise FetchError when no resolver answers.
    """
    return [b"".join(record.strings).decode("utf-8", "replace") for record in _records(name, "TXT")]


def takes_mail(domain: str) -> bool:
    """Return whether mail for the domain has somewhere to go: an MX record that names a host, or an address of its own.

    Raise FetchError when no resolver answers.
    """
    exchangers = _records(domain, "MX")
    if exchangers:
        return any(record.exchange.to_text() != "." for record in exchangers)
    return bool(_records(domain, "A") or _records(domain, "AAAA"))


def _records(name: str, kind: str) -> list[Any]:
    try:
        return list(dns.resolver.resolve(name, kind, lifetime=PATIENCE, search=False))
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise FetchError(f"{name}: no resolver answered: {error}") from error
