"""The address of a preview page: read into a choice, written back, refused where it makes no sense."""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qsl

import pytest

from digest.errors import UsageError
from digest.profiles import Keyword, Profile
from digest.subscribers import Subscription
from digest.web.preview.choice import Choice, Show, read_choice
from digest.web.preview.client_simulation import Scheme
from digest.web.preview.drafts import packed, unpacked

CHOICES = {
    "the defaults": Choice(),
    "everything": Choice(
        who=7,
        draft="eJw",
        papers="listing-12",
        date=date(2026, 3, 9),
        show=Show.SOURCE,
        width=375,
        scheme=Scheme.FORCED,
        stripped=True,
        good=True,
        q="graph & co",
        outcome="picked",
        sort="-match",
        page=3,
    ),
}


@pytest.mark.parametrize("choice", CHOICES.values(), ids=CHOICES.keys())
def test_what_an_address_says_is_read_back_the_same(choice: Choice) -> None:
    assert read_choice(dict(parse_qsl(choice.query().removeprefix("?")))) == choice


def test_the_defaults_are_left_out_of_the_address() -> None:
    assert Choice().query() == ""
    assert Choice(who=3).query(width=320) == "?who=3&width=320"


WRONG = {
    "width": "333",
    "page": "0",
    "who": "-1",
    "date": "yesterday",
    "show": "everything",
    "scheme": "pink",
    "from": "listing-x",
}


@pytest.mark.parametrize(("name", "value"), WRONG.items(), ids=WRONG.keys())
def test_an_address_that_makes_no_sense_is_refused(name: str, value: str) -> None:
    with pytest.raises(UsageError):
        read_choice({name: value})


def test_a_draft_carries_profile_address_and_name() -> None:
    profile = Profile(keywords=(Keyword(term="Schrödinger ≠ Katze", weight=0.5, acronyms=False),), exclude=("x",))
    wanted = Subscription(address="ada@example.com", name="Ada ♥", profile=profile)
    assert unpacked(packed(wanted), Subscription(address="reader@example.com")) == wanted


@pytest.mark.parametrize("text", ["", "!", "AAAA", "eJwDAAAAAAE", packed(Subscription(address="a@example.com"))[:-9]])
def test_a_damaged_draft_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        unpacked(text, Subscription(address="reader@example.com"))
