"""Papers in the store: papers, listings, their search index and the statistics made of them."""
