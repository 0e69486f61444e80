"""The daily paper digest: listings in, one personal, explained issue per subscriber out."""

__version__ = "0.1.0"
