"""The network layer: bytes in, packets out. It imports nothing from `gameserver`."""
