"""Listings of any length in every format, with made-up papers, for benchmarks."""

from __future__ import annotations

import html
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

_SYLLABLES = "ba ce di fo gu la me ni po ru sa te vi wo zu kra ple stri gno mir".split()


@dataclass(frozen=True, kw_only=True)
class Made:
    """A made-up paper."""

    id: str
    title: str
    abstract: str
    authors: tuple[str, ...]


def made_papers(count: int, seed: int = 1) -> list[Made]:
    """Return papers that differ in title, id and text; abstracts have some 1,300 characters, one in five has LaTeX."""
    chance = random.Random(seed)
    words = ["".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))) for _ in range(8_000)]
    papers = []
    for number in range(count):
        text = " ".join(chance.choices(words, k=180))
        latex = r" We reach $8.2\times$ and $O(n^{-3})$ at 50\%, caf\'e." if number % 5 == 0 else ""
        title = " ".join(chance.choices(words, k=9)).capitalize()
        authors = tuple(f"{chance.choice(words).title()} {chance.choice(words).title()}" for _ in range(4))
        year = 2001 + number // 10_000 % 25
        papers.append(
            Made(
                id=f"{year % 100:02d}01.{number % 10_000:05d}", title=title, abstract=f"{text}.{latex}", authors=authors
            )
        )
    return papers


def page_text(papers: list[Made]) -> str:
    header = ["new", "Get trending papers in your email inbox!", "Subscribe", "Daily Papers", "Mar 12"]
    return "\n\n".join([*header, *(line for paper in papers for line in (paper.title, paper.abstract))])


def page_cards(papers: list[Made]) -> str:
    address = "https://huggingface.co/papers"
    cards = (f"### [{p.title}]({address}/{p.id})\n\n[{p.abstract}]({address}/{p.id})\n\n· Jan 7\n" for p in papers)
    return "# Daily Papers\n\n" + "\n".join(cards)


def page_answer(papers: list[Made]) -> str:
    return json.dumps(_items(papers))


def page_html(papers: list[Made]) -> str:
    data = html.escape(json.dumps({"dailyPapers": _items(papers)}))
    return f'<!doctype html><html><body><div data-target="DailyPapers" data-props="{data}"></div></body></html>'


def _items(papers: list[Made]) -> list[dict[str, object]]:
    return [
        {"paper": {"id": p.id, "title": p.title, "summary": p.abstract, "authors": [{"name": n} for n in p.authors]}}
        for p in papers
    ]


def arxiv_rss(papers: list[Made]) -> str:
    items = (
        f"<item><title>{escape(p.title)}</title><link>https://arxiv.org/abs/{p.id}</link><description>arXiv:{p.id}v1 "
        f"Announce Type: new \nAbstract: {escape(p.abstract)}</description><guid>oai:arXiv.org:{p.id}v1</guid>"
        f"<dc:creator>{', '.join(p.authors)}</dc:creator></item>"
        for p in papers
    )
    return _rss("cs updates on arXiv.org", "".join(items))


def journal_rss(papers: list[Made]) -> str:
    items = (
        f"<item><title>{escape(p.title)}</title><link>https://journal.example/{p.id}</link>"
        f"<description>&lt;p&gt;{escape(escape(p.abstract))}&lt;/p&gt;</description>"
        f"<dc:creator>{', '.join(p.authors)}</dc:creator></item>"
        for p in papers
    )
    return _rss("A journal", "".join(items))


def _rss(title: str, items: str) -> str:
    root = '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    return f"{root}<channel><title>{title}</title>{items}</channel></rss>"


def arxiv_mail(papers: list[Made]) -> str:
    entries = (
        f"\\\\\narXiv:{p.id}\nDate: Wed, 1 Jan 2025 20:00:00 GMT   (27kb)\n\nTitle: {p.title}\n"
        f"Authors: {', '.join(p.authors)}\nCategories: cs.LG\n\\\\\n  {p.abstract}\n"
        f"\\\\ ( https://arxiv.org/abs/{p.id} ,  27kb)\n{'-' * 78}\n"
        for p in papers
    )
    return "Submissions to:\nreceived from  a  to  b\n" + "".join(entries)


def oai(papers: list[Made]) -> str:
    records = (
        f"<record><header><identifier>oai:arXiv.org:{p.id}</identifier></header><metadata><dc><title>{p.title}</title>"
        f"{''.join(f'<creator>{name}</creator>' for name in p.authors)}<description>{escape(p.abstract)}</description>"
        "</dc></metadata></record>"
        for p in papers
    )
    root = '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>'
    return f"{root}{''.join(records)}</ListRecords></OAI-PMH>"


def json_lines(papers: list[Made]) -> str:
    return "\n".join(
        json.dumps({"id": p.id, "title": p.title, "summary": p.abstract, "authors": p.authors}) for p in papers
    )


def bibtex(papers: list[Made]) -> str:
    return "\n".join(
        f"@article{{k{p.id}, title={{{p.title}}}, author={{{' and '.join(p.authors)}}}, abstract={{{p.abstract}}}}}"
        for p in papers
    )


def ris(papers: list[Made]) -> str:
    return "\n".join(
        "\n".join(
            ["TY  - JOUR", f"TI  - {p.title}", *(f"AU  - {n}" for n in p.authors), f"AB  - {p.abstract}", "ER  - "]
        )
        for p in papers
    )


MAKERS: Mapping[str, Callable[[list[Made]], str]] = {
    "hf-page-text": page_text,
    "hf-cards": page_cards,
    "hf-json": page_answer,
    "hf-html": page_html,
    "arxiv-feed": arxiv_rss,
    "feed": journal_rss,
    "arxiv-email": arxiv_mail,
    "oai-pmh": oai,
    "json-records": json_lines,
    "bibtex": bibtex,
    "ris": ris,
}
