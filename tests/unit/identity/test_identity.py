from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from digest.identity import candidate_keys, joined, keys_of, mergeable, merged, new_paper, same_work
from digest.identity.identifiers import arxiv_id, arxiv_id_in, arxiv_id_of_doi, doi, doi_in
from digest.identity.same_work import authors_overlap
from digest.papers import Paper, PublishedKind, Sighting

NOW = datetime(2026, 4, 1, tzinfo=UTC)
LATER = datetime(2026, 4, 2, tzinfo=UTC)
TEXT = " ".join(f"word{number} about{number % 7}" for number in range(60))
OTHER_TEXT = " ".join(f"thing{number} over{number % 5}" for number in range(60))
LONG = "A Long Enough Title about Gates"


def paper(sighting: Sighting) -> Paper:
    return replace(new_paper(sighting, source="one", now=NOW), number=7)


def changed_words(text: str, share: float) -> str:
    words = text.split()
    return " ".join(f"new{place}" if place < len(words) * share else word for place, word in enumerate(words))


SAME = {
    "arXiv id, whatever the title": (
        Sighting(title="Old title", arxiv_id="2501.00001", arxiv_version=1),
        Sighting(title="Another one", arxiv_id="2501.00001", arxiv_version=2),
    ),
    "DOI": (Sighting(title="Old title", doi="10.1000/x"), Sighting(title="Another one", doi="10.1000/x")),
    "title alone": (Sighting(title=LONG), Sighting(title="A long-enough title: about GATES")),
    "title with the dollars and backslashes lost": (
        Sighting(title=r"MoE$^2$ at $8.2\times$ the Speed of $\tau$"),
        Sighting(title="MoE^2 at 8.2times the Speed of tau"),
    ),
    "title with font commands dropped": (
        Sighting(title=r"$\textbf{MagicID}$: Gates for Everyone"),
        Sighting(title="MagicID: Gates for Everyone"),
    ),
    "title with letters instead of commands": (
        Sighting(title=r"$\tau$-Gates and How They Open"),
        Sighting(title="τ-Gates and How They Open"),
    ),
    "accents": (Sighting(title=r"The Erd\H{o}s Problem of Gates"), Sighting(title="The Erdos Problem of Gates")),
    "short title and like text": (
        Sighting(title="DINOv3", abstract=TEXT),
        Sighting(title="DINOv3", abstract=changed_words(TEXT, 0.2)),
    ),
    "same text, retitled a little": (
        Sighting(title="DiffuseKronA: A Parameter Efficient Model", abstract=TEXT),
        Sighting(title="DiffuseKronA: A Parameter Efficient Method", abstract=changed_words(TEXT, 0.05)),
    ),
    "same text and an author, retitled wholly": (
        Sighting(title="Entirely Different", abstract=TEXT, authors=("Ada Byron", "Emmy Noether")),
        Sighting(title="Something Else Altogether", abstract=changed_words(TEXT, 0.05), authors=("A. Byron",)),
    ),
    "preprint and publication": (
        Sighting(title=LONG, doi="10.1101/857789", authors=("Ada Byron",)),
        Sighting(title=LONG, doi="10.1000/x", authors=("A Byron",)),
    ),
}
DIFFERENT = {
    "two arXiv ids, whatever else is the same": (
        Sighting(title=LONG, abstract=TEXT, arxiv_id="2501.00001", authors=("Ada Byron",)),
        Sighting(title=LONG, abstract=TEXT, arxiv_id="2501.00002", authors=("Ada Byron",)),
    ),
    "same title, other authors": (
        Sighting(title=LONG, authors=("Ada Byron",)),
        Sighting(title=LONG, authors=("Emmy Noether",)),
    ),
    "short title, other text": (
        Sighting(title="Olmo 3", abstract=TEXT),
        Sighting(title="Olmo 3", abstract=OTHER_TEXT),
    ),
    "short title, text on one side only": (Sighting(title="Poster", abstract=TEXT), Sighting(title="Poster")),
    "like titles, other texts": (
        Sighting(title="Neural Arithmetic Units in Practice", abstract=TEXT),
        Sighting(title="Neural Arithmetic Logic Units in Practice", abstract=OTHER_TEXT),
    ),
    "like titles, texts not quite alike": (
        Sighting(title="MeshSDF: Differentiable Iso-Surface Extraction", abstract=TEXT),
        Sighting(title="DeepMesh: Differentiable Iso-Surface Extraction", abstract=changed_words(TEXT, 0.25)),
    ),
    "same text, unlike titles, no authors": (
        Sighting(title="Entirely Different", abstract=TEXT),
        Sighting(title="Something Else Altogether", abstract=TEXT),
    ),
    "two publishers": (Sighting(title=LONG, doi="10.1000/x"), Sighting(title=LONG, doi="10.2000/y")),
}


