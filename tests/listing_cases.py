"""Listings as JSON, for samples that stand beside their expected result in tests/data/listings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from digest.errors import ListingError
from digest.papers import Listing, Sighting
from digest.sources import read_listing

FOLDER = Path(__file__).parent / "data" / "listings"
NOW = datetime(2026, 4, 1, tzinfo=UTC)

SAMPLES = sorted(path for path in FOLDER.glob("*/*") if not path.name.endswith(".expected.json"))


def expected_path(sample: Path) -> Path:
    """Return where the expected result of a sample stands."""
    return sample.with_name(f"{sample.name}.expected.json")


def outcome(sample: Path) -> dict[str, Any]:
    """Return what reading a sample comes to, as JSON values."""
    listing = read_or_refusal(sample.read_bytes(), origin=sample.name)
    return {"refused": listing} if isinstance(listing, str) else as_json(listing)


def read_or_refusal(data: bytes, *, origin: str, format_name: str | None = None) -> Listing | str:
    """Return the listing, or the text of the ListingError that refuses it; any other exception gets through."""
    try:
        return read_listing(data, origin=origin, now=NOW, format=format_name)
    except ListingError as error:
        return str(error)


def as_json(listing: Listing) -> dict[str, Any]:
    """Return a listing as JSON values, without the fields that nothing is said in."""
    return {
        "format": listing.format,
        "page_date": _value(listing.page_date),
        "papers": [_paper(sighting) for sighting in listing.sightings],
        "problems": [[problem.line, problem.reason] for problem in listing.problems],
    }


def _paper(sighting: Sighting) -> dict[str, Any]:
    values = {field.name: getattr(sighting, field.name) for field in fields(sighting)}
    return {name: _value(value) for name, value in values.items() if value not in (None, "", (), {})}


def _value(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


def main() -> None:
    """Write the present outcomes as the expected ones; look at every difference before it is committed."""
    for sample in SAMPLES:
        text = json.dumps(outcome(sample), indent=1, ensure_ascii=False, sort_keys=True)
        expected_path(sample).write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
