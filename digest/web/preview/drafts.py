"""Drafts: an edited profile in the URL of the page, so that the server keeps no state."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from dataclasses import replace

from digest.errors import UsageError
from digest.profiles import profile_from_dict
from digest.subscribers import Subscription

LARGEST = 200_000  #: bytes of an unpacked profile


def packed(subscription: Subscription) -> str:
    """Return the profile, address and name as text for a URL; `unpacked` reads it."""
    values = [subscription.address, subscription.name, subscription.profile.as_dict()]
    data = zlib.compress(json.dumps(values, ensure_ascii=False).encode(), 9)
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unpacked(text: str, base: Subscription) -> Subscription:
    """Return `base` with the profile, address and name that `packed` wrote. Raise UsageError for anything else."""
    try:
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), LARGEST)
        address, name, profile = json.loads(data)
        return replace(base, address=str(address), name=str(name), profile=profile_from_dict(profile))
    except (binascii.Error, zlib.error, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError("the profile in the URL of this page is damaged") from error