@pytest.mark.parametrize("case", SAME)
def test_one_work_is_found_by_a_key_and_told_to_be_the_same(case: str) -> None:
    for known, shown in (SAME[case], SAME[case][::-1]):
        assert set(keys_of(paper(known))) & set(candidate_keys(shown))
        assert same_work(paper(known), shown)


@pytest.mark.parametrize("case", DIFFERENT)
def test_different_works_stay_two(case: str) -> None:
    for known, shown in (DIFFERENT[case], DIFFERENT[case][::-1]):
        assert not same_work(paper(known), shown)


def test_a_title_that_a_paper_had_before_still_leads_to_it() -> None:
    retitled = merged(paper(Sighting(title=LONG)), Sighting(title="New Words", arxiv_id="2501.00001"), source="two")
    key = candidate_keys(Sighting(title=LONG))
    assert same_work(replace(retitled, title_raw="New Words"), Sighting(title=LONG), found_by=key)


def test_a_paper_known_by_title_is_enriched_in_place() -> None:
    known = paper(Sighting(title="8.2times Gates for the Whole World", abstract="We get 8.2times."))
    record = Sighting(
        title=r"$8.2\times$ Gates for the Whole World",
        abstract=r"We get $8.2\times$.",
        authors=("Ada Byron", r"Sophie Germ\'ain"),
        arxiv_id="2501.00001",
        arxiv_version=1,
        categories=("cs.LG",),
        published=date(2025, 1, 1),
        published_kind=PublishedKind.SUBMITTED,
        links={"abs": "https://arxiv.org/abs/2501.00001"},
    )
    richer = merged(known, record, source="two")
    assert (richer.number, richer.first_seen) == (7, NOW)
    assert richer.key == "arxiv:2501.00001"
    assert richer.title == "8.2× Gates for the Whole World"
    assert richer.title_raw == record.title
    assert richer.authors == ("Ada Byron", "Sophie Germáin")
    assert richer.sources == ("one", "two")
    assert merged(richer, record, source="two") == richer


BETTER = {
    "a text instead of none": ("", "We show.", True),
    "the whole instead of a piece": ("We show that …", "We show that gates open.", True),
    "not a piece instead of the whole": ("We show that gates open.", "We show that …", False),
    "LaTeX intact instead of its ruins": ("a 8.2times gain", r"a $8.2\times$ gain", True),
    "not ruins instead of LaTeX": (r"a $8.2\times$ gain", "a 8.2times gain", False),
    "not another wording from a website": ("We show gates.", "Gates are shown by us.", False),
    "the rest of a text that was cut": ("We show that gates op", "We show that gates open. And more.", True),
}


@pytest.mark.parametrize("case", BETTER)
def test_the_better_text_wins(case: str) -> None:
    known, shown, wins = BETTER[case]
    result = merged(paper(Sighting(title=LONG, abstract=known)), Sighting(title=LONG, abstract=shown), source="two")
    assert result.abstract_raw == (shown if wins else known)


@pytest.mark.parametrize(("version", "wins"), [(1, False), (2, False), (3, True)], ids=["older", "same", "later"])
def test_a_later_version_replaces_the_text(version: int, wins: bool) -> None:
    known = Sighting(title=LONG, abstract="Before.", arxiv_id="2501.00001", arxiv_version=2, categories=("cs.LG",))
    shown = replace(known, abstract="After.", arxiv_version=version)
    assert merged(paper(known), shown, source="two").abstract == ("After." if wins else "Before.")


def test_two_papers_that_turn_out_to_be_one_keep_the_older_number_and_all_that_is_known() -> None:
    older = paper(Sighting(title=LONG, abstract=TEXT))
    newer = replace(new_paper(Sighting(title="New", arxiv_id="2501.00001"), source="two", now=LATER), number=9)
    together = joined(older, newer)
    assert (together.number, together.first_seen, together.arxiv_id) == (7, NOW, "2501.00001")
    assert together.abstract == older.abstract
    assert together.sources == ("one", "two")


