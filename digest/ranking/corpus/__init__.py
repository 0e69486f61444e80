"""The corpus: text analysis, statistics over every paper seen, acronyms, authors, duplicates."""
