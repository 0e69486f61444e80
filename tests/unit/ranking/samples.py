"""Papers written for the ranking's tests, and short ways to make papers and profiles."""

from __future__ import annotations

from datetime import UTC, datetime

from digest.papers import Paper, Popularity
from digest.profiles import Keyword, Profile

SEEN = datetime(2026, 3, 12, 6, tzinfo=UTC)


def paper(number: int, title: str, abstract: str = "", **more: object) -> Paper:
    """Return a paper with that sequence number; `more` sets further fields."""
    fields: dict[str, object] = {
        "number": number,
        "key": f"title:{number}:{title.lower()}",
        "title": title,
        "abstract": abstract,
        "title_raw": title,
        "abstract_raw": abstract,
        "first_seen": SEEN,
    }
    return Paper(**(fields | more))  # type: ignore[arg-type]


def wanting(*terms: str | tuple[str, float], **more: object) -> Profile:
    """Return a profile with these keywords, a minimum match of 0 and `more`."""
    pairs = [term if isinstance(term, tuple) else (term, 1.0) for term in terms]
    fields: dict[str, object] = {"keywords": tuple(Keyword(term=t, weight=w) for t, w in pairs), "minimum_match": 0}
    return Profile(**(fields | more))  # type: ignore[arg-type]


LISTING = (
    paper(
        1,
        "Tuning Learning Rates with Bayesian Optimization",
        "We study hyperparameter optimization for deep networks. Bayesian optimization of the learning rate finds good "
        "schedules in few trials, and hyperparameter optimization of the batch size adds little.",
        authors=("Ada Example", "Frank Sample"),
        categories=("cs.LG", "stat.ML"),
        popularity=Popularity(votes=12, votes_growth=5, position=2),
    ),
    paper(
        2,
        "Graph Neural Networks for Molecule Design",
        "Message passing on molecular graphs predicts solubility. Our graph neural network is equivariant and small.",
        authors=("Grace Instance",),
        categories=("cs.LG", "q-bio.BM"),
        popularity=Popularity(votes=40, votes_growth=1, position=1),
    ),
    paper(
        3,
        "Federated Learning on Telephones",
        "Federated learning trains a model on many devices. We adapt the learning rate to slow devices.",
        authors=("F. Sample",),
        categories=("cs.DC",),
        popularity=Popularity(votes=3, position=3),
    ),
    paper(
        4,
        "Diffusion Models Paint Elegant Organs",
        "Image synthesis of organs with diffusion models, compared with a generative adversarial network (GAN). "
        "GANs are faster, diffusion is more faithful.",
        categories=("cs.CV",),
        popularity=Popularity(sources=2, listings=2),
    ),
    paper(
        5,
        "A Survey of Retrieval for Question Answering",
        "Retrieval finds passages, and a reader answers. We compare sparse and dense retrieval on open questions.",
        categories=("cs.CL", "cs.IR"),
    ),
    paper(
        6,
        "Poincaré Embeddings of Ontologies",
        "Hyperbolic geometry represents hierarchies in few dimensions; embeddings of ontologies profit most.",
        categories=("cs.AI",),
    ),
)
