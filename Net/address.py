"""The address of one end of a connection: made where a socket is accepted, and written as text only for people.

So no code has to read a host or a port from such a text again.
"""

from __future__ import annotations

from typing import NamedTuple


class Address(NamedTuple):
    """A host and a port. host: an IP address without brackets, or a host's name."""

    host: str
    port: int

    def __str__(self) -> str:
        """host:port, with an IPv6 address in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


# The address of a connection that uses no network, and of one that is not known.
NOWHERE = Address("", 0)
