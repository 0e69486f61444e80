from __future__ import annotations

from datetime import time

import httpx
import pytest

from digest.runs.transactional.outbox import TransactionalMailKind
from digest.subscribers import Schedule, State
from tests import sites
from tests.sites import Running
from tests.unit.web.forms import FORM, confirmed, sign_up, stamp


def test_signing_up_and_confirming_makes_an_active_subscription(site: Running, client: httpx.Client) -> None:
    assert sign_up(site, client).status_code == 200
    [mail] = site.mails
    person = site.person("ada@example.com")
    assert person is not None
    assert person.state is State.PENDING
    page = client.get(f"/c/{mail.token}")
    assert page.text.count("<button") == 1
    answer = client.post(f"/c/{mail.token}")
    person = site.person("ada@example.com")
    assert person is not None
    assert person.state is State.ACTIVE
    assert "You are subscribed" in answer.text
    assert person.subscription.schedule == Schedule(
        timezone="Europe/Berlin", hour=time(7, 30), days=frozenset({0, 2, 4})
    )
    assert [(k.term, k.weight) for k in person.profile.keywords] == [
        ("learning rate", 2.0),
        ("graph neural networks", 1.0),
    ]


def test_a_second_click_on_confirm_changes_nothing_and_is_no_error(site: Running, client: httpx.Client) -> None:
    sign_up(site, client)
    token = site.mails[0].token
    answers = [client.post(f"/c/{token}") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [mail.kind for mail in site.mails] == [TransactionalMailKind.CONFIRM, TransactionalMailKind.WELCOME]


def test_the_link_of_the_confirmation_runs_out_after_two_days(site: Running, client: httpx.Client) -> None:
    sign_up(site, client)
    site.clock.forward(hours=49)
    token = site.mails[0].token
    assert client.get(f"/c/{token}").status_code == 404
    assert client.post(f"/c/{token}").status_code == 404


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        pytest.param({"address": "ada at example"}, "does not look like an e-mail address", id="address"),
        pytest.param({"timezone": "Mars/Olympus"}, "Enter a time zone such as", id="time zone"),
        pytest.param({"hour": "25:99"}, "Enter a time such as", id="hour"),
        pytest.param({"day": []}, "Choose at least one day", id="days"),
        pytest.param({"papers": "0"}, "from 1 to 50", id="length"),
        pytest.param({"keywords": "!!!"}, "Please check this", id="keyword without a letter"),
        pytest.param({"keywords": "ranking * 1000"}, "Please check this", id="weight too high"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_stored(
    site: Running, client: httpx.Client, change: dict[str, object], complaint: str
) -> None:
    answer = sign_up(site, client, **change)
    assert complaint in answer.text
    assert "timezone" not in change or 'value="Mars/Olympus"' in answer.text
    assert 'aria-invalid="true"' in answer.text or "days" in change or "day" in change
    assert site.mails == []


def test_the_preview_shows_papers_that_match_and_keeps_what_was_typed(site: Running, client: httpx.Client) -> None:
    answer = client.post("/subscribe/preview", data={**FORM, "keywords": "graph neural networks", "address": ""})
    assert "of graph neural networks in practice" in answer.text
    assert "of speech recognition in practice" not in answer.text
    assert ">graph neural networks</textarea>" in answer.text
    assert "does not look like" not in answer.text


def test_the_preview_warns_of_a_keyword_in_no_paper_and_of_one_in_nearly_all(
    site: Running, client: httpx.Client
) -> None:
    answer = client.post("/subscribe/preview/part", data={"keywords": "quantum speech\npractice"})
    assert "“quantum speech” is in none of the papers" in answer.text
    assert "speech recognition" in answer.text
    assert "“practice” is in nearly every paper (100%)" in answer.text


def test_a_form_that_was_open_for_hours_is_shown_again_with_what_was_typed(site: Running, client: httpx.Client) -> None:
    signed = stamp(client)
    site.clock.forward(hours=2)
    answer = client.post("/subscribe", data={**FORM, "stamp": signed})
    assert "submit it again" in answer.text
    assert 'value="ada@example.com"' in answer.text
    assert site.mails == []


def test_keywords_are_proposed_from_titles_ids_and_bibtex(site: Running, client: httpx.Client) -> None:
    known = sites.paper(4, sites.TOPICS[0])
    bibtex = "@misc{x, title={Protein folding by example}, abstract={Protein folding is hard.}}"
    by_line = client.post(
        "/subscribe/liked", data={"liked": f"arXiv:{known.arxiv_id}\nStudy 8 of learning rate schedules in practice"}
    )
    assert "2 papers read" in by_line.text
    assert "2 of them in the archive" in by_line.text
    assert "learning rate" in by_line.text
    uploaded = client.post("/subscribe/liked", files={"file": ("mine.bib", bibtex)})
    assert "1 paper read" in uploaded.text
    assert "protein folding" in uploaded.text


def test_the_proposed_keywords_go_into_the_form(site: Running, client: httpx.Client) -> None:
    answer = client.post("/subscribe/preview", data={"keywords": ["protein folding", "speech recognition"]})
    assert ">protein folding\nspeech recognition</textarea>" in answer.text


def test_everybody_manages_with_a_link_that_came_by_mail(site: Running, client: httpx.Client) -> None:
    confirmed(site, client)
    client.post("/manage", data={"address": "ADA@example.com"})
    mail = site.mails[-1]
    assert mail.kind is TransactionalMailKind.MANAGE
    assert "ada@example.com" in client.get(f"/m/{mail.token}").text
    site.clock.forward(hours=2)
    assert client.get(f"/m/{mail.token}").status_code == 404
