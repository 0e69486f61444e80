"""The world to read from: files, folders, addresses, template folders."""
