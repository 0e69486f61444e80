"""A listing with a paper on each line: DOI, tabulator, title."""

from digest.identity.identifiers import doi
from digest.papers import Listing, Problem, Sighting
from digest.sources.raw_listing import Format, RawListing


def read(raw_listing: RawListing) -> Listing:
    sightings, problems = [], []
    for number, line in enumerate(raw_listing.text.splitlines()[1:], start=2):
        name, _, title = line.partition("\t")
        if title.strip():
            sightings.append(Sighting(title=title.strip(), doi=doi(name), position=number - 1, line=number))
        else:
            problems.append(Problem(line=number, reason="a line without a title; left out"))
    return raw_listing.listing("gate-list", sightings, problems)


def address(name: str) -> str:
    return f"https://gates.example/{name}.txt"


FORMAT = Format(name="gate-list", recognise=lambda raw_listing: raw_listing.head.startswith("#gates"), read=read)
