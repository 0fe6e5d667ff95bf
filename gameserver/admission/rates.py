"""How often a client may send each packet."""

from __future__ import annotations

from Net.port.token_bucket import Rate

# The rate ANY_PACKET applies to each packet that is not in this table.
PACKET_RATES = {
    "JOIN": Rate(1, 5),
    "MOVE": Rate(30, 60),
    "INPUT": Rate(30, 60),
    "AIM": Rate(30, 60),
    "INPUT": Rate(30, 60),  # any input of a game of one's own, also its moves
    "ATTACK": Rate(10, 20),
    "SHOOT": Rate(10, 20),
    "CHAT": Rate(1, 5),
}
ANY_PACKET = Rate(10, 20)
# The rate of refused packets, for all reasons together. A client that sends more of them is not a game client, and its
# connection is closed.
BAD_PACKETS = Rate(2, 20)
