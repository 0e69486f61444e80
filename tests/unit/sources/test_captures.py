"""Real captures of every format: a case for each file, with the papers that its truth file or its content says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from digest.errors import ListingError
from digest.papers import Listing, Sighting
from digest.sources import read_listing
from digest.sources.raw_listing import collapsed
from tests.listing_cases import read_or_refusal

NOW = datetime(2026, 11, 21, tzinfo=UTC)

#: file -> format and number of papers
COUNTS = {
    "arxiv_api_atom_classic/james-akl_csRO_2025-10.atom.xml": ("arxiv-feed", 2),
    "arxiv_api_atom_classic/james-akl_empty.atom.xml": ("arxiv-feed", 0),
    "arxiv_api_jsonl/2025-03-19.jsonl": ("json-records", 172),
    "arxiv_api_jsonl/2025-05-20.jsonl": ("json-records", 529),
    "arxiv_email/cs_2023-06-13_pyparsing_transcribed.txt": ("arxiv-email", 2),
    "arxiv_email/cs_2024-11-21_Willjay5991.txt": ("arxiv-email", 2),
    "arxiv_oai/ads_arxiv_0901_2443.xml": ("oai-pmh", 1),
    "arxiv_oai/ads_arxiv_1711_04702.xml": ("oai-pmh", 1),
    "arxiv_oai/ads_arxiv_1711_05739.xml": ("oai-pmh", 1),
    "arxiv_oai/ads_arxiv_multi_20230125.xml": ("oai-pmh", 3),
    "arxiv_oai/oai_dc_2014-12-24_first80.xml": ("oai-pmh", 80),
    "arxiv_rss_2024plus/cs.CL_2025-05-20.atom.xml": ("arxiv-feed", 32),
    "arxiv_rss_2024plus/cs.CL_2025-05-20.rss.xml": ("arxiv-feed", 32),
    "arxiv_rss_2024plus/cs.CL_weekend_empty.rss.xml": ("arxiv-feed", 0),
    "biorxiv_rdf/bioengineering_2019-11-29.rdf.xml": ("feed", 1),
    "hf_daily_papers_json/2024-05-27.json": ("hf-json", 13),
    "hf_daily_papers_json/2024-08-02.json": ("hf-json", 16),
    "hf_daily_papers_json/2024-12-20.json": ("hf-json", 16),
    "hf_daily_papers_json/2025-03-19.json": ("hf-json", 18),
    "hf_daily_papers_json/2025-07-16.json": ("hf-json", 6),
    "hf_daily_papers_json/2025-11-20.json": ("hf-json", 8),
    "hf_daily_papers_json/2026-06-10.json": ("hf-json", 35),
    "hf_daily_papers_json/2026-06-16.json": ("hf-json", 34),
    "hf_daily_papers_json/2026-08-21.json": ("hf-json", 17),
    "hf_html_page_derived/2025-07-16.html": ("hf-html", 6),
    "hf_page_text/dense_197papers.txt": ("hf-page-text", 197),
    "hf_page_text/spaced_2025-03-12_70papers.txt": ("hf-page-text", 70),
    "hf_page_text/spaced_2025-09-15_51papers.txt": ("hf-page-text", 51),
    "hf_page_text_variants/C_notebooklm_search_intercode-bash_excerpt.txt": ("hf-cards", 3),
    "hf_page_text_variants/D_firecrawl_markdown_source-citations_excerpt.md": ("hf-cards", 2),
    "hf_text_derived/2024-06-19_spaced_daily.txt": ("hf-page-text", 20),
    "hf_text_derived/2024-10-09_dense.txt": ("hf-page-text", 10),
    "hf_text_derived/2025-03-19_spaced_nodaily.txt": ("hf-page-text", 18),
    "hf_text_derived/2025-11-20_spaced_daily.txt": ("hf-page-text", 8),
    "hf_text_derived/2026-06-10_spaced_daily.txt": ("hf-page-text", 35),
    "malformed_feeds/miniflux_html_entity_nbsp.rdf.xml": ("feed", 0),
    "malformed_feeds/miniflux_item_without_date.rdf.xml": ("feed", 1),
    "plos_solr_xml/plos_2007-12-20.xml": ("solr-xml", 13),
    "scholar_alert_email/bzz_read_0.eml": ("scholar-alert", 2),
    "scholar_alert_email/bzz_read_1.eml": ("scholar-alert", 1),
    "synthetic_format_examples/arxiv_api_LevRoz630.atom.xml": ("arxiv-feed", 3),
    "synthetic_format_examples/arxiv_api_lilacmohr.atom.xml": ("arxiv-feed", 3),
    "synthetic_format_examples/biorxiv_api_dacarlin.json": ("json-records", 1),
    "synthetic_format_examples/nature_rdf_kekemao00.rdf.xml": ("feed", 1),
    "third_party_rss/gbrammer_jwst_author.rss.xml": ("feed", 200),
}
REFUSED = {
    "arxiv_rss_2024plus/error_bad_archive_http400.rss.xml": "the source reports an error: .*Bad archive 'xx'",
    "not_a_feed/arxiv_captcha.html": "a web page titled 'arXiv.org - Automated Access Detected'",
}
#: ill-formed feeds that must say so
ILL_FORMED = {
    "malformed_feeds/miniflux_html_entity_nbsp.rdf.xml": "not well-formed: undefined entity",
    "feedparser_suite_subset/encoding_bozo_invalid-bytes-with-bom.xml": "not well-formed: unclosed token",
    "feedparser_suite_subset/entities_aacute.xml": "not well-formed: undefined entity",
}
PAGES = [name for name in COUNTS if name.startswith(("hf_page_text/", "hf_text_derived/"))]


@pytest.fixture(scope="module")
def folder(captures: Path) -> Path:
    return captures / "listings"


def read(path: Path) -> Listing:
    return read_listing(path.read_bytes(), origin=path.name, now=NOW)


@pytest.mark.parametrize("name", COUNTS)
def test_a_capture_gives_its_papers_and_nothing_else_to_complain_of(folder: Path, name: str) -> None:
    listing = read(folder / name)
    assert (listing.format, len(listing.sightings)) == COUNTS[name]
    expected = ["not well-formed" in p.reason or "news items" in p.reason for p in listing.problems]
    assert all(expected)
    assert all(collapsed(s.title) == s.title and collapsed(s.abstract) == s.abstract for s in listing.sightings)


@pytest.mark.parametrize("name", PAGES)
def test_a_saved_page_gives_titles_and_abstracts_byte_for_byte(folder: Path, name: str) -> None:
    truth = json.loads((folder / name).with_suffix(".truth.json").read_text(encoding="utf-8"))
    papers = truth["papers"] if isinstance(truth, dict) else truth
    found = [(sighting.title, sighting.abstract) for sighting in read(folder / name).sightings]
    assert found == [(paper["title"], paper["abstract"]) for paper in papers]


@pytest.mark.parametrize("kind", ["rss", "atom"])
def test_the_feeds_of_arxiv_give_all_that_the_truth_says(folder: Path, kind: str) -> None:
    truth = json.loads((folder / "arxiv_rss_2024plus/cs.CL_2025-05-20.truth.json").read_text(encoding="utf-8"))
    listing = read(folder / f"arxiv_rss_2024plus/cs.CL_2025-05-20.{kind}.xml")
    found = {sighting.arxiv_id: record_of(sighting) for sighting in listing.sightings}
    assert found == {paper["id"]: expected_record(paper) for paper in truth}
    assert str(listing.page_date) == "2025-05-20"


def record_of(sighting: Sighting) -> dict[str, Any]:
    return {
        "version": sighting.arxiv_version,
        "announce": str(sighting.announcement),
        "title": sighting.title,
        "authors": list(sighting.authors),
        "affiliations": dict(sighting.affiliations),
        "categories": list(sighting.categories),
        "doi": sighting.doi,
        "journal_ref": sighting.journal_ref or None,
        "abstract": sighting.abstract,
    }


def expected_record(paper: dict[str, Any]) -> dict[str, Any]:
    joined = {name: ", ".join(places) for name, places in paper["affiliations"].items()}
    return {name: value for name, value in paper.items() if name != "id"} | {"affiliations": joined}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_listing_is_refused_with_its_reason(folder: Path, name: str) -> None:
    with pytest.raises(ListingError, match=REFUSED[name]):
        read(folder / name)


@pytest.mark.parametrize("name", ILL_FORMED)
def test_an_ill_formed_feed_says_so(folder: Path, name: str) -> None:
    listing = read(folder / name)
    assert any(ILL_FORMED[name] in problem.reason for problem in listing.problems)


def test_every_feed_of_the_suite_gives_a_listing_or_a_refusal(folder: Path) -> None:
    paths = sorted((folder / "feedparser_suite_subset").iterdir())
    for path in paths:
        listing = read_or_refusal(path.read_bytes(), origin=path.name)
        if isinstance(listing, str):
            assert listing.startswith(f"{path.name}: ")
        else:
            assert all(sighting.title for sighting in listing.sightings)


def test_every_capture_is_a_case_of_these_tests(folder: Path) -> None:
    known = {*COUNTS, *REFUSED, *ILL_FORMED}
    present = {f"{path.parent.name}/{path.name}" for path in folder.glob("*/*") if ".truth." not in path.name}
    assert {name for name in present if not name.startswith("feedparser_suite")} <= known


def test_the_same_day_reads_alike_as_answer_of_the_api_and_as_page(folder: Path) -> None:
    answer, page = (
        read(folder / "hf_daily_papers_json/2025-07-16.json"),
        read(folder / "hf_html_page_derived/2025-07-16.html"),
    )
    assert answer.sightings == page.sightings
    assert answer.page_date == page.page_date
