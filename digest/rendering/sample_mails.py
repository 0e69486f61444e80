"""Sample mails: every kind of message in every relevant case, for the preview, the gallery and the tests.

The papers come from `samples/papers.toml` in the templates; the unusual cases are defined here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from digest.issues import Issue, Pick, Reason, ReasonKind
from digest.papers import Paper
from digest.rendering.inputs import Addressee, IssueLinks
from digest.rendering.mail_renderer import MailRenderer
from digest.rendering.result import Rendering
from digest.rendering.transactional import Preview, RunFigures

DAY = date(2025, 3, 13)
NEXT_DAY = date.fromordinal(DAY.toordinal() + 1)
NOW = datetime(2025, 3, 13, 6, 0, tzinfo=UTC)
WEB = "https://digest.example.org"
LINKS = IssueLinks(  #: as in a sent issue
    unsubscribe=f"{WEB}/u/{'U' * 40}",
    manage=f"{WEB}/manage",
    pause=f"{WEB}/p/{'P' * 40}",
    view=f"{WEB}/i/{'V' * 40}",
    vote=f"{WEB}/v/{'W' * 40}",
)
READER = Addressee(address="ada@example.com", name="Ada")
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7*7 }}{% raw %}‮\x07 #{x} =?utf-8?q?x?='
_MATCHES = (96, 91, 84, 77, 68, 61, 55, 48, 42, 37)
_INTERESTS = ("learning rate", "hyperparameter optimization", "scaling laws", "retrieval")


@dataclass(frozen=True, kw_only=True)
class SampleMail:
    """One message in one case."""

    name: str
    issue: bool  #: whether it is an issue, which has the headers of list mail
    render: Callable[[MailRenderer], Rendering]


def sample_mails(templates: Mapping[str, str]) -> list[SampleMail]:
    """Return a sample mail for every case, with the papers of the templates."""
    papers = sample_papers(templates)
    issues = {
        "daily": issue_of(papers, also=papers[8:], more=12),
        "one": issue_of(papers[:1]),
        "thirty": issue_of(_many(papers, 30), also=_many(papers, 45)[30:], more=200),
        "none": issue_of([]),
        "trending": _trending(papers[:4]),
        "weekly": replace(issue_of(papers[:6], more=3), weekly=True),
        "scripts": issue_of(_scripts(papers)),
        "hostile": issue_of(_hostile(papers), term=HOSTILE),
    }
    listed = {"none": [], "thirty": _many(papers, 45), "scripts": _scripts(papers), "hostile": _hostile(papers)}
    found = [_of_issue(name, issue, listed.get(name, papers)) for name, issue in issues.items()]
    found.append(_of_issue("without-web", issues["daily"], papers, links=IssueLinks(unsubscribe=_MAILTO)))
    hostile_reader = Addressee(address="ada@example.com", name=HOSTILE)
    found.append(_of_issue("hostile-reader", issues["hostile"], listed["hostile"], reader=hostile_reader))
    return [*found, *_transactional_mails(issues["daily"], papers)]


_MAILTO = f"mailto:digest+{'a' * 48}@example.org?subject=unsubscribe"


def sample_papers(templates: Mapping[str, str]) -> list[Paper]:
    """Return the sample papers, numbered from 1."""
    data = tomllib.loads(templates["samples/papers.toml"])["papers"]
    return [_paper(number, **given) for number, given in enumerate(data, 1)]


def paper_sets(templates: Mapping[str, str]) -> Mapping[str, list[Paper]]:
    """Return the papers of the cases by name, each with its own key, as in a store."""
    papers = sample_papers(templates)
    sets = {
        "daily": papers,
        "one": papers[:1],
        "thirty": _many(papers, 30),
        "scripts": _scripts(papers),
        "hostile": _hostile(papers),
    }
    return {
        name: [replace(paper, number=place, key=f"sample:{name}-{place}") for place, paper in enumerate(found, 1)]
        for name, found in sets.items()
    }


def _of_issue(
    name: str, issue: Issue, papers: Sequence[Paper], links: IssueLinks = LINKS, reader: Addressee = READER
) -> SampleMail:
    by_number = {paper.number: paper for paper in papers}
    return SampleMail(name=name, issue=True, render=lambda renderer: renderer.issue(issue, by_number, reader, links))


def _transactional_mails(issue: Issue, papers: Sequence[Paper]) -> list[SampleMail]:
    by_number, link = {paper.number: paper for paper in papers}, f"{WEB}/confirm/{'C' * 43}"
    preview = Preview(issue=replace(issue, picks=issue.picks[:3], also=(), more=0), papers=by_number)
    made: dict[str, Callable[[MailRenderer], Rendering]] = {
        "confirm": lambda renderer: renderer.transactional.confirm(link, hours=48),
        "invite": lambda renderer: renderer.transactional.confirm(link, hours=48, group="Robotics Lab"),
        "manage": lambda renderer: renderer.transactional.manage(f"{WEB}/manage/{'M' * 43}", hours=1),
        "welcome": lambda renderer: renderer.transactional.welcome(
            READER.address,
            LINKS,
            first_issue=NEXT_DAY,
            keywords=_INTERESTS,
            preview=preview,
        ),
        "welcome-empty": lambda renderer: renderer.transactional.welcome(READER.address, LINKS),
        "report": lambda renderer: renderer.transactional.report(_RUN),
    }
    return [SampleMail(name=name, issue=False, render=render) for name, render in made.items()]


_RUN = RunFigures(
    day="Thursday, 13 March",
    deliveries={"planned": 1_204, "sent": 1_187, "deferred": 14, "failed": 2, "unknown": 1},
    skipped={"nothing above the minimum match": 212, "no new papers": 9, "the address is suppressed": 3},
    listings={"listings/2025-03-13.txt": 70, "https://rss.example.org/cs.LG": 184},
    problems=[
        "listing 2025-03-13.txt, line 8: two titles in a row; the first has no abstract",
        "subscribers/eve.toml, line 3: hour: '25:00' is not a time of day",
    ],
)


def _paper(number: int, **given: Any) -> Paper:
    given |= {name: tuple(given[name]) for name in ("authors", "categories") if name in given}
    given |= {"title_raw": given["title"], "abstract_raw": given["abstract"]}
    return Paper(number=number, key=f"sample:{number}", first_seen=NOW, **given)


def issue_of(papers: Sequence[Paper], also: Sequence[Paper] = (), more: int = 0, term: str = "") -> Issue:
    shown = [paper for paper in papers if paper not in also]
    return Issue(
        subscriber=1,
        issue_date=DAY,
        created=NOW,
        message_id="20250313.1@example.org",
        picks=tuple(_pick(place, paper, term) for place, paper in enumerate(shown)),
        also=tuple(_pick(place + 8, paper, term) for place, paper in enumerate(also)),
        more=more,
        considered=197,
    )


def _pick(place: int, paper: Paper, term: str) -> Pick:
    match = _MATCHES[place] if place < len(_MATCHES) else 36
    terms = [term or _INTERESTS[place % 4], *_INTERESTS[place % 4 + 1 :]]
    shares = [match / (2**step) for step in range(1, len(terms) + 1)]
    reasons = tuple(_reason(name, share) for name, share in zip(terms, shares, strict=True))
    return Pick(paper=paper.number, match=match, reasons=reasons, interest=term or _INTERESTS[(place // 2) % 4])


def _reason(term: str, contribution: float) -> Reason:
    return Reason(term=term, kind=ReasonKind.KEYWORD, field="title", contribution=contribution)


def _trending(papers: Sequence[Paper]) -> Issue:
    votes = [f"Trending · {120 - 17 * place} votes, {40 - place} since yesterday" for place in range(len(papers))]
    picks = tuple(Pick(paper=paper.number, match=None, trending=why) for paper, why in zip(papers, votes, strict=True))
    return replace(issue_of([]), trending=picks)


def _many(papers: Sequence[Paper], wanted: int) -> list[Paper]:
    return [replace(papers[place % len(papers)], number=place + 1) for place in range(wanted)]


def _scripts(papers: Sequence[Paper]) -> list[Paper]:
    longest = "A Title That Goes On and On Because Its Authors Could Not Bring Themselves to Leave Anything Out, "
    arabic, japanese = "نقدم دراسة شاملة عن الترجمة الآلية.", "学習率の転移は、モデルの規模が変わっても成り立つ。"
    bare: dict[str, Any] = {
        "abstract": "",
        "authors": (),
        "arxiv_id": None,
        "categories": (),
        "comment": "",
        "links": {},
    }
    bare |= {"published": None, "arxiv_version": None}
    cases: list[dict[str, Any]] = [
        {"title": "نماذج اللغة الكبيرة: دراسة في الترجمة الآلية", "abstract": arabic * 4},
        {"title": "מודלים קטנים, שאלות גדולות", "abstract": "אנו מראים כי מודלים קטנים מספיקים לרוב המשימות."},
        {"title": "大規模言語モデルにおける学習率の転移について", "abstract": japanese * 9},
        {"title": "🎉 Emoji Are Tokens Too 👩🏽‍🔬: A Study", "abstract": "We count 👍 and 👎. Emoji carry meaning."},
        {"title": (longest * 4)[:300], "authors": tuple(f"Author Number{place}" for place in range(600))},
        {"title": "No Abstract, No Authors, No Link", **bare},
        {"title": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2},
    ]
    return [replace(papers[0], number=place, **case) for place, case in enumerate(cases, 1)]


def _hostile(papers: Sequence[Paper]) -> list[Paper]:
    links = {
        "abs": "javascript:alert(1)",
        "pdf": 'https://example.org/"onmouseover="alert(1)',
        "code": "data:text/html,x",
    }
    bad = replace(
        papers[0], title=HOSTILE, abstract=HOSTILE * 3, authors=(HOSTILE,) * 3, categories=(HOSTILE,), arxiv_id=None
    )
    bad = replace(bad, links=links, comment=HOSTILE, affiliations={HOSTILE: HOSTILE})
    return [bad, replace(papers[1], title="A\u2028B\x85C\ud800 \ufdd0match\ufdd1 &amp; </td>")]
