"""What a fetch brings: bytes with their provenance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256

MOST_BYTES = 200_000_000  #: a listing larger than this is refused; the largest known has 20 MB


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """The content of a file or an address."""

    origin: str  #: path or URL, without a password
    data: bytes
    modified: datetime | None = None  #: aware, UTC, when the file or the server says so
    etag: str = ""  #: as the server gave it, for the next conditional request
    last_modified: str = ""  #: likewise

    @cached_property
    def sha256(self) -> str:
        """The hash of the content, in hexadecimal."""
        return sha256(self.data).hexdigest()
