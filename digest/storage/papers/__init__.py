"""Papers in the store: papers, listings, search and the statistics computed from them."""
