"""The opening of rooms: within limits, one at a time, and never under the lobby's lock.

In:  names of rooms, and the addresses of the clients that ask for them. Out: reservations.
Raises PacketError with advice for the client.

It takes tens of milliseconds to make a world. While one thread makes a world, only the clients that want a new room
wait. Two clients that ask for the same name get the same room.
"""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Callable, Collection, Iterable, Iterator

from gameserver.room import GameRoom
from gameserver.world.settings import ServerSettings
from Net.errors import PacketError
from Net.port.token_bucket import KeyedBuckets, Rate

# The number of names in an ERROR: its text must stay short enough to read.
_NAMES_TOLD = 3


class Reservation:
    """The name of a room that is being made. host: the address that asks for the room; None: the server itself."""

    def __init__(self, room_id: str, host: str | None) -> None:
        self.room_id = room_id
        self.host = host
        self._is_over = threading.Event()

    def wait(self) -> None:
        """Waits until the room is open, or until its opening has failed."""
        self._is_over.wait()

    def end(self) -> None:
        """Wakes all threads in `wait`."""
        self._is_over.set()


class RoomOpenings:
    """The rooms of a lobby that are being made. Call all methods but `turn` with the lobby's lock held.

    clock: seconds, never going back.
    """

    def __init__(self, settings: ServerSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._under_way: dict[str, Reservation] = {}
        # An address may open as many rooms at once as it may have connections.
        rate = Rate(settings.room_openings_per_minute / 60.0, settings.max_connections_per_address)
        self._buckets = KeyedBuckets(rate, clock=clock)
        self._turn = threading.Lock()

    def turn(self) -> contextlib.AbstractContextManager[bool]:
        """Returns the lock that a thread holds while it makes a world.

        Two worlds at once would leave less of the interpreter's time to the running rooms.
        """
        return self._turn

    def awaited_by(self, room_id: str | None) -> Reservation | None:
        """Returns the reservation that a client must wait for: that of the room `room_id`, or with None any one.

        Returns None if there is no such reservation.
        """
        if room_id is None:
            return next(iter(self._under_way.values()), None)
        return self._under_way.get(room_id)

    def reserve(self, room_id: str, host: str | None, rooms: Collection[GameRoom]) -> Reservation:
        """Reserves a name until `finish`. rooms: the open rooms.

        host: the address to which the limits apply; None: no limits apply. Raises PacketError if the limits forbid it.
        """
        if host is not None:
            self._check_number(host, rooms)
            if not self._buckets.take(host):
                text = "your address opens rooms too fast: try again in a minute, or JOIN a room that is open"
                raise PacketError("RATE_LIMITED", text)
        reservation = self._under_way[room_id] = Reservation(room_id, host)
        return reservation

    def finish(self, reservation: Reservation) -> None:
        """Frees the name: the room is open now, or its opening has failed."""
        del self._under_way[reservation.room_id]
        reservation.end()

    def _check_number(self, host: str, rooms: Collection[GameRoom]) -> None:
        most, most_of_host = self._settings.max_rooms, self._settings.max_rooms_per_address
        if len(rooms) + len(self._under_way) >= most:
            raise PacketError("TOO_MANY_ROOMS", f"the server has {most} rooms, and opens no more: {_advice(rooms)}")
        own = [room for room in rooms if charged_to(room) == host]
        own_under_way = sum(reservation.host == host for reservation in self._under_way.values())
        if len(own) + own_under_way >= most_of_host:
            raise PacketError(
                "TOO_MANY_ROOMS", f"your address has {most_of_host} rooms, and may open no more: {_advice(own)}"
            )


def _advice(rooms: Iterable[GameRoom]) -> str:
    """Returns the advice for a client that gets no new room."""
    free = [room.id for room in rooms if not room.is_full()]
    if not free:
        return "try again when somebody has left"
    return f"JOIN one of them ({', '.join(free[:_NAMES_TOLD])}{', ...' if len(free) > _NAMES_TOLD else ''})"


def charged_to(room: GameRoom) -> str | None:
    """Returns the address that the room counts for; None: nobody is in the room.

    It is the address of the person that has had a seat there for the longest time. At first this is the address that
    opened the room. When all people from that address have left, the room counts for an address that still plays there.
    So every room with people counts for one address, and no room counts for an address that has left.
    """
    longest_seated = next(iter(room.roster.everybody()), None)
    return None if longest_seated is None else longest_seated.websocket.host


@contextlib.contextmanager
def reserved(openings: RoomOpenings, reservation: Reservation, lock: threading.RLock) -> Iterator[None]:
    """Holds the turn while the room of a reservation is made. Afterwards the name is free, even after an error."""
    try:
        with openings.turn():
            yield
    finally:
        with lock:
            openings.finish(reservation)
