"""What a profile may hold, and that it survives being stored."""

from __future__ import annotations

import json

import pytest

from digest.profiles import Keyword, Profile, faults, profile_from_dict

FULL = Profile(
    keywords=(Keyword(term="hyperparameter optimization", weight=2), Keyword(term="C++", acronyms=False)),
    exclude=("federated learning",),
    authors=("Frank Hutter",),
    categories=("cs.LG",),
    minimum_match=60,
    papers=5,
    trending=True,
)


def test_a_profile_comes_back_from_json_as_it_was() -> None:
    assert profile_from_dict(json.loads(json.dumps(FULL.as_dict()))) == FULL


def test_a_good_profile_has_no_faults() -> None:
    assert faults(FULL) == []


def test_an_empty_profile_is_good_and_known_to_be_empty() -> None:
    assert faults(Profile()) == []
    assert Profile().is_empty
    assert not Profile(authors=("Ada Lovelace",)).is_empty


@pytest.mark.parametrize(
    ("profile", "field"),
    [
        (Profile(keywords=(Keyword(term=" - "),)), "profile.keywords[0].term"),
        (Profile(keywords=(Keyword(term="x\ny"),)), "profile.keywords[0].term"),
        (Profile(keywords=(Keyword(term="x" * 201),)), "profile.keywords[0].term"),
        (Profile(keywords=(Keyword(term="a"), Keyword(term="b", weight=0))), "profile.keywords[1].weight"),
        (Profile(keywords=(Keyword(term="a", weight=float("nan")),)), "profile.keywords[0].weight"),
        (Profile(exclude=("",)), "profile.exclude[0]"),
        (Profile(authors=("…",)), "profile.authors[0]"),
        (Profile(categories=tuple(f"c{n}" for n in range(201))), "profile.categories"),
        (Profile(minimum_match=101), "profile.minimum_match"),
        (Profile(papers=0), "profile.papers"),
    ],
)
def test_a_fault_names_its_field(profile: Profile, field: str) -> None:
    assert [fault.field for fault in faults(profile)] == [field]