def test_papers_with_two_arxiv_ids_are_never_joined() -> None:
    one, other = (paper(Sighting(title=LONG, arxiv_id=f"2501.0000{number}")) for number in (1, 2))
    assert not mergeable(one, other)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://arxiv.org/abs/2501.00001v3", ("2501.00001", 3)),
        ("http://arxiv.org/pdf/2501.00001", ("2501.00001", None)),
        ("oai:arXiv.org:2501.00001v12", ("2501.00001", 12)),
        ("arXiv:cond-mat/0102536v1", ("cond-mat/0102536", 1)),
        ("http://arxiv.org/abs/math.GT/0309136", ("math/0309136", None)),
        ("https://huggingface.co/papers/2501.00001#community", ("2501.00001", None)),
        ("2501.00001", None),
        ("version 1234.5678 of it", None),
        ("arXiv:2501.000012345", None),
    ],
)
def test_an_arxiv_id_is_found_where_it_is_marked_as_one(text: str, expected: tuple[str, int | None] | None) -> None:
    found = arxiv_id_in(text)
    assert (found and (found.id, found.version)) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("2501.00001v2", "2501.00001"), ("arXiv:2501.00001", "2501.00001"), ("x", None)]
)
def test_a_text_that_is_an_arxiv_id_is_one(text: str, expected: str | None) -> None:
    found = arxiv_id(text)
    assert (found and found.id) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://doi.org/10.1000/ABC.1", "10.1000/abc.1"),
        ("doi:10.1000/abc", "10.1000/abc"),
        ("10.1000/abc", "10.1000/abc"),
        ("10.48550/arXiv.2501.00001", None),
        ("about 10.1000", None),
    ],
)
def test_a_doi_is_lower_case_and_without_resolver(text: str, expected: str | None) -> None:
    assert doi(text) == expected


def test_a_doi_in_a_sentence_ends_before_the_punctuation() -> None:
    assert doi_in("see (doi:10.1000/a(b)c).") == "10.1000/a(b)c"


def test_a_doi_that_arxiv_gave_is_the_arxiv_id() -> None:
    found = arxiv_id_of_doi("https://doi.org/10.48550/arXiv.2501.00001")
    assert found is not None
    assert found.id == "2501.00001"


PEOPLE = {
    "initials behind": ("Byron A", "Ada Byron"),
    "several initials behind a particle": ("van der Berg AB", "Anna van der Berg"),
    "suffix": ("Martin L. King Jr.", "Martin L. King"),
    "suffix after a comma": ("King, Jr., Martin", "Martin King"),
    "umlaut as two letters": ("Jörg Müller", "J. Mueller"),
    "umlaut as one letter": ("Jörg Müller", "J. Muller"),
    "letters with strokes": ("Søren Ørsted", "S. Orsted"),
    "capital with a stroke": ("Kaiser Ł", "Łukasz Kaiser"),
    "family first": ("Li Wei", "Wei Li"),
    "comma": ("Byron, Ada", "A. Byron"),
    "apostrophe": ("O'Brien K", "Kate O’Brien"),
    "LaTeX": (r"Mar\'ia Hern\'andez", "M. Hernandez"),
}
STRANGERS = {
    "other initial": ("Ada Byron", "Bob Byron"),
    "other family": ("Ada Byron", "Ada Lovelace"),
    "other initials behind": ("Byron A", "Bob Byron"),
}


@pytest.mark.parametrize(("one", "other"), PEOPLE.values(), ids=PEOPLE)
def test_one_person_is_known_in_every_form_of_the_name(one: str, other: str) -> None:
    assert authors_overlap([one], [other])
    assert authors_overlap([other], [one])


@pytest.mark.parametrize(("one", "other"), STRANGERS.values(), ids=STRANGERS)
def test_other_people_stay_other_people(one: str, other: str) -> None:
    assert not authors_overlap([one], [other])


def test_a_collaboration_does_not_contradict_its_members() -> None:
    known = Sighting(title=LONG, authors=("The Gate Collaboration",))
    assert same_work(paper(known), Sighting(title=LONG, authors=("Ada Byron", "Emmy Noether")))


def test_a_short_abstract_alone_does_not_make_two_titles_one_work() -> None:
    few = " ".join(TEXT.split()[:24])
    known = paper(Sighting(title="A First Paper of the Day", abstract=few))
    assert not same_work(known, Sighting(title="A Third Paper of the Day", abstract=few))


