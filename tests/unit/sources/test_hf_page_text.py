from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from digest.errors import ListingError
from digest.papers import Listing
from digest.sources import read_listing

NOW = datetime(2026, 4, 1, tzinfo=UTC)
HEADER = ["new", "Get trending papers in your email inbox!", "Subscribe", "Daily Papers"]
HEADER += ["byAK and the research community", "Mar 12"]
TITLES = [
    "Sparse Gates for Small Models",
    "Does Pruning Help?",
    "tiny_bench: Measuring Little Things",
    "4+1 Phases of Growth",
]
ABSTRACTS = [
    f"We study question number {number} with care, on many data sets, and over several years of patient work. "
    "The answer turns out to be short, which surprised us. We give the reasons at length and release everything."
    for number in range(4)
]


def body() -> list[str]:
    return [line for pair in zip(TITLES, ABSTRACTS, strict=True) for line in pair]


def read(lines: list[str], *, separator: str = "\n\n", origin: str = "page.txt", now: datetime = NOW) -> Listing:
    return read_listing(separator.join(lines).encode(), origin=origin, now=now)


def pairs(listing: Listing) -> list[tuple[str, str]]:
    return [(sighting.title, sighting.abstract) for sighting in listing.sightings]


ALL = list(zip(TITLES, ABSTRACTS, strict=True))


def test_a_spaced_page_gives_its_papers_in_order_with_place_and_line() -> None:
    listing = read(HEADER + body())
    assert pairs(listing) == ALL
    assert [(s.position, s.line) for s in listing.sightings] == [(1, 13), (2, 17), (3, 21), (4, 25)]
    assert (listing.format, listing.page_date, listing.problems) == ("hf-page-text", date(2026, 3, 12), ())


def test_a_dense_page_gives_its_first_title_without_the_glued_subscribe() -> None:
    glued = [HEADER[1].replace("!", " once a day!"), HEADER[1], f"Subscribe{TITLES[0]}", *body()[1:]]
    listing = read(glued, separator="\n")
    assert pairs(listing) == ALL
    assert listing.page_date is None


@pytest.mark.parametrize(
    ("title", "header"),
    [
        pytest.param("Subscriber Churn in Networks", HEADER, id="a header line says Subscribe already"),
        pytest.param("Subscribe to Nothing", HEADER[1:2], id="a blank follows, so nothing is glued"),
    ],
)
def test_a_title_that_begins_with_subscribe_stays_whole(title: str, header: list[str]) -> None:
    assert read([*header, title, ABSTRACTS[0]]).sightings[0].title == title


