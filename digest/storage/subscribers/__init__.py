"""Subscribers in the store: profiles, consent, suppressions, votes, groups and links."""
