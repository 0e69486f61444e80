"""Identity: which sightings are one paper, and what the sources of one paper know together."""

from digest.identity.keys import Traits, candidate_keys, keys_of, title_keys
from digest.identity.merging import joined, merged, new_paper
from digest.identity.same_work import mergeable, same_work

__all__ = [
    "Traits",
    "candidate_keys",
    "joined",
    "keys_of",
    "mergeable",
    "merged",
    "new_paper",
    "same_work",
    "title_keys",
]
