"""Matching: what the ranking makes of stored papers, for planning, scoring, previews and evaluation."""
