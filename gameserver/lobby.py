"""The lobby of a server: clients join, leave and come back to seats in rooms here. This module opens no sockets.

The lobby's lock guards the clients, the rooms and the seats' tokens. A thread that holds it may take a room's lock.
A thread that holds a room's lock must not take the lobby's.
"""

from __future__ import annotations

import threading
import time
from typing import Any, Callable

from gameserver.admission.clients import Client, Clients, Place
from gameserver.admission.measures import Measures
from gameserver.admission.open_rooms import CreateRoom, OpenRooms
from gameserver.admission.room_openings import Reservation
from gameserver.admission.seating import AssignRoom, Seating
from gameserver.base_game import BaseGame
from gameserver.checkpoint.saved_game import Plain
from gameserver.match import absences
from gameserver.match.seats import PlayerInfo, Seat
from gameserver.results.recorder import Recorder
from gameserver.room import GameRoom, RoomFull, RoomUnavailable
from gameserver.world.base_settings import BaseSettings
from gameserver.world.settings import ServerSettings
from Net.close_codes import CloseCode
from Net.port.own_connections import OwnConnections


class Lobby:
    """The clients and the rooms of a server. For make_game and recorder, see `GameRoom`.

    own_connections: the connections of this process to itself; no per-address limit applies to them. create_room,
    assign_room: the methods of the server that decide about rooms. They call the lobby's methods of these names.
    """

    def __init__(
        self,
        settings: ServerSettings,
        game_settings: BaseSettings,
        make_game: Callable[[Any], BaseGame],
        recorder: Recorder,
        own_connections: OwnConnections,
        create_room: CreateRoom,
        assign_room: AssignRoom,
    ) -> None:
        self._settings = settings
        self.measures = Measures()
        self._started_at_s = time.monotonic()
        self.lock = threading.RLock()
        self._rooms = OpenRooms(settings, game_settings, make_game, recorder, self.lock, self._abandon, create_room)
        self._clients = Clients()
        self._seating = Seating(
            settings, self.measures, own_connections, self.lock, self._clients, self._rooms, assign_room
        )

    # What there is --------------------------------------------------------------------------------------------

    @property
    def rooms(self) -> dict[str, GameRoom]:
        """The open rooms by name."""
        with self.lock:
            return dict(self._rooms.by_id)

    @property
    def players(self) -> dict[int, Place]:
        """The places of everybody in a room by id, also those of players without a connection."""
        with self.lock:
            return self._clients.places()

    @property
    def closed_because(self) -> str | None:
        """The reason why no new players may join, as a sentence; None if they may."""
        return self._seating.closed_because

    def all_rooms(self) -> list[GameRoom]:
        """Returns the rooms that are open now."""
        return self._rooms.all()

    def clients(self) -> list[Client]:
        """Returns all clients that are connected to the game, in a room or not."""
        with self.lock:
            return self._clients.connected()

    def places(self) -> list[Place]:
        """Returns the places of everybody in a room, also those of players without a connection."""
        with self.lock:
            return list(self._clients.places().values())

    def now_ms(self) -> int:
        """Returns the milliseconds since the lobby was made."""
        return round(1000 * (time.monotonic() - self._started_at_s))

    # Rooms ----------------------------------------------------------------------------------------------------

    def create_room(
        self, max_players: int | None = None, room_id: str | None = None, reservation: Reservation | None = None
    ) -> GameRoom:
        """Opens a room. If the server is serving, also starts the room's tick thread.

        max_players: the number of seats; None: the number in the settings. reservation: of this name, for a room that a
        player opens. Do not hold the lobby's lock.
        Raises ValueError if there is a room of that name, RoomUnavailable if the system has no thread left for it.
        """
        return self._rooms.create(max_players, room_id, reservation)

    def assign_player_to_room(self, player_info: PlayerInfo, host: str | None = None) -> GameRoom:
        """Returns the room for a player: the room that it names, or else the first room with a free seat.

        Creates the room if it does not exist. host: the address to which the limits on new rooms apply; None: no
        limits apply. Do not hold the lobby's lock. Raises PacketError when the limits allow no further room, and
        RoomUnavailable when the named room lets nobody in.
        """
        return self._rooms.for_player(player_info, host)

    def use_settings(self, game_settings: BaseSettings) -> None:
        """Gives these settings to each room that is made from now on. Open rooms keep theirs."""
        self._rooms.use_settings(game_settings)

    def load_room(self, data: Plain) -> GameRoom:
        """Makes a room from the result of `saved_room.save`; raises ValueError for anything else."""
        return self._rooms.load(data)

    def take_up(self, room: GameRoom) -> None:
        """Opens a saved room without the seats of players that are in another room. An empty room is not opened."""
        with self.lock:
            for seat in room.roster.seats():
                if self._clients.place_of(seat.info.id) is not None:
                    room.remove_player(seat.websocket)  # it moved between two rooms while both were being saved
            self._clients.restore(Place(room, seat) for seat in room.roster.seats())
            if not room.roster.is_empty():
                room.log_event("restore", {"players": len(room.roster.seats())})
                self._rooms.open_saved(room)

    def _abandon(self, room: GameRoom) -> None:
        """Removes a room that has failed. Its name is free then, and its players' tokens are no longer valid."""
        with self.lock:
            self._rooms.close(room)
            for seat in room.roster.everybody():
                self._clients.remove(seat)

    # Serving --------------------------------------------------------------------------------------------------

    def begin_serving(self) -> None:
        """Starts the tick threads of all rooms, and of each room that is opened from now on."""
        self._rooms.begin_serving()

    def keep_alive(self, now_s: float) -> None:
        """The lobby's part of the keepalive; now_s: time.monotonic(). Call it about once a second.

        Closes clients that never join and clients that do not answer PING. Gives up the seats of players whose
        absence has lasted too long. Tries again to start the rooms for which there was no thread.
        """
        self._rooms.start_waiting()
        for client in self.clients():
            client.close_if_idle(now_s, self._settings.join_timeout_s)
        for _, seat in self.places():
            if absences.is_over(seat, self._settings, now_s):
                self.remove_player_from_room(seat.info.id)
            elif seat.flow_control.is_lost():
                seat.websocket.begin_close(CloseCode.POLICY_VIOLATION, "you answer no PING, or read far too slowly")

    def close(self, reason: str) -> None:
        """Refuses new players from now on; reason: a sentence. It takes no lock, so a signal handler may call it."""
        self._seating.close(reason)

    def stop_rooms(self) -> None:
        """Stops all tick threads and waits for their end. The players keep their seats."""
        self._rooms.stop()

    def close_rooms(self) -> None:
        """Closes all rooms, after `stop_rooms`."""
        self._rooms.clear()

    # Clients come and go --------------------------------------------------------------------------------------

    def enter(self, client: Client) -> None:
        """Notes a client that has just connected. It has no place yet."""
        with self.lock:
            self._clients.connect(client)

    def leave(self, client: Client, keeps_seat: bool) -> None:
        """Gives up or keeps the seat of a client whose connection has ended.

        With `keeps_seat`, a player's seat waits for the player. A spectator's seat never waits.
        """
        with self.lock:
            self._clients.disconnect(client)
            place = client.place
            if place is None:
                return
            seat = place.seat
            waits = keeps_seat and absences.patience_s(seat, self._settings) > 0 and not seat.info.is_spectator
            given_up = [seat.info.id]
            if waits:
                place.room.suspend_player(client.websocket)
                seats = (player.seat for player in self.places())
                given_up = absences.surplus(seats, client.websocket.host, self._settings.max_connections_per_address)
        for player_id in given_up:
            self.remove_player_from_room(player_id)

    def remove_player_from_room(self, player_id: int) -> None:
        """Takes a player out of its room, and closes the room if it is empty then.

        Does nothing if the player is in no room.
        """
        with self.lock:
            place = self._seating.take_seat_of(player_id)
            if place is None:
                return
            is_over = self._rooms.close_if_empty(place.room)
        if is_over:
            place.room.stop()

    # Seats ----------------------------------------------------------------------------------------------------

    def join(
        self,
        client: Client,
        name: str,
        room: str | None = None,
        team: int | None = None,
        token: str | None = None,
        spectate: bool = False,
    ) -> None:
        """Seats a client; the arguments are those of JOIN. Raises PacketError when the client cannot be seated.

        A token gives back the seat for which it was issued. A token that is no longer known counts as no token.
        """
        self._seating.join(client, name, room, team, token, spectate)

    def move_player(self, seat: Seat, room: GameRoom) -> None:
        """Moves a player to a new seat in another room.

        Raises RoomFull, RoomUnavailable, and ValueError for a player without a connection.
        """
        with self.lock:
            place = self._clients.place_of(seat.info.id)
            client = self._clients.holder_of(seat)
            if place is None or client is None:
                raise ValueError("only players who are connected can be moved")
            if room.closed_because is not None:
                raise RoomUnavailable(room.closed_because)
            if room.is_full():
                raise RoomFull(f"room {room.id} is full")
            place.room.remove_player(seat.websocket)
            moved = Place(room, room.add_player(client.websocket, seat.info))
            if seat.has_played:
                moved.seat.begin_playing()
            self._clients.seat(client, moved)
            is_over = self._rooms.close_if_empty(place.room)
        if is_over:
            place.room.stop()
