"""The same ten papers in nine formats are ten papers, whichever of them comes first."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import permutations
from xml.sax.saxutils import escape

import pytest

from digest.runs.ingest.deduplication import Deduplication, PreparedSightings
from digest.sources import read_listing

NOW = datetime(2026, 4, 1, tzinfo=UTC)
PEOPLE = (("Ada", "Byron"), ("Jörg", "Müller"), ("Emmy", "Noether"), ("Søren", "Ørsted"), ("Sophie", "Germain"))
SUBJECTS = (
    *("sparse gates", "iron doors", "river deltas", "old bridges", "leaves in shade"),
    *("photon pairs", "stable lattices", "sleeping gates", "slow hinges", "warm rooms"),
)


class Work:
    """One of the ten papers; the first five are on arXiv, the others have a DOI and no more."""

    def __init__(self, number: int) -> None:
        subject = SUBJECTS[number]
        self.number = number
        self.title = f"On the Growth and Decay of {subject.title()} under Weak Coupling"
        self.abstract = " ".join(
            f"We measure {subject} in setting {number * 31 + step} and find that they {verb} by {step} percent."
            for step, verb in enumerate(("grow", "shrink", "bend", "break", "open", "close"))
        )
        self.people = (PEOPLE[number % 5], PEOPLE[(number + 2) % 5])
        self.arxiv = f"2603.0{number:04}" if number < 5 else ""
        self.doi = "" if self.arxiv else f"10.1000/ten.{number}"

    @property
    def names(self) -> list[str]:
        return [" ".join(person) for person in self.people]


def hf_json(works: list[Work]) -> str:
    return json.dumps(
        [
            {
                "paper": {
                    "id": work.arxiv,
                    "title": work.title,
                    "summary": work.abstract,
                    "authors": [{"name": name} for name in work.names],
                },
                "title": work.title,
            }
            for work in works
        ]
    )


def arxiv_atom(works: list[Work]) -> str:
    entries = "".join(
        f"<entry><id>http://arxiv.org/abs/{work.arxiv or f'2603.1{work.number:04}'}v1</id><title>{work.title}</title>"
        f"<summary>{work.abstract}</summary>"
        + "".join(f"<author><name>{name}</name></author>" for name in work.names)
        + (f'<arxiv:doi xmlns:arxiv="http://arxiv.org/schemas/atom">{work.doi}</arxiv:doi>' if work.doi else "")
        + '<category term="cs.LG"/></entry>'
        for work in works
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>ArXiv Query: x</title>'
        f"<id>http://arxiv.org/api/x</id>{entries}</feed>"
    )


def bibtex(works: list[Work]) -> str:
    entries = []
    for work in works:
        people = " and ".join(f"{family}, {given}" for given, family in work.people)
        number = f"eprint={{{work.arxiv}}}, archivePrefix={{arXiv}}" if work.arxiv else f"doi={{{work.doi}}}"
        fields = f"title={{{{{work.title}}}}}, author={{{people}}}, abstract={{{work.abstract}}}, {number}"
        entries.append(f"@article{{key, {fields}}}")
    return "\n".join(entries)


def ris(works: list[Work]) -> str:
    return "".join(
        f"TY  - JOUR\nTI  - {work.title}\n"
        + "".join(f"AU  - {family}, {given}\n" for given, family in work.people)
        + f"AB  - {work.abstract}\nDO  - {work.doi or f'10.48550/arXiv.{work.arxiv}'}\nER  - \n"
        for work in works
    )


def crossref(works: list[Work]) -> str:
    items = [
        {
            "DOI": work.doi or f"10.1000/published.{work.number}",
            "title": [work.title],
            "abstract": f"<jats:title>Abstract</jats:title><jats:p>{work.abstract}</jats:p>",
            "author": [{"given": given, "family": family} for given, family in work.people],
            "published": {"date-parts": [[2026, 3, 5]]},
        }
        for work in works
    ]
    return json.dumps({"status": "ok", "message-type": "work-list", "message": {"items": items}})


def openalex(works: list[Work]) -> str:
    def inverted(text: str) -> dict[str, list[int]]:
        index: dict[str, list[int]] = {}
        for place, word in enumerate(text.split()):
            index.setdefault(word, []).append(place)
        return index

    results = [
        {
            "id": f"https://openalex.org/W{work.number}",
            "title": work.title,
            "doi": f"https://doi.org/{work.doi or f'10.48550/arxiv.{work.arxiv}'}",
            "abstract_inverted_index": inverted(work.abstract),
            "authorships": [{"author": {"display_name": name}} for name in work.names],
        }
        for work in works
    ]
    return json.dumps({"meta": {"count": len(results)}, "results": results})


def semantic_scholar(works: list[Work]) -> str:
    data = [
        {
            "paperId": f"p{work.number}",
            "externalIds": {"ArXiv": work.arxiv} if work.arxiv else {"DOI": work.doi},
            "title": work.title,
            "abstract": work.abstract,
            "authors": [{"name": f"{given[0]}. {family}"} for given, family in work.people],
        }
        for work in works
    ]
    return json.dumps({"total": len(data), "data": data})


def pubmed(works: list[Work]) -> str:
    articles = "".join(
        f"<PubmedArticle><MedlineCitation><PMID>{work.number + 1}</PMID><Article><ArticleTitle>{escape(work.title)}."
        f"</ArticleTitle><Abstract><AbstractText>{work.abstract}</AbstractText></Abstract><AuthorList>"
        + "".join(
            f"<Author><LastName>{family}</LastName><Initials>{given[0]}</Initials></Author>"
            for given, family in work.people
        )
        + "</AuthorList></Article></MedlineCitation><PubmedData><ArticleIdList>"
        + (f'<ArticleId IdType="doi">{work.doi}</ArticleId>' if work.doi else "")
        + "</ArticleIdList></PubmedData></PubmedArticle>"
        for work in works
    )
    return f"<PubmedArticleSet>{articles}</PubmedArticleSet>"


def csl_json(works: list[Work]) -> str:
    return json.dumps(
        [
            {
                "id": f"c{work.number}",
                "type": "article-journal",
                "title": work.title,
                "abstract": work.abstract,
                "author": [{"given": given, "family": family} for given, family in work.people],
                **({"DOI": work.doi} if work.doi else {"note": f"arXiv: {work.arxiv}"}),
            }
            for work in works
        ]
    )


WRITERS: dict[str, Callable[[list[Work]], str]] = {
    "hf-json": hf_json,
    "arxiv-feed": arxiv_atom,
    "bibtex": bibtex,
    "ris": ris,
    "crossref": crossref,
    "openalex": openalex,
    "semantic-scholar": semantic_scholar,
    "pubmed-xml": pubmed,
    "csl-json": csl_json,
}
WORKS = [Work(number) for number in range(10)]


def prepared(name: str) -> list[PreparedSightings]:
    listing = read_listing(WRITERS[name](WORKS).encode(), origin=name, now=NOW)
    assert listing.format == name
    assert len(listing.sightings) == 10, listing.problems
    return [PreparedSightings.of(sighting, name, NOW) for sighting in listing.sightings]


READ = {name: prepared(name) for name in WRITERS}


def papers_of(*names: str) -> int:
    known = Deduplication.known({})
    for name in names:
        for sighting in READ[name]:
            known.place(sighting)
    return len(known.papers)


@pytest.mark.parametrize(("one", "other"), list(permutations(WRITERS, 2)), ids=str)
def test_ten_papers_in_two_formats_are_ten_papers(one: str, other: str) -> None:
    assert papers_of(one, other) == 10


def test_ten_papers_in_all_formats_are_ten_papers_forwards_and_backwards() -> None:
    assert papers_of(*WRITERS) == 10
    assert papers_of(*reversed(WRITERS)) == 10
