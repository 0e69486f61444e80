"""Listings: bytes in, paper sightings out; one module a format, recognised by content."""

from digest.sources.registry import FORMATS, format_named, read_listing, recognised

__all__ = ["FORMATS", "format_named", "read_listing", "recognised"]
