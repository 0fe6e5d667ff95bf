"""The roster of a room: its seats, and the methods that send packets to them.

The broadcast methods only put frames into the outboxes and touch no socket. Once a tick, `send_frames` sends all
waiting frames. So the events of a tick arrive before the STATE that shows them.
"""

from __future__ import annotations

import threading
import time

from gameserver.match.seats import Connection, Seat, enqueue
from gameserver.replication.replicator import ClientView
from Net.PacketCodes import Packet


class Roster:
    """The seats of players and spectators in a room.

    lock: guards the seats. A caller holds it to read several fields of the room as one consistent state.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._seats: dict[int, Seat] = {}  # by the id of the player or spectator

    def is_empty(self) -> bool:
        """Whether nobody has a seat, not even a spectator."""
        return not self._seats

    def seats(self) -> list[Seat]:
        """Returns the players' seats, in the order in which the players came."""
        with self.lock:
            return [seat for seat in self._seats.values() if not seat.info.is_spectator]

    def everybody(self) -> list[Seat]:
        """Returns the seats of players and spectators."""
        with self.lock:
            return list(self._seats.values())

    def views(self) -> tuple[list[ClientView], list[ClientView]]:
        """Returns two lists of connected clients' views: clients that can take a STATE now, and clients that cannot."""
        in_time: list[ClientView] = []
        late: list[ClientView] = []
        now_s = time.monotonic()
        with self.lock:
            for seat in self._seats.values():
                if seat.absent_since_s is None:
                    (in_time if seat.can_take_state(now_s) else late).append(seat.view)
        return in_time, late

    def seat_of(self, ws: Connection) -> Seat | None:
        """Returns the seat of a connection, or None if it has none."""
        with self.lock:
            return next((seat for seat in self._seats.values() if seat.websocket is ws), None)

    def add(self, seat: Seat) -> None:
        """Adds a seat."""
        with self.lock:
            self._seats[seat.info.id] = seat

    def remove(self, seat: Seat) -> None:
        """Removes a seat."""
        with self.lock:
            del self._seats[seat.info.id]

    def assign_team(self, player_id: int, teams: int) -> int | None:
        """Assigns the team that a player wishes, if it is one of the smallest; else the smallest team. Returns it.

        teams: their number; with 0 a player gets None.
        """
        with self.lock:
            others = [seat.info.team for seat in self.seats() if seat.info.id != player_id]
            seat = self._seats[player_id]
            smallest = min(range(teams), key=others.count, default=None)
            wish = seat.info.team
            is_fair = wish in range(teams) and others.count(wish) == others.count(smallest)
            seat.join_team(wish if is_fair else smallest)
            return seat.info.team

    def find_player_by_id(self, player_id: int) -> Seat | None:
        """Returns the seat of a player, or None if the player is not in this room."""
        with self.lock:
            return self._seats.get(player_id)

    def broadcast(self, message: Packet, exclude_ws: Connection | None = None) -> None:
        """Queues a packet for everybody in the room, except one connection."""
        with self.lock:
            enqueue([seat for seat in self._seats.values() if seat.websocket is not exclude_ws], message)

    def broadcast_except(self, exclude_id: int, message: Packet) -> None:
        """Queues a packet for everybody in the room, except one player."""
        with self.lock:
            enqueue([seat for seat in self._seats.values() if seat.info.id != exclude_id], message)

    def send_private_message(self, player_id: int, message: Packet) -> bool:
        """Queues a packet for one player, and returns whether the player is in this room."""
        with self.lock:
            seat = self.find_player_by_id(player_id)
            if seat is not None:
                enqueue([seat], message)
            return seat is not None

    def send_frames(self, frames_of: dict[ClientView, bytes]) -> None:
        """Sends each client its frames of this tick, as `Replicator.build` made them.

        This is the only method that sends.
        """
        with self.lock:  # a client that leaves and joins again must get no frame of its old view after the WELCOME
            seats = list(self._seats.values())
            for seat in seats:
                frames = frames_of.get(seat.view)
                if frames is not None:
                    seat.websocket.enqueue_frame(frames)
                    if seat.flow_control.is_due:
                        seat.ask_for_receipt(time.monotonic())
        for seat in seats:
            seat.websocket.flush()
