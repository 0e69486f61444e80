"""Subscriptions: sign-up, consent, profiles, votes, groups, and the lists that operators keep."""
