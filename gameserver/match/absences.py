"""How long seats wait for players without a connection, and which of these seats are given up earlier.

In:  seats. Out: the ids of the players whose seats are given up.
These bounds are necessary: without them, one stranger could fill all rooms by joining and vanishing again and again.
"""

from __future__ import annotations

from typing import Iterable

from gameserver.match.seats import Seat
from gameserver.world.settings import ServerSettings


def surplus(seats: Iterable[Seat], host: str, most: int) -> list[int]:
    """Returns the absent players of an address beyond the allowed number `most`, the longest absent first."""
    absent = sorted((since_s, seat.info.id) for seat, since_s in _absent(seats) if seat.websocket.host == host)
    return [player_id for _, player_id in absent[: max(0, len(absent) - most)]]


def patience_s(seat: Seat, settings: ServerSettings) -> float:
    """Returns how long a seat waits for its player, in seconds."""
    return settings.reconnect_s if seat.has_played else min(settings.reconnect_s, settings.reconnect_unplayed_s)


def is_over(seat: Seat, settings: ServerSettings, now_s: float) -> bool:
    """Whether a seat has waited long enough for its player; now_s: time.monotonic()."""
    return seat.absent_since_s is not None and now_s - seat.absent_since_s > patience_s(seat, settings)


def displaced_by(seats: Iterable[Seat], host: str) -> int | None:
    """Returns the absent player whose seat a newcomer from an address may take; None if nobody is absent.

    Players who have never played come first, then players from the newcomer's own address, then all others: an address
    that joins and vanishes again and again must not displace others. Among equals, the longest absent player comes
    first.
    """
    absent = [(seat.has_played, seat.websocket.host != host, since_s, seat.info.id) for seat, since_s in _absent(seats)]
    return min(absent)[-1] if absent else None


def _absent(seats: Iterable[Seat]) -> Iterable[tuple[Seat, float]]:
    return ((seat, seat.absent_since_s) for seat in seats if seat.absent_since_s is not None)
