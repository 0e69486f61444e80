"""Delivery: planned issues are claimed, composed, sent and recorded, within every limit."""
