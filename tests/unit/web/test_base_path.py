"""Pages below a path, behind proxies that strip it and that pass it on; and links as mail programs cut them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from digest.runs.operations.operators import Role, add_operator
from digest.signed_links import Purpose
from digest.storage import Store
from digest.subscribers import State
from tests import sites
from tests.sites import NOW, Running
from tests.unit.web.forms import sign_up

BASE = "/digest"
ADDRESS = re.compile(r'(?:href|src|action|formaction|data-preview)="(/[^"]*)"')


@pytest.fixture
def below(store: Store) -> Iterator[Running]:
    """A site whose web.url has a path."""
    sites.fill(store)
    with sites.running(store, url=f"https://lab.example.org{BASE}") as running:
        yield running


@pytest.fixture(params=["stripped", "passed on"])
def behind(request: pytest.FixtureRequest, below: Running) -> Iterator[httpx.Client]:
    """A client that sees the site through a proxy: addresses begin with the path; some proxies strip it."""

    def through(outgoing: httpx.Request) -> None:
        if request.param == "stripped":
            path = outgoing.url.raw_path.decode()
            assert path.startswith(BASE), path  # all else would go to another program on this host
            outgoing.url = outgoing.url.copy_with(raw_path=(path.removeprefix(BASE) or "/").encode())

    with httpx.Client(base_url=below.url, timeout=30, event_hooks={"request": [through]}) as client:
        yield client


def addresses(page: str) -> set[str]:
    """Every address of the own host in a page."""
    return {address for address in ADDRESS.findall(page) if not address.startswith("//")}


def test_every_address_of_every_page_is_below_the_path_and_answers(below: Running, behind: httpx.Client) -> None:
    ada = sites.subscribe(below.store)
    delivery = sites.plan_issue(below.store, ada, [4, 8])
    links = [
        f"/{way}/{below.link(purpose, delivery)}"
        for way, purpose in (("u", Purpose.UNSUBSCRIBE), ("p", Purpose.PAUSE), ("i", Purpose.VIEW))
    ]
    links.append(f"/v/{below.link(Purpose.VOTE, delivery)}/4/up")
    todo, seen = [BASE + path for path in ("/", "/archive", "/subscribe", "/subscribe/liked", "/manage", *links)], set()
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = behind.get(path)
        assert answer.status_code in (200, 404, 405), path
        if "text/html" in answer.headers["content-type"] and answer.status_code == 200:
            found = addresses(answer.text)
            assert all(address.startswith(f"{BASE}/") for address in found), (path, found)
            todo += [address.replace("&amp;", "&") for address in found]
    assert any("/static/" in path for path in seen)


def test_a_reader_signs_up_manages_and_leaves_below_the_path(below: Running, behind: httpx.Client) -> None:
    ada = sites.subscribe(below.store)
    delivery = sites.plan_issue(below.store, ada, [4])
    page = behind.get(f"{BASE}/u/{below.link(Purpose.UNSUBSCRIBE, delivery)}").text
    [action] = [found for found in addresses(page) if "/u/" in found and "lang" not in found]
    done = behind.post(action, headers={"Origin": "https://lab.example.org"})
    assert done.status_code == 200
    [undo] = [found for found in addresses(done.text) if "/undo/" in found]
    assert behind.post(undo).status_code == 200
    person = below.person(ada.address)
    assert person is not None
    assert person.state is State.ACTIVE


def test_operators_sign_in_below_the_path_and_their_cookie_goes_nowhere_else(
    below: Running, behind: httpx.Client
) -> None:
    token = add_operator(below.store, "Olu", Role.ADMINISTER, NOW)
    answer = behind.post(f"{BASE}/operator/session", data={"token": token})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{BASE}/operator")
    assert f"Path={BASE}/operator;" in answer.headers["set-cookie"] + ";"
    session = answer.headers["set-cookie"].partition(";")[0].partition("=")[2]
    page = behind.get(f"{BASE}/operator", headers={"Cookie": f"digest_operator={session}"}).text
    assert "Overview" in page
    assert all(address.startswith(f"{BASE}/") for address in addresses(page))


def test_the_api_answers_below_the_path_and_says_so(behind: httpx.Client) -> None:
    described = behind.get(f"{BASE}/api/v1/openapi.json").json()
    assert urlsplit(described["servers"][0]["url"]).path == f"{BASE}/api/v1"
    assert behind.get(f"{BASE}/api/v1/papers").json()["total"] > 0
    assert behind.get(f"{BASE}/api/v1/nothing").json()["error"]
    assert f"Disallow: {BASE}/u/" in behind.get(f"{BASE}/robots.txt").text


TAILS = (".", ")", "%3E", "%20", ",", "%22", "/", ").", "%29%2E", "%C2%A0", "*")


@pytest.mark.parametrize("tail", TAILS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_with_a_tail_lands_where_it_should(method: str, tail: str, site: Running, client: httpx.Client) -> None:
    delivery = sites.plan_issue(site.store, sites.subscribe(site.store), [4])
    unsubscribe, vote = site.link(Purpose.UNSUBSCRIBE, delivery), site.link(Purpose.VOTE, delivery)
    for path in (f"/v/{vote}/4/up", f"/p/{site.link(Purpose.PAUSE, delivery)}", f"/u/{unsubscribe}"):
        answer = client.request(method, path + tail)
        assert answer.status_code == 200, path
    person = site.person("ada@example.com")
    assert person is not None
    assert (person.state is State.UNSUBSCRIBED) is (method == "POST")


@pytest.mark.parametrize("path", ["/u//{}", "//u/{}", "/u///{}/", "//u//{}."])
def test_a_link_with_double_slashes_lands_where_it_should(path: str, site: Running, client: httpx.Client) -> None:
    delivery = sites.plan_issue(site.store, sites.subscribe(site.store), [4])
    address = site.url + path.format(site.link(Purpose.UNSUBSCRIBE, delivery))
    assert client.get(address).status_code == 200
    assert client.post(address, data={"List-Unsubscribe": "One-Click"}).text == "You are unsubscribed.\n"


def test_a_link_to_confirm_with_a_tail_works_as_well(site: Running, client: httpx.Client) -> None:
    sign_up(site, client)
    [mail] = site.mails
    assert "Confirm" in client.get(f"/c/{mail.token}).").text


def test_a_forged_tail_makes_no_other_token_of_it(site: Running, client: httpx.Client) -> None:
    delivery = sites.plan_issue(site.store, sites.subscribe(site.store), [4])
    token = site.link(Purpose.UNSUBSCRIBE, delivery)
    assert client.get(f"/u/{token}x").status_code == 404
    assert client.get(f"/u/{token[:-1]}").status_code == 404
