"""Suggestions: keywords that would work better, and keywords extracted from papers."""
