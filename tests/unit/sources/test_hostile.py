"""Damaged and hostile input: every parser gives a listing or a ListingError, in bounded time."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.errors import ListingError
from digest.sources import FORMATS, read_listing
from digest.sources.raw_listing import Format
from tests.listing_cases import NOW, SAMPLES, read_or_refusal

MEGABYTE = 1_000_000
SECONDS = 10  # far above what is needed, far below what a parser that does not scale takes


def survives(data: bytes, format_name: str | None = None) -> bool:
    """Tell whether the data give papers with titles or a refusal with its origin; other exceptions get through."""
    listing = read_or_refusal(data, origin="x", format_name=format_name)
    if isinstance(listing, str):
        return listing.startswith("x: ")
    return all(sighting.title for sighting in listing.sightings)


def mutated(data: bytes, seeds: list[tuple[int, int, bytes]]) -> bytes:
    """Return the data with pieces cut out, put in and doubled at places that the seeds say."""
    for place, length, piece in seeds:
        start = place % (len(data) + 1)
        end = start + length % 400
        data = data[:start] + (piece if length % 3 else data[start:end] * 2) + data[end:]
    return data


PIECES = st.one_of(
    st.binary(max_size=12),
    st.sampled_from(
        [
            b"<",
            b"]]>",
            b"&",
            b"{",
            b"}}",
            b'"',
            b"\\\\",
            b"\0",
            b"\xff\xfe",
            b"<item>",
            b"@x{",
            b"\n\n",
            b"$",
            b"[",
            b"TY  - ",
        ]
    ),
)
SEEDS = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), PIECES), min_size=1, max_size=6)
PATIENT = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.name)
@PATIENT
@given(seeds=SEEDS, which=st.integers(0, 100))
def test_mutated_samples_give_a_listing_or_a_refusal(
    known: Format, seeds: list[tuple[int, int, bytes]], which: int
) -> None:
    samples = [sample for sample in SAMPLES if sample.parent.name == known.name]
    data = mutated(samples[which % len(samples)].read_bytes(), seeds)
    assert survives(data)
    assert survives(data, known.name)


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.name)
@PATIENT
@given(data=st.binary(max_size=300))
def test_any_bytes_give_a_listing_or_a_refusal(known: Format, data: bytes) -> None:
    assert survives(data)
    assert survives(data, known.name)


@PATIENT
@given(seeds=SEEDS, which=st.integers(0, 10**6))
def test_mutated_captures_give_a_listing_or_a_refusal(
    captures: Path, seeds: list[tuple[int, int, bytes]], which: int
) -> None:
    paths = sorted(
        p for p in (captures / "listings").glob("*/*") if ".truth." not in p.name and p.stat().st_size < 80_000
    )
    assert survives(mutated(paths[which % len(paths)].read_bytes(), seeds))


OVER_AND_OVER = [
    *(
        b"<",
        b"<a ",
        b"<!--",
        b"&lt;",
        b"<item><title>x</title>",
        b"<record>",
        b"<doc>",
        b"<h3><a class='gse_alrt_title'>",
    ),
    *(b"{", b"[", b'{"title":', b"[a](", b"[a][b", b"![", b"https://huggingface.co/papers/2501.00001 "),
    *(b"\\\\\narXiv:1\n", b"@a{b,", b"@article{a, title={", b"TY  - X\n", b"From: a\n", b"=?"),
    *(b"a\n", b"\n", b"x" * 300 + b".\n", b"\xff"),
]


@pytest.mark.parametrize("piece", OVER_AND_OVER, ids=repr)
@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.name)
def test_a_megabyte_of_one_thing_over_and_over_takes_bounded_time(known: Format, piece: bytes) -> None:
    begun = time.process_time()
    assert survives(piece * (MEGABYTE // len(piece)), known.name)
    assert time.process_time() - begun < SECONDS


def test_fifty_megabytes_of_one_line_are_refused_or_reported_quickly() -> None:
    begun = time.process_time()
    with pytest.raises(ListingError, match="not a listing in any known format"):
        read_listing(b"x" * 50 * MEGABYTE, origin="x", now=NOW)
    assert time.process_time() - begun < SECONDS


def test_more_than_the_largest_listing_is_refused_unread() -> None:
    with pytest.raises(ListingError, match="200,000,001 bytes, at most 200,000,000 are read"):
        read_listing(b"x" * 200_000_001, origin="x", now=NOW)
