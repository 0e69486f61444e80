"""Bounces: what comes back by mail, webhook or refusal, and what it does to an address."""
