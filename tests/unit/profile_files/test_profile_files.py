"""A profile file gives a subscription, or every fault in it with file, line and field; writing keeps comments."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest

from digest import toml_lines
from digest.errors import ProfileError
from digest.profile_files import read_profile_file, read_subscription, write_subscription
from digest.profiles import Keyword, Profile
from digest.subscribers import Cadence, Schedule, Subscription

ADA = """\
# who
address = "ada@example.com"
name = "Ada"
timezone = "Europe/Berlin"   # where she lives
hour = "07:30"
days = ["mon", "tue", "wed", "thu", "fri"]

[profile]
# what counts most stands first
keywords = [{ term = "hyperparameter optimization", weight = 2 }, { term = "learning rate" }]
exclude = ["federated learning"]
authors = ["Frank Hutter"]
minimum_match = 30
papers = 10
"""


def test_a_full_file_is_read() -> None:
    assert read_subscription(ADA.encode(), "ada.toml") == Subscription(
        address="ada@example.com",
        name="Ada",
        schedule=Schedule(timezone="Europe/Berlin", hour=time(7, 30), days=frozenset(range(5))),
        profile=Profile(
            keywords=(Keyword(term="hyperparameter optimization", weight=2), Keyword(term="learning rate")),
            exclude=("federated learning",),
            authors=("Frank Hutter",),
        ),
    )


def test_an_address_alone_gets_every_default() -> None:
    subscription = read_subscription(b'address = "a@example.com"', "a.toml")
    assert subscription == Subscription(address="a@example.com")
    assert (subscription.schedule.hour, subscription.schedule.timezone) == (time(7), "UTC")
    assert (subscription.profile.minimum_match, subscription.profile.papers) == (30, 10)


FORMS = [
    ("a keyword as a plain text", '[profile]\nkeywords = ["one"]', Profile(keywords=(Keyword(term="one"),))),
    (
        "keywords as tables of their own",
        '[[profile.keywords]]\nterm = "one"\nweight = 0.5\nacronyms = false',
        Profile(keywords=(Keyword(term="one", weight=0.5, acronyms=False),)),
    ),
    ("trending", "[profile]\ntrending = true", Profile(trending=True)),
    ("categories", '[profile]\ncategories = ["cs.CL", "cs"]', Profile(categories=("cs.CL", "cs"))),
]


@pytest.mark.parametrize(("text", "profile"), [case[1:] for case in FORMS], ids=[case[0] for case in FORMS])
def test_a_profile_can_be_written_in_several_forms(text: str, profile: Profile) -> None:
    assert read_subscription(f'address = "a@example.com"\n{text}'.encode(), "a.toml").profile == profile


@pytest.mark.parametrize(
    ("line", "schedule"),
    [
        ("hour = 7", Schedule(hour=time(7))),
        ('hour = "7:05"', Schedule(hour=time(7, 5))),
        ("hour = 07:30:00", Schedule(hour=time(7, 30))),
        ('days = ["Monday", "SUN"]', Schedule(days=frozenset({0, 6}))),
        ('cadence = "weekly"', Schedule(cadence=Cadence.WEEKLY)),
    ],
)
def test_a_schedule_can_be_written_in_several_forms(line: str, schedule: Schedule) -> None:
    assert read_subscription(f'address = "a@example.com"\n{line}'.encode(), "a.toml").schedule == schedule


@pytest.mark.parametrize(
    "data", [b"\xef\xbb\xbf" + ADA.encode(), ADA.replace("\n", "\r\n").encode()], ids=["BOM", "CRLF"]
)
def test_files_from_any_editor_are_read(data: bytes) -> None:
    assert read_subscription(data, "a.toml") == read_subscription(ADA.encode(), "a.toml")


WEIGHT_0, WEIGHT_1 = "profile.keywords[0].weight", "profile.keywords[1].weight"
MISSPELT = "profile.keywords[0].wieght"

FAULTS = [
    ("a syntax fault", 'name = "Ada\n', 2, "", "Illegal character"),
    ("no table after all", "profile = 3\n", 2, "profile", "expected a table"),
    ("an unknown key", 'timezon = "UTC"\n', 2, "timezon", "did you mean 'timezone'?"),
    ("an unknown key of the profile", "[profile]\n\nkeyword = []\n", 4, "profile.keyword", "did you mean 'keywords'?"),
    ("a zone that does not exist", 'timezone = "Europe/Berlni"\n', 2, "timezone", "did you mean 'Europe/Berlin'?"),
    ("a zone that is a path", 'timezone = "../../etc/passwd"\n', 2, "timezone", "is not a known time zone"),
    ("an hour that is none", 'hour = "25:00"\n', 2, "hour", 'such as "07:30"'),
    ("an hour as truth value", "hour = true\n", 2, "hour", 'such as "07:30"'),
    ("a day that is none", 'days = ["mon",\n"someday"]\n', 3, "days[1]", "mon, tue, wed"),
    ("no day", "days = []\n", 2, "days", "at least one"),
    ("days as text", 'days = "mon"\n', 2, "days", "list in square brackets"),
    ("a number as name", "name = 3\n", 2, "name", "text in quotes"),
    ("a name of two lines", 'name = "a\\nb"\n', 2, "name", "one line"),
    ("a language that is none", 'language = "english please"\n', 2, "language", "language tag"),
    ("a cadence that is none", 'cadence = "hourly"\n', 2, "cadence", "'daily' or 'weekly'"),
    ("a weight as text", '[profile]\nkeywords = [\n{ term = "a", weight = "2" }]', 4, WEIGHT_0, "number"),
    ("a weight below 0", '[profile]\nkeywords = [\n"b",\n{ term = "a", weight = -2 }]', 5, WEIGHT_1, "-2"),
    ("a weight that is no number", '[profile]\nkeywords = [{ term = "a", weight = nan }]', 3, WEIGHT_0, "nan"),
    ("a keyword without term", "[profile]\nkeywords = [{ weight = 2 }]", 3, "profile.keywords[0]", "has no term"),
    ("a misspelt key of a keyword", '[profile]\nkeywords = [{ term = "a", wieght = 2 }]', 3, MISSPELT, "'weight'"),
    ("a keyword as number", "[profile]\nkeywords = [7]", 3, "profile.keywords[0]", "text in quotes or {"),
    ("an empty keyword", '[profile]\nkeywords = [""]', 3, "profile.keywords[0].term", "no letter"),
    ("an excluded number", "[profile]\nexclude = [1]", 3, "profile.exclude[0]", "text in quotes"),
    ("a fraction of papers", "[profile]\npapers = 2.5", 3, "profile.papers", "whole number"),
    ("too many papers", "[profile]\npapers = 500", 3, "profile.papers", "between 1 and 50"),
    ("a match above 100", "[profile]\nminimum_match = 101", 3, "profile.minimum_match", "between 0 and 100"),
    ("a truth value as match", "[profile]\nminimum_match = true", 3, "profile.minimum_match", "whole number"),
    ("a text as truth value", '[profile]\ntrending = "yes"', 3, "profile.trending", "true or false"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "field", "reason"), [case[1:] for case in FAULTS], ids=[case[0] for case in FAULTS]
)
def test_a_fault_names_file_line_field_and_what_is_expected(text: str, line: int, field: str, reason: str) -> None:
    with pytest.raises(ProfileError) as caught:
        read_subscription(f'address = "a@example.com"\n{text}'.encode(), "people/a.toml")
    assert (caught.value.line, caught.value.field) == (line, field)
    assert reason in caught.value.reason
    assert str(caught.value).startswith(f"people/a.toml, line {line}: ")


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [("", None, "is missing"), ('\naddress = "ada"', 2, "not an e-mail address"), ("address = 3", 1, "text in quotes")],
    ids=["missing", "no address", "a number"],
)
def test_a_file_needs_an_address(text: str, line: int | None, reason: str) -> None:
    (fault,) = read_profile_file(text.encode(), "a.toml").faults
    assert (fault.line, fault.field) == (line, "address")
    assert reason in fault.reason


def test_every_fault_of_a_file_is_named() -> None:
    text = 'address = "ada"\nhour = "late"\n[profile]\nkeywords = [3, { term = "a", weight = 0 }]\npapers = 0\n'
    found = read_profile_file(text.encode(), "a.toml")
    assert found.subscription is None
    assert [fault.field for fault in found.faults] == [
        "hour", "profile.keywords[0]", "profile.keywords[1].weight", "profile.papers", "address",
    ]  # fmt: skip


def test_a_file_with_many_faults_is_scanned_once_and_names_the_first_fifty(monkeypatch: pytest.MonkeyPatch) -> None:
    scans = []
    monkeypatch.setattr(toml_lines._Scanner, "scan", lambda scanner: scans.append(scanner))
    rows = ",\n".join(f'{{ term = "keyword {n}", weight = -1 }}' for n in range(300))
    found = read_profile_file(f'address = "a@example.com"\n[profile]\nkeywords = [{rows}]'.encode(), "a.toml")
    assert (len(scans), len(found.faults), found.faults[-1].reason) == (1, 51, "has 251 more faults")


def test_a_file_that_is_not_utf8_is_a_fault_on_the_line_of_the_first_bad_byte() -> None:
    (fault,) = read_profile_file(b'address = "a@example.com"\nname = "Caf\xe9"', "a.toml").faults
    assert (fault.line, fault.reason) == (2, "not UTF-8 text")


WRITTEN = [
    Subscription(address="a@example.com"),
    read_subscription(ADA.encode(), ""),
    Subscription(
        address="a@example.com",
        name='Quo"te',
        language="de",
        schedule=Schedule(timezone="Asia/Tokyo", hour=time(21, 5), days=frozenset({6}), cadence=Cadence.WEEKLY),
        profile=Profile(
            keywords=(Keyword(term="a", weight=1.5), Keyword(term="b", acronyms=False), Keyword(term="c")),
            exclude=("d",),
            authors=("É. Dupont",),
            categories=("cs",),
            minimum_match=0,
            papers=1,
            trending=True,
        ),
    ),
]


@pytest.mark.parametrize("subscription", WRITTEN, ids=["defaults", "Ada", "everything"])
@pytest.mark.parametrize("text", ["", ADA], ids=["new", "over another"])
def test_a_written_file_reads_back_unchanged(subscription: Subscription, text: str) -> None:
    assert read_subscription(write_subscription(subscription, text).encode(), "a.toml") == subscription


def test_writing_the_same_values_leaves_the_file_unchanged() -> None:
    assert write_subscription(read_subscription(ADA.encode(), ""), ADA) == ADA


def test_writing_a_change_keeps_the_comments_and_all_other_lines() -> None:
    subscription = read_subscription(ADA.encode(), "")
    changed = replace(subscription, profile=replace(subscription.profile, papers=5))
    assert write_subscription(changed, ADA) == ADA.replace("papers = 10", "papers = 5")


ROWS = """\
address = "a@example.com"
[profile]
keywords = [
  { term = "bandits", weight = 2 },  # the thesis
  # on the side
  "causality",
  { term = "gone" },
]
exclude = ["survey",  # too many
  "blockchain"]
"""


def test_changing_a_keyword_keeps_the_comments_between_the_rows_and_what_stays_as_it_was() -> None:
    present = read_subscription(ROWS.encode(), "")
    keywords = (Keyword(term="bandits", weight=3), Keyword(term="causality", weight=2), Keyword(term="new"))
    wanted = replace(present, profile=replace(present.profile, keywords=keywords, exclude=("survey", "poster")))
    written = write_subscription(wanted, ROWS)
    assert read_subscription(written.encode(), "") == wanted
    assert [line.strip() for line in written.splitlines()][3:6] == [
        '{ term = "bandits", weight = 3 },  # the thesis',
        "# on the side",
        '{term = "causality", weight = 2},',
    ]
    assert '"survey",  # too many' in written


def test_keywords_in_another_order_are_written_in_that_order() -> None:
    present = read_subscription(ROWS.encode(), "")
    wanted = replace(present, profile=replace(present.profile, keywords=present.profile.keywords[::-1]))
    assert read_subscription(write_subscription(wanted, ROWS).encode(), "") == wanted
