"""Replication: the changes of the world, as each client is told them."""
