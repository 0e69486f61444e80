"""Formats that other packages bring: entry points of the group `digest.formats`, each a `Format`."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from digest.errors import ListingError
from digest.papers import Listing
from digest.sources.raw_listing import Format, RawListing

GROUP = "digest.formats"
_log = logging.getLogger(__name__)


@cache
def installed_formats() -> tuple[Format, ...]:
    """Return the formats of installed packages; one that cannot be loaded is logged and left out."""
    loaded = (_loaded(point) for point in entry_points(group=GROUP))
    return tuple(known for known in loaded if known is not None)


def _loaded(point: EntryPoint) -> Format | None:
    try:
        found = point.load()
    except Exception as error:  # whatever a package of somebody else raises
        _log.warning("format %s: %s: %s", point.name, type(error).__name__, error, extra={"action": "formats"})
        return None
    if not isinstance(found, Format):
        _log.warning("format %s: not a Format: %r", point.name, found, extra={"action": "formats"})
        return None
    return guarded(replace(found, name=point.name))


def guarded(known: Format) -> Format:
    """Return the format so that whatever it raises refuses the one listing and stops no other."""

    def recognise(raw_listing: RawListing) -> bool:
        try:
            return bool(known.recognise(raw_listing))
        except Exception as error:
            _log.warning("format %s: %s: %s", known.name, type(error).__name__, error, extra={"action": "formats"})
            return False

    def read(raw_listing: RawListing) -> Listing:
        try:
            listing = known.read(raw_listing)
        except ListingError:
            raise
        except Exception as error:
            raise raw_listing.refusal(f"format {known.name}: {type(error).__name__}: {error}") from error
        return replace(listing, format=known.name)

    return replace(known, recognise=recognise, read=read)
