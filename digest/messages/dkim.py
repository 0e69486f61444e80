"""DKIM signatures (RFC 6376, RFC 8463): relaxed headers and simple body, so the bytes sent are the bytes signed."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from digest.errors import ConfigurationError

MIN_RSA_BITS = 1024  # RFC 8301, 3.2; receivers ask for 2048 today
_SIGNED = (
    *(b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type"),
    *(b"list-id", b"list-unsubscribe", b"list-unsubscribe-post", b"feedback-id"),
)
_BLANKS = re.compile(rb"[ \t\r\n]+")


@dataclass(frozen=True, kw_only=True)
class Signer:
    """Signing key of one domain."""

    domain: str
    selector: str
    key: RSAPrivateKey | Ed25519PrivateKey

    def signature(self, fields: Sequence[bytes], body: bytes, at: datetime) -> bytes:
        """Return the DKIM-Signature field, which goes before these header fields."""
        canonical = dict(map(_relaxed, fields))
        names = [name for name in _SIGNED if name in canonical]
        field = self._unsigned_field([b"from", *names], body, at)  # From twice, so that nobody can add a second one
        signed = b"".join([canonical[name] + b"\r\n" for name in names]) + _relaxed(field)[1]
        return field + _folded(b64encode(self._sign(signed))) + b"\r\n"

    def _unsigned_field(self, names: Sequence[bytes], body: bytes, at: datetime) -> bytes:
        algorithm = b"rsa-sha256" if isinstance(self.key, RSAPrivateKey) else b"ed25519-sha256"
        parts = (
            b"DKIM-Signature: v=1; a=%s; c=relaxed/simple; d=%s; s=%s;" % (algorithm, *self._place()),
            b" t=%d; h=%s;" % (int(at.timestamp()), b":\r\n  ".join((b":".join(names[:6]), b":".join(names[6:])))),
            b" bh=%s;" % b64encode(sha256(body).digest()),
            b" b=",
        )
        return b"\r\n".join(parts)

    def _place(self) -> tuple[bytes, bytes]:
        return self.domain.encode("idna"), self.selector.encode("ascii")

    def _sign(self, data: bytes) -> bytes:
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(data, PKCS1v15(), hashes.SHA256())
        return self.key.sign(sha256(data).digest())  # RFC 8463, 3: the hash is signed


def read_key(pem: bytes, origin: str) -> RSAPrivateKey | Ed25519PrivateKey:
    """Return the private key of a PEM file. Raise ConfigurationError with the name of the file."""
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError) as error:
        raise ConfigurationError(f"{origin}: is not a PEM private key without a password") from error
    if isinstance(key, RSAPrivateKey) and key.key_size >= MIN_RSA_BITS:
        return key
    if isinstance(key, Ed25519PrivateKey):
        return key
    raise ConfigurationError(f"{origin}: DKIM needs an RSA key of {MIN_RSA_BITS} bits or more, or an Ed25519 key")


def _relaxed(field: bytes) -> tuple[bytes, bytes]:
    """Return the name in lower case, and the field in relaxed form without its line end (RFC 6376, 3.4.2)."""
    name, _, value = field.partition(b":")
    lower = name.strip().lower()
    return lower, lower + b":" + _BLANKS.sub(b" ", value).strip()


def _folded(value: bytes) -> bytes:
    return b"\r\n  ".join(value[place : place + 70] for place in range(0, len(value), 70))
