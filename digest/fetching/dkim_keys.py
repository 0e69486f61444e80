"""Private keys from files: what the mails are signed with."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from digest.errors import ConfigurationError
from digest.messages import wire_address
from digest.messages.dkim import Signer, read_key
from digest.settings import DkimSettings, Settings


def load_signers(settings: Settings) -> tuple[Signer, ...]:
    """Return a signer for each DKIM key of the settings; none where the relay signs.

    Raise ConfigurationError naming the file that cannot be read or holds no key for DKIM.
    """
    domain = wire_address(settings.sender.address).rpartition("@")[2] if settings.dkim else ""
    return tuple(_signer(key, key.domain or domain) for key in settings.dkim)


@lru_cache(maxsize=16)
def _signer(settings: DkimSettings, domain: str) -> Signer:
    try:
        pem = Path(settings.key_file).read_bytes()
    except OSError as error:
        raise ConfigurationError(f"dkim.key_file: {settings.key_file}: cannot be read: {error.strerror}") from error
    return Signer(domain=domain, selector=settings.selector, key=read_key(pem, f"dkim.key_file: {settings.key_file}"))