ADDRESSES_OF_DOIS = {
    "https://www.biorxiv.org/content/10.1101/2026.03.01.640001v1.full.pdf": "10.1101/2026.03.01.640001",
    "https://link.example/content/pdf/10.1007/s00000-026-01234-5.pdf": "10.1007/s00000-026-01234-5",
    "https://www.example.org/articles/10.3389/fgate.2026.1234567/full": "10.3389/fgate.2026.1234567",
    "https://journals.example/doi/abs/10.1177/0000000026000001?ai=1&af=R": "10.1177/0000000026000001",
    "https://onlinelibrary.example/doi/pdfdirect/10.1111/abc.123.pdf?download=true": "10.1111/abc.123",
    "https://academic.example/nar/article/doi/10.1093/nar/gkaa1100/6018440": "10.1093/nar/gkaa1100",
    "https://iopscience.example/article/10.1088/1361-6471/ab1234/meta": "10.1088/1361-6471/ab1234",
    "https://doi.org/10.1000%2Fabc#abstract": "10.1000/abc",
}
WRITTEN_DOIS = {
    "DOI: 10.1000/X": "10.1000/x",
    "doi 10.1000/x": "10.1000/x",
    "https://www.doi.org/10.1000/x": "10.1000/x",
    "dx.doi.org/10.1000/x": "10.1000/x",
    "info:doi/10.1000/x": "10.1000/x",
    "https://doi.org/10.1101/2026.03.01.640001v2": "10.1101/2026.03.01.640001",
    r"10.1007/978-3-030-00000-1{\_}42": "10.1007/978-3-030-00000-1_42",
    r"10.1007/978-3-030-00000-1\_42": "10.1007/978-3-030-00000-1_42",
    "10.1002/(SICI)1097(1998)49:8<693::AID-ASI4>3.0.CO;2-O": "10.1002/(sici)1097(1998)49:8<693::aid-asi4>3.0.co;2-o",
}
MIRRORS = (
    "https://papers.cool/arxiv/2603.14001",
    "https://hf.co/papers/2603.14001",
    "https://www.alphaxiv.org/overview/2603.14001v2",
    "https://scirate.com/arxiv/2603.14001",
    "https://ar5iv.labs.arxiv.org/html/2603.14001",
    "https://www.semanticscholar.org/arxiv/2603.14001",
    "https://arxiv.org/pdf/2603.14001.pdf",
)


@pytest.mark.parametrize(("address", "identifier"), ADDRESSES_OF_DOIS.items())
def test_a_doi_in_an_address_ends_where_it_ends(address: str, identifier: str) -> None:
    assert doi_in(address) == identifier


@pytest.mark.parametrize(("text", "identifier"), WRITTEN_DOIS.items())
def test_every_usual_way_to_write_a_doi_is_the_doi(text: str, identifier: str) -> None:
    assert doi(text) == identifier


@pytest.mark.parametrize("address", MIRRORS)
def test_a_site_that_shows_arxiv_papers_names_the_paper(address: str) -> None:
    found = arxiv_id_in(address)
    assert found
    assert found.id == "2603.14001"


BLURB = "An editor finds this relevant."


def test_arxivs_own_abstract_replaces_the_blurb_of_a_site_that_names_categories() -> None:
    blurb = Sighting(title=LONG, abstract=BLURB, arxiv_id="2501.00001", categories=("hep-ex",))
    own = Sighting(title=LONG, abstract=TEXT, arxiv_id="2501.00001", arxiv_version=1, categories=("hep-ex", "cs.LG"))
    assert merged(paper(blurb), own, source="two").abstract == TEXT
    assert merged(paper(own), blurb, source="two").abstract == TEXT


def test_a_whole_abstract_replaces_a_sentence_whoever_came_first() -> None:
    blurb, whole = Sighting(title=LONG, abstract=BLURB), Sighting(title=LONG, abstract=TEXT)
    assert merged(paper(blurb), whole, source="two").abstract == TEXT
    assert merged(paper(whole), blurb, source="two").abstract == TEXT


def test_signs_and_et_al_are_no_authors() -> None:
    assert paper(Sighting(title=LONG, authors=("Gate Team", ":", "Ada Byron", "et al."))).authors == (
        "Gate Team",
        "Ada Byron",
    )
