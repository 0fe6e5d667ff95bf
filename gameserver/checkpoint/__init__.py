"""Running matches over a restart: rooms <-> plain data <-> one file."""
