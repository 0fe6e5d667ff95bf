"""The roster of a room: its seats, and the methods that send packets to them.

The broadcast methods only put frames into the outboxes and touch no socket. Once a tick, `broadcast_game_state` sends
all waiting frames. So the events of a tick arrive before the STATE that shows them.
"""

from __future__ import annotations

import threading
import time

from gameserver.match.seats import Connection, Seat, enqueue
from gameserver.replication.snapshots import View
from Net.PacketCodes import Packet


class Audience:
    """The seats of players and spectators in a room, and the lock that guards them."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._seats: dict[int, Seat] = {}  # by the id of the player or spectator

    def is_empty(self) -> bool:
        """Whether nobody has a seat, not even a spectator."""
        return not self._seats

    def seats(self) -> list[Seat]:
        """Returns the players' seats, in the order in which the players came."""
        with self._lock:
            return [seat for seat in self._seats.values() if not seat.info.is_spectator]

    def everybody(self) -> list[Seat]:
        """Returns the seats of players and spectators."""
        with self._lock:
            return list(self._seats.values())

    def views(self) -> tuple[list[View], list[View]]:
        """Returns two lists of connected clients' views: clients that can take a STATE now, and clients that cannot."""
        in_time: list[View] = []
        late: list[View] = []
        now_s = time.monotonic()
        with self._lock:
            for seat in self._seats.values():
                if seat.absent_since_s is None:
                    (in_time if seat.can_take_state(now_s) else late).append(seat.view)
        return in_time, late

    def _seat_of(self, ws: Connection) -> Seat | None:
        return next((seat for seat in self._seats.values() if seat.websocket is ws), None)

    def find_player_by_id(self, player_id: int) -> Seat | None:
        """Returns the seat of a player, or None if the player is not in this room."""
        with self._lock:
            return self._seats.get(player_id)

    def broadcast(self, message: Packet, exclude_ws: Connection | None = None) -> None:
        """Queues a packet for everybody in the room, except one connection."""
        with self._lock:
            enqueue([seat for seat in self._seats.values() if seat.websocket is not exclude_ws], message)

    def broadcast_except(self, exclude_id: int, message: Packet) -> None:
        """Queues a packet for everybody in the room, except one player."""
        with self._lock:
            enqueue([seat for seat in self._seats.values() if seat.info.id != exclude_id], message)

    def send_private_message(self, player_id: int, message: Packet) -> bool:
        """Queues a packet for one player, and returns whether the player is in this room."""
        with self._lock:
            seat = self.find_player_by_id(player_id)
            if seat is not None:
                enqueue([seat], message)
            return seat is not None

    def broadcast_game_state(self, game_state: dict[View, bytes]) -> None:
        """Sends each client its frames of this tick, as `Snapshots.build` made them.

        This is the only method that sends.
        """
        with self._lock:  # a client that leaves and joins again must get no frame of its old view after the WELCOME
            seats = list(self._seats.values())
            for seat in seats:
                frames = game_state.get(seat.view)
                if frames is not None:
                    seat.websocket.enqueue_frame(frames)
                    if seat.receipts.is_due:
                        seat.ask_for_receipt(time.monotonic())
        for seat in seats:
            seat.websocket.flush()
