"""How often a client may send each packet."""

from __future__ import annotations

from Net.PacketCodes import TO_SERVER
from Net.port.token_bucket import Rate

# The packets of a game's own have the rate of INPUT. The rate ANY_PACKET applies to all others not in this table.
PACKET_RATES = {
    "JOIN": Rate(1, 5),
    "MOVE": Rate(30, 60),
    "INPUT": Rate(30, 60),
    "AIM": Rate(30, 60),
    "ATTACK": Rate(10, 20),
    "SHOOT": Rate(10, 20),
    "CHAT": Rate(1, 5),
}
ANY_PACKET = Rate(10, 20)
# The rate of refused packets, for all reasons together. A client that sends more of them is not a game client, and its
# connection is closed.
BAD_PACKETS = Rate(2, 20)


def rate_of(packet_id: str) -> Rate:
    """Returns the rate of a packet to the server."""
    is_own = any(row.id == packet_id for row in TO_SERVER.own())
    return PACKET_RATES.get("INPUT" if is_own else packet_id, ANY_PACKET)
