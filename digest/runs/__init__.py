"""Runs: read the store, call the stations, write the store. Each may be started twice."""
