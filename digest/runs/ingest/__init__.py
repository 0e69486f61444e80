"""Ingest: sources are read, papers recognised or created, and everything recorded in one transaction."""
