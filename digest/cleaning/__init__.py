"""Text as listings have it -> text to read: characters made safe, LaTeX and its ruins made readable Unicode."""

from digest.cleaning.characters import normalised
from digest.cleaning.text import clean, clean_abstract, clean_title

__all__ = ["clean", "clean_abstract", "clean_title", "normalised"]
