"""The rooms of a lobby: they open, start, close when they are empty, and stop.

In:  names of rooms, and players that look for one. Out: rooms that clients can join.
Raises RoomUnavailable, PacketError when the limits allow no further room, and ValueError for a name that is taken.

The lobby's lock guards the table of rooms. It takes tens of milliseconds to make a world, so nobody may hold the lock
while a room is made.
"""

from __future__ import annotations

import itertools
import threading
from typing import Any, Callable, Optional

from gameserver.admission.room_openings import Reservation, RoomOpenings, reserved
from gameserver.base_game import BaseGame
from gameserver.checkpoint import saved_room
from gameserver.checkpoint.saved_game import Plain
from gameserver.match.seats import PlayerInfo
from gameserver.results.recorder import Recorder
from gameserver.room import GameRoom, RoomUnavailable
from gameserver.world.base_settings import BaseSettings
from gameserver.world.settings import ServerSettings

# Opens a room with this number of seats and this name; the reservation is that of the name.
CreateRoom = Callable[[Optional[int], Optional[str], Optional[Reservation]], GameRoom]


class OpenRooms:
    """The table of rooms. For make_game and recorder, see `GameRoom`.

    lock: the lobby's lock. when_failed: called with a room whose last tick has failed. create_room: opens a room for a
    player, as `GameServer.create_room` does.
    """

    def __init__(
        self,
        settings: ServerSettings,
        game_settings: BaseSettings,
        make_game: Callable[[Any], BaseGame],
        recorder: Recorder,
        lock: threading.RLock,
        when_failed: Callable[[GameRoom], None],
        create_room: CreateRoom,
    ) -> None:
        self.by_id: dict[str, GameRoom] = {}
        self._settings = settings
        self._game_settings = game_settings
        self._make_game = make_game
        self._recorder = recorder
        self._lock = lock
        self._when_failed = when_failed
        self._create_room = create_room
        self._is_serving = False  # True: rooms have tick threads
        self._numbers = itertools.count(1)
        self._openings = RoomOpenings(settings)

    def all(self) -> list[GameRoom]:
        """Returns the rooms that are open now."""
        with self._lock:
            return list(self.by_id.values())

    def use_settings(self, game_settings: BaseSettings) -> None:
        """Gives these settings to each room that is made from now on."""
        self._game_settings = game_settings

    def has(self, room: GameRoom) -> bool:
        """Whether a room is still open. The caller holds the lock."""
        return self.by_id.get(room.id) is room

    # Opening --------------------------------------------------------------------------------------------------

    def create(self, max_players: int | None, room_id: str | None, reservation: Reservation | None = None) -> GameRoom:
        """Opens a room, see `Lobby.create_room`."""
        return self._make(reservation or self._reserve(room_id, None), max_players)

    def for_player(self, player_info: PlayerInfo, host: str | None) -> GameRoom:
        """Returns the room for a player, see `Lobby.assign_player_to_room`."""
        while True:
            with self._lock:
                room = self._find(player_info)
                if room is not None:
                    return room
                awaited = self._openings.awaited_by(player_info.room)
                reservation = self._reserve(player_info.room, host) if awaited is None else None
            if reservation is not None:
                return self._create_room(None, reservation.room_id, reservation)
            if awaited is not None:
                awaited.wait()

    def _find(self, player_info: PlayerInfo) -> GameRoom | None:
        """Returns the open room for a player, or None if a new room must be opened. The caller holds the lock."""
        if player_info.room is None:
            fits = (room for room in self.by_id.values() if room.closed_because is None)
            return next((room for room in fits if player_info.is_spectator or not room.is_full()), None)
        room = self.by_id.get(player_info.room)
        if room is not None and room.closed_because is not None:
            raise RoomUnavailable(room.closed_because)
        return room

    def _reserve(self, room_id: str | None, host: str | None) -> Reservation:
        """Reserves a name for a room; None: the next free number. Raises ValueError if the name is taken."""
        with self._lock:
            names = map("room-{}".format, self._numbers) if room_id is None else iter([room_id])
            free = (name for name in names if name not in self.by_id and not self._openings.awaited_by(name))
            name = next(free, None)
            if name is None:
                raise ValueError(f"there is a room {room_id!r} already")
            return self._openings.reserve(name, host, self.by_id.values())

    def _make(self, reservation: Reservation, max_players: int | None) -> GameRoom:
        capacity = self._settings.max_players if max_players is None else max_players
        with reserved(self._openings, reservation, self._lock):
            room = GameRoom(
                reservation.room_id,
                self._game_settings,
                self._settings,
                capacity,
                make_game=self._make_game,
                recorder=self._recorder,
                when_failed=self._when_failed,
            )
            self._publish(room)
        return room

    def _publish(self, room: GameRoom) -> None:
        """Opens a room that has just been made to clients; raises RoomUnavailable if the room cannot tick."""
        is_started = self._is_serving and self._start(room)
        with self._lock:
            is_over = is_started and not self._is_serving
            if not is_over:
                self.by_id[room.id] = room
            must_start = self._is_serving and not is_started
        if is_over:
            room.stop()
            raise RoomUnavailable("the server is shutting down")
        if must_start:  # the server began to serve a moment ago
            room.start()

    def _start(self, room: GameRoom) -> bool:
        """Starts a room that clients cannot find yet; raises RoomUnavailable when there is no thread for it."""
        if not room.start():
            raise RoomUnavailable(room.closed_because)
        return True

    def load(self, data: Plain) -> GameRoom:
        """Makes a room from the result of `saved_room.save`; raises ValueError for anything else."""
        return saved_room.load(
            data, self._settings, self._game_settings, self._make_game, self._recorder, self._when_failed
        )

    def open_saved(self, room: GameRoom) -> None:
        """Opens a room that `load` has made. The caller holds the lock."""
        self.by_id[room.id] = room
        if self._is_serving:
            room.start()

    # Closing --------------------------------------------------------------------------------------------------

    def close_if_empty(self, room: GameRoom) -> bool:
        """Closes a room in which nobody has a seat, and returns whether it did. The caller holds the lock.

        The caller stops the room after it has released the lock, because a tick may wait for the lock.
        """
        return room.roster.is_empty() and self.by_id.pop(room.id, None) is not None

    def close(self, room: GameRoom) -> None:
        """Closes a room, so that its name is free. The caller holds the lock."""
        if self.has(room):
            del self.by_id[room.id]

    # Serving --------------------------------------------------------------------------------------------------

    def begin_serving(self) -> None:
        """Starts the tick threads of all rooms, and of each room that is opened from now on."""
        with self._lock:
            self._is_serving = True
        self.start_waiting()

    def start_waiting(self) -> None:
        """Tries again to start the rooms for which the system had no thread."""
        with self._lock:
            if self._is_serving:
                for room in self.by_id.values():
                    if not (room.clock.is_running or room.has_failed):
                        room.start()

    def stop(self) -> None:
        """Stops all tick threads and waits for their end. The rooms stay open."""
        with self._lock:
            self._is_serving = False
        rooms = self.all()
        for room in rooms:
            room.clock.ask_to_stop()
        for room in rooms:
            room.stop()

    def clear(self) -> None:
        """Closes all rooms."""
        with self._lock:
            self.by_id.clear()
