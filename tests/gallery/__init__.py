"""The gallery: every mail at every width and scheme, as pictures and for the tests."""
