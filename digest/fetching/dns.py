"""DNS look-ups."""

from __future__ import annotations

from typing import Any

import dns.exception
import dns.resolver

from digest.errors import FetchError

TIMEOUT = 4.0  #: seconds per name


def texts(name: str) -> list[str]:
    """Return the TXT records of a name, each with its strings joined; empty when it has none or does not exist.

    Raise FetchError when no resolver answers.
    """
    return [b"".join(record.strings).decode("utf-8", "replace") for record in _records(name, "TXT")]


def accepts_mail(domain: str) -> bool:
    """Return whether the domain accepts mail: it has an MX record that names a host, or an A or AAAA record.

    Raise FetchError when no resolver answers.
    """
    exchangers = _records(domain, "MX")
    if exchangers:
        return any(record.exchange.to_text() != "." for record in exchangers)
    return bool(_records(domain, "A") or _records(domain, "AAAA"))


def _records(name: str, kind: str) -> list[Any]:
    try:
        return list(dns.resolver.resolve(name, kind, lifetime=TIMEOUT, search=False))
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise FetchError(f"{name}: no resolver answered: {error}") from error
