"""Evaluation: labelled collections and the metrics of information retrieval."""
