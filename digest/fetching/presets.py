"""Ready-made sources: short names for the addresses that most readers want."""

from __future__ import annotations

import re
from urllib.parse import quote

from digest.errors import FetchError

_CATEGORY = re.compile(r"[a-z-]+(?:\.[A-Za-z-]+)?")
_SUBJECT = re.compile(r"[a-z][a-z _-]*")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_KNOWN = "arxiv:cs.CL+cs.LG, huggingface:daily, biorxiv:neuroscience, medrxiv:epidemiology"


def preset_url(preset: str) -> str:
    """Return the address that a ready-made name stands for. Raise FetchError, naming those that there are.

    >>> preset_url("arxiv:cs.CL+cs.LG")
    'https://rss.arxiv.org/rss/cs.CL+cs.LG'
    """
    kind, _, rest = preset.partition(":")
    categories = rest.split("+")
    if kind == "arxiv" and all(map(_CATEGORY.fullmatch, categories)):
        return f"https://rss.arxiv.org/rss/{'+'.join(categories)}"
    if kind == "huggingface" and rest == "daily":
        return "https://huggingface.co/api/daily_papers?limit=100"
    if kind == "huggingface" and _DAY.fullmatch(rest):
        return f"https://huggingface.co/api/daily_papers?date={rest}&limit=100"
    if kind in ("biorxiv", "medrxiv") and _SUBJECT.fullmatch(rest):
        subject = quote(re.sub(r"[ -]", "_", rest))
        return f"https://connect.{kind}.org/{kind}_xml.php?subject={subject}"
    raise FetchError(f"{preset!r} is not a ready-made source; they look like {_KNOWN}")
