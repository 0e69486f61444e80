"""Every format: samples beside their expected result, the samples in the docstrings, and recognition by content."""

from __future__ import annotations

import doctest
import importlib
import json
from pathlib import Path

import pytest

from digest.sources import FORMATS, read_listing
from digest.sources.raw_listing import Format
from tests.listing_cases import NOW, SAMPLES, as_json, expected_path, outcome, read_or_refusal

MODULES = sorted({known.read.__module__ for known in FORMATS})


def name(sample: Path) -> str:
    return f"{sample.parent.name}/{sample.name}"


@pytest.mark.parametrize("sample", SAMPLES, ids=name)
def test_a_sample_reads_as_expected(sample: Path) -> None:
    assert outcome(sample) == json.loads(expected_path(sample).read_text(encoding="utf-8"))


@pytest.mark.parametrize("module", MODULES)
def test_the_sample_in_the_docstring_of_a_format_reads_as_it_says(module: str) -> None:
    result = doctest.testmod(importlib.import_module(module))
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.name)
def test_every_format_has_samples_and_reads_them_when_named(known: Format) -> None:
    samples = [sample for sample in SAMPLES if sample.parent.name == known.name]
    assert samples
    for sample in samples:
        expected = json.loads(expected_path(sample).read_text(encoding="utf-8"))
        if "refused" not in expected:
            named = read_listing(sample.read_bytes(), origin=sample.name, now=NOW, format=known.name)
            assert as_json(named) == expected


@pytest.mark.parametrize("sample", [s for s in SAMPLES if s.parent.name != "refused"], ids=name)
def test_recognition_needs_no_file_name(sample: Path) -> None:
    expected = json.loads(expected_path(sample).read_text(encoding="utf-8"))
    listing = read_or_refusal(sample.read_bytes(), origin="-")
    if isinstance(listing, str):
        assert listing.removeprefix("-: ") == expected["refused"].removeprefix(f"{sample.name}: ")
    else:
        assert listing.format == sample.parent.name


@pytest.mark.parametrize("known", FORMATS, ids=lambda known: known.name)
@pytest.mark.parametrize("sample", SAMPLES, ids=name)
def test_a_format_that_does_not_fit_refuses_or_reads_nothing_wrong(known: Format, sample: Path) -> None:
    listing = read_or_refusal(sample.read_bytes(), origin="-", format_name=known.name)
    if isinstance(listing, str):
        assert listing.startswith("-: ")
    else:
        assert all(sighting.title.strip() for sighting in listing.sightings)
