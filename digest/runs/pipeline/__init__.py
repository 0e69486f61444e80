"""The pipeline: one whole run from sources to delivery, and the demo that shows it."""
