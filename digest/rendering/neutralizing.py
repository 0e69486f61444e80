"""Outside text made safe for a message: nothing in it can control a client, a terminal or a template."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, urlsplit

_CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff\ufdd0-\ufdef\ud800-\udfff"
    "\ufffe\uffff" + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(1, 17)) + "]"
)
_BREAKS = re.compile("[\\s\u2028\u2029\x85]+")
LONGEST_URL = 1_000  # characters
_URL_SAFE = "!#$%&'()*+,/:;=?@[]~-._"


def neutralized(text: str) -> str:
    """Return the text on one line, in NFC, without control, direction and non-characters."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return _BREAKS.sub(" ", _CONTROL.sub("", unicodedata.normalize("NFC", _BREAKS.sub(" ", text)))).strip()


def neutralized_url(url: str) -> str:
    """Return the address as https, percent-encoded where needed; empty unless it is http(s) with a host.

    Messages link to https only: clients warn about plain http, and the hosts of papers answer on both.
    """
    address = neutralized(url)
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or parts.username is not None or len(url) > LONGEST_URL:
        return ""
    return "" if parts.scheme == "http" and port else quote("https" + address[len(parts.scheme) :], safe=_URL_SAFE)
