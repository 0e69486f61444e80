"""Public pages that rank or parse: bounded in input, time and number at once."""

from __future__ import annotations

from contextlib import ExitStack

import httpx
import pytest

from digest.profiles import Keyword, Profile
from digest.runs.matching.live_preview import LivePreview
from digest.settings import IssueSettings
from digest.web.heavy_work import AT_ONCE, HeavyWork, TooBusy
from digest.web.site import Site
from tests.sites import Running

HEAVY = (
    ("/subscribe/preview", {"keywords": "speech recognition"}),
    ("/subscribe/preview/part", {"keywords": "speech recognition"}),
    ("/subscribe/liked", {"liked": "Speech recognition in practice"}),
)


def test_only_so_many_run_at_once_and_a_slot_is_free_again_afterwards() -> None:
    work = HeavyWork(at_once=2)
    with ExitStack() as held:
        held.enter_context(work.slot())
        held.enter_context(work.slot())
        with pytest.raises(TooBusy), work.slot():
            pass
    with work.slot():
        pass


@pytest.mark.parametrize(("path", "form"), HEAVY, ids=[path for path, _ in HEAVY])
def test_a_busy_page_asks_to_try_again_while_the_others_answer(
    path: str, form: dict[str, str], site: Running, client: httpx.Client
) -> None:
    running: Site = site.app.state.site
    with ExitStack() as held:
        for _ in range(AT_ONCE):
            held.enter_context(running.heavy_work.slot())
        answer = client.post(path, data=form)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        refused = client.post("/api/v1/preview", json={"keywords": [{"term": "speech recognition"}]})
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert client.get("/health").status_code == 200
        assert client.get("/subscribe").status_code == 200
    assert client.post(path, data=form).status_code == 200


def test_diagnoses_end_with_their_time(site: Running) -> None:
    profile = Profile(keywords=tuple(Keyword(term=f"unheard {number}") for number in range(200)))
    preview = LivePreview(site.store, IssueSettings())
    assert preview.diagnoses(profile, seconds=0) == []
    assert len(preview.diagnoses(profile, seconds=60)) == 200


def test_the_api_shows_the_strongest_reasons_only(site: Running, client: httpx.Client) -> None:
    terms = [{"term": f"study {number} of speech recognition"} for number in range(60)] + [
        {"term": term} for term in ("speech", "recognition", "speech recognition", "practice", "study")
    ]
    found = client.post("/api/v1/preview", json={"keywords": terms, "minimum_match": 0}).json()
    assert found["picks"]
    assert max(len(pick["reasons"]) for pick in found["picks"]) <= 20
