"""Delivery in the store: plans, the ledger, its updates, limits, the outbox and the record of runs."""
