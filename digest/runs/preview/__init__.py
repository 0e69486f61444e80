"""Preview: the issue that a subscriber would get, made without writing anything."""
