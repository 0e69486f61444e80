"""`digest ingest`, `papers`, `score`, `render`: what goes in, what is known, what it is worth, how it looks."""

from __future__ import annotations

import email
import email.policy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import LISTING, Run

Ask = Callable[..., Any]
PAPER_KEYS = set("key title abstract title_raw abstract_raw authors arxiv_id doi links first_seen sources".split())
PAGES = [("spaced_2025-03-12_70papers", 70), ("dense_197papers", 197), ("spaced_2025-09-15_51papers", 51)]


def test_ingest_reports_each_listing_and_what_was_new(asked: Ask) -> None:
    first, second = asked("ingest", LISTING), asked("ingest", LISTING)
    assert (first["papers_new"], second["papers_new"]) == (45, 0)
    (listing,) = second["listings"]
    assert (listing["format"], listing["papers"], listing["new"], listing["problems"]) == ("hf-page-text", 45, 0, [])


def test_ingest_of_real_pages_keeps_every_text_byte_for_byte(asked: Ask, captures: Path) -> None:
    folder = captures / "listings" / "hf_page_text"
    report = asked("ingest", *(folder / f"{name}.txt" for name, _ in PAGES))
    assert [listing["papers"] for listing in report["listings"]] == [count for _, count in PAGES]
    known = {paper["title_raw"]: paper["abstract_raw"] for paper in asked("papers")["papers"]}
    for name, count in PAGES:
        truth = json.loads((folder / f"{name}.truth.json").read_text(encoding="utf-8"))
        expected = truth["papers"] if isinstance(truth, dict) else truth
        assert len(expected) == count
        assert [one["title"] for one in expected if known.get(one["title"]) != one["abstract"]] == []


def test_a_listing_that_cannot_be_read_is_named_and_stops_no_other(run: Run, folder: Path) -> None:
    (folder / "broken.txt").write_bytes(bytes(range(256)) * 20)
    result = run("ingest", folder / "broken.txt", LISTING, "--json")
    document = json.loads(result.stdout)
    assert (result.exit_code, document["papers_new"]) == (0, 45)
    assert document["listings"][0]["problems"][0]["reason"]


def test_when_nothing_at_all_can_be_read_ingest_ends_with_code_1(run: Run) -> None:
    result = run("ingest", "nowhere.txt")
    assert (result.exit_code, "nowhere.txt: could not be read" in result.stdout) == (1, True)


def test_without_sources_ingest_says_how_to_have_some(run: Run) -> None:
    result = run("ingest")
    assert (result.exit_code, "[[sources]]" in result.stderr) == (2, True)


def test_configured_sources_are_read_relative_to_the_settings(asked: Ask, folder: Path) -> None:
    (folder / "listings").mkdir()
    (folder / "listings" / "page.txt").write_bytes(LISTING.read_bytes())
    with (folder / "digest.toml").open("a") as settings:
        settings.write('[[sources]]\nname = "saved"\npath = "listings/"\n')
    assert asked("ingest")["papers_new"] == 45
    assert asked("papers", "--limit", 1)["papers"][0]["sources"] == ["saved"]


def test_papers_are_listed_as_they_came_and_can_be_searched(asked: Ask, run: Run) -> None:
    asked("ingest", LISTING)
    everything = asked("papers")["papers"]
    assert len(everything) == 45
    assert everything[0]["title"].startswith("Warm Ashes")
    assert everything[0].keys() >= PAPER_KEYS
    found = asked("papers", "--search", "federated SENSORS")["papers"]
    assert [paper["title"].partition(":")[0] for paper in found] == ["Whispered Gradients"]
    assert asked("papers", "--limit", 2)["papers"] == everything[-2:]
    assert "1 paper" in run("papers", "--search", "Whispered Gradients").stdout


def test_the_contributions_of_a_score_add_up_to_its_match(asked: Ask) -> None:
    asked("ingest", LISTING)
    asked("subscribers", "sync")
    report = asked("score", "ada@example.com", "--limit", 5)
    assert (report["subscriber"], report["considered"]) == ("ada@example.com", 45)
    assert 1 <= len(report["picks"]) <= 5
    for pick in report["picks"]:
        assert 0 <= pick["match"] <= 100
        assert sum(reason["contribution"] for reason in pick["reasons"]) == pytest.approx(pick["match"], abs=1e-6)
        assert {"key", "title"} <= pick["paper"].keys()


def test_a_score_is_explained_to_people(asked: Ask, run: Run) -> None:
    asked("ingest", LISTING)
    asked("subscribers", "sync")
    text = run("score", "ada@example.com").stdout
    assert "hyperparameter optimization in the " in text
    assert "45 papers considered for ada@example.com" in text


def test_render_writes_the_message_and_both_of_its_parts(asked: Ask, folder: Path) -> None:
    asked("ingest", LISTING)
    asked("subscribers", "sync")
    report = asked("render", "ada@example.com", "--out", folder / "out")
    message = email.message_from_bytes((folder / "out" / "issue.eml").read_bytes(), policy=email.policy.default)
    text, html = message.iter_parts()
    assert report["files"] == [str(folder / "out" / name) for name in ("issue.eml", "issue.html", "issue.txt")]
    assert message["Subject"] == report["subject"]
    assert html.get_content().splitlines() == (folder / "out" / "issue.html").read_text("utf-8").splitlines()
    assert text.get_content().splitlines() == (folder / "out" / "issue.txt").read_text("utf-8").splitlines()


def test_render_says_why_there_is_no_issue(asked: Ask, run: Run, folder: Path) -> None:
    asked("subscribers", "sync")
    result = run("render", "ada@example.com", "--out", folder / "out")
    assert (result.exit_code, "no new papers" in result.stderr) == (1, True)
    assert not (folder / "out").exists()


@pytest.mark.parametrize("words", [["score"], ["render", "--out", "x"]], ids=["score", "render"])
def test_an_address_that_nobody_has_ends_with_code_2(run: Run, words: list[str]) -> None:
    result = run(*words, "nobody@example.com")
    assert (result.exit_code, "nobody@example.com" in result.stderr) == (2, True)
