"""The web pages and the API: each request is read, answered by one run, and shown."""
