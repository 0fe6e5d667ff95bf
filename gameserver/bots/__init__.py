"""Bots: simple players for a person that tests alone, over real connections, all in one thread."""
