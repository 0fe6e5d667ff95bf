"""The game and its server: rules, rooms and players. Bytes and sockets are the business of Net."""

__version__ = "0.1.0"
