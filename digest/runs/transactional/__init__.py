"""Transactional mail: confirmations, links, welcomes, tests; stored in an outbox and sent at least once."""