@pytest.mark.parametrize("ending", ["", "\n", "\n\n\n"], ids=["none", "one newline", "empty lines"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["no mark", "byte order mark"])
def test_line_ends_and_marks_change_nothing(mark: bytes, newline: str, ending: str) -> None:
    text = "\n\n".join(HEADER + body()) + ending
    listing = read_listing(mark + text.replace("\n", newline).encode(), origin="page.txt", now=NOW)
    assert pairs(listing) == ALL


@pytest.mark.parametrize("left_out", range(len(HEADER)), ids=HEADER)
def test_any_line_of_the_header_may_be_missing(left_out: int) -> None:
    assert pairs(read(HEADER[:left_out] + HEADER[left_out + 1 :] + body())) == ALL


def test_a_page_that_lost_its_whole_header_is_still_recognised() -> None:
    assert pairs(read(body(), separator="\n")) == ALL


@pytest.mark.parametrize("lost", range(0, 8, 2), ids=TITLES)
def test_a_lost_title_is_reported_by_line_and_costs_its_own_paper_alone(lost: int) -> None:
    listing = read(HEADER + body()[:lost] + body()[lost + 1 :])
    assert pairs(listing) == ALL[: lost // 2] + ALL[lost // 2 + 1 :]
    assert [problem.line for problem in listing.problems] == [13 + 2 * lost]
    assert "without a title" in listing.problems[0].reason


@pytest.mark.parametrize("lost", range(1, 8, 2), ids=TITLES)
def test_a_lost_abstract_is_reported_by_line_and_the_title_is_kept(lost: int) -> None:
    listing = read(HEADER + body()[:lost] + body()[lost + 1 :])
    place = lost // 2
    assert pairs(listing) == [*ALL[:place], (TITLES[place], ""), *ALL[place + 1 :]]
    assert [problem.line for problem in listing.problems] == [13 + 4 * place]
    assert "without an abstract" in listing.problems[0].reason


def test_a_short_abstract_that_ends_like_a_sentence_keeps_its_title() -> None:
    listing = read([*HEADER, TITLES[0], "A note.", TITLES[1], ABSTRACTS[1]])
    assert pairs(listing) == [(TITLES[0], "A note."), ALL[1]]


def test_a_second_paragraph_is_reported_and_shifts_nothing() -> None:
    listing = read([*HEADER, TITLES[0], ABSTRACTS[0], ABSTRACTS[3], TITLES[1], ABSTRACTS[1]])
    assert pairs(listing) == ALL[:2]
    assert [problem.line for problem in listing.problems] == [17]


def test_one_gigantic_line_is_reported_and_the_papers_around_it_are_kept() -> None:
    listing = read([*HEADER, TITLES[0], ABSTRACTS[0], "x" * 50_000_000, TITLES[1], ABSTRACTS[1]])
    assert pairs(listing) == ALL[:2]
    assert [problem.line for problem in listing.problems] == [17]
    assert "50,000,000 characters" in listing.problems[0].reason


def test_a_page_without_a_paper_says_so() -> None:
    listing = read(HEADER)
    assert not listing.sightings
    assert [problem.reason for problem in listing.problems] == ["the page holds no paper"]


@pytest.mark.parametrize(
    ("line", "origin", "now", "expected"),
    [
        ("Mar 12", "page.txt", datetime(2026, 3, 12, tzinfo=UTC), date(2026, 3, 12)),
        ("Mar 12", "page.txt", datetime(2026, 3, 11, tzinfo=UTC), date(2025, 3, 12)),
        ("Dec 31", "page.txt", datetime(2027, 1, 1, tzinfo=UTC), date(2026, 12, 31)),
        ("Feb 29", "page.txt", datetime(2027, 1, 1, tzinfo=UTC), date(2024, 2, 29)),
        ("Feb 30", "page.txt", datetime(2027, 1, 1, tzinfo=UTC), None),
        ("Mar 12, 2024", "page.txt", NOW, date(2024, 3, 12)),
        ("Mar 12", "dumps/2023-03-12.txt", NOW, date(2023, 3, 12)),
        ("Mar 12", "dumps/2023-03-13.txt", NOW, date(2026, 3, 12)),
    ],
    ids=[
        "today",
        "tomorrow is last year",
        "new year",
        "leap day",
        "no such day",
        "year given",
        "name agrees",
        "name differs",
    ],
)
def test_the_missing_year_is_that_of_the_latest_such_day(
    line: str, origin: str, now: datetime, expected: date | None
) -> None:
    assert read([*HEADER[:-1], line, *body()], origin=origin, now=now).page_date == expected


def test_a_page_date_that_the_caller_knows_wins() -> None:
    text = "\n\n".join(HEADER + body()).encode()
    assert read_listing(text, origin="p", now=NOW, page_date=date(2020, 1, 2)).page_date == date(2020, 1, 2)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b" \n\n\t\n", "all blank"),
        (b"\x00\x01\x02\xff" * 300, "binary data"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, "binary data"),
        (b"Just one line of prose.", "not a listing in any known format"),
        (b"<!doctype html><html><head><title>503 Busy</title></head></html>", "a web page titled '503 Busy'"),
    ],
    ids=["empty", "blank", "binary", "picture", "prose", "error page"],
)
def test_what_is_no_listing_is_refused_with_origin_and_reason(data: bytes, reason: str) -> None:
    with pytest.raises(ListingError, match=reason) as refusal:
        read_listing(data, origin="dumps/x.txt", now=NOW)
    assert str(refusal.value).startswith("dumps/x.txt: ")


def test_a_format_that_is_named_wrongly_names_those_there_are() -> None:
    with pytest.raises(ListingError, match=r"'hf' is not a listing format; the formats are .*hf-page-text"):
        read_listing(b"x", origin="p", now=NOW, format="hf")
