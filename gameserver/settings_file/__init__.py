"""Settings of a game from a file: INI text <-> settings, and a watcher that applies each change of the file."""
