"""The wire: bytes in, packets out. Knows nothing of the game."""
