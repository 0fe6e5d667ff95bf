"""The rooms and the players in them: players join, leave and come back here. This module opens no sockets.

The lobby's lock guards the sessions, the rooms and the seats' tokens. A thread that holds it may take a room's lock.
A thread that holds a room's lock must not take the lobby's.
"""

from __future__ import annotations

import itertools
import secrets
import threading
from typing import Callable

from gameserver.admission.joins import JoinAdmission
from gameserver.admission.measures import Measures
from gameserver.admission.room_openings import Reservation, RoomOpenings, reserved
from gameserver.checkpoint import saved_room
from gameserver.checkpoint.saved_game import Plain
from gameserver.game import Game
from gameserver.match import absences
from gameserver.match.player_ids import PlayerIds
from gameserver.match.seats import Connection, PlayerInfo, Seat
from gameserver.results.recorder import Recorder
from gameserver.room import GameRoom, RoomFull, RoomUnavailable
from gameserver.session import Place, Session
from gameserver.world.settings import GameSettings, ServerSettings
from Net.close_codes import CloseCode
from Net.errors import PacketError
from Net.PacketCodes import Packet
from Net.port.own_connections import OwnConnections

LOST_SEAT = "your seat was given up while you were away: you begin anew"


class Lobby:
    """The rooms of a server. For make_game and recorder, see `GameRoom`."""

    def __init__(
        self,
        settings: ServerSettings,
        game_settings: GameSettings,
        make_game: Callable[[GameSettings], Game],
        recorder: Recorder,
    ) -> None:
        self.settings = settings
        self.game_settings = game_settings
        self._make_game = make_game
        self._recorder = recorder
        self._is_serving = False  # True: rooms have tick threads
        self._player_ids = PlayerIds()
        self._room_numbers = itertools.count(1)
        self.measures = Measures()
        self.own_connections = OwnConnections()
        self._join_admission = JoinAdmission(settings, self.measures, self.own_connections)
        self._openings = RoomOpenings(settings)
        self.closed_because: str | None = None  # a sentence: why no new players may join; None: they may
        self._lock = threading.RLock()
        self._sessions: dict[Connection, Session] = {}
        self.rooms: dict[str, GameRoom] = {}
        self.players: dict[int, Place] = {}  # everybody in a room by id, also players without a connection
        self._places: dict[str, Place] = {}  # the players' places by token

    def create_room(
        self, max_players: int | None = None, room_id: str | None = None, reservation: Reservation | None = None
    ) -> GameRoom:
        """Opens a room. If the server is serving, also starts the room's tick thread.

        max_players: the number of seats; None: the number in the settings. reservation: the reservation of the room's
        name, if there is one already. Do not hold the lobby's lock: making a world takes tens of milliseconds.
        Raises ValueError if there is a room of that name, RoomUnavailable if the system has no thread left for it.
        """
        if reservation is None:
            reservation = self._reserve(room_id, None)
        capacity = self.settings.max_players if max_players is None else max_players
        with reserved(self._openings, reservation, self._lock):
            name = reservation.room_id
            room = GameRoom(name, self.game_settings, self.settings, capacity, self._make_game, self._recorder)
            room.when_failed = self._abandon
            self._publish(room)
        return room

    def assign_player_to_room(self, player_info: PlayerInfo, host: str | None = None) -> GameRoom:
        """Returns the room for a player: the room that it names, or else the first room with a free seat.

        Creates the room if it does not exist. host: the address to which the limits on new rooms apply; None: no
        limits apply. Do not hold the lobby's lock. Raises PacketError when the limits allow no further room, and
        RoomUnavailable when the named room lets nobody in.
        """
        while True:
            with self._lock:
                room = self._find_room(player_info)
                if room is not None:
                    return room
                awaited = self._openings.awaited_by(player_info.room)
                reservation = self._reserve(player_info.room, host) if awaited is None else None
            if reservation is not None:
                return self.create_room(reservation=reservation)
            if awaited is not None:
                awaited.wait()

    def _find_room(self, player_info: PlayerInfo) -> GameRoom | None:
        """Returns the open room for a player, or None if a new room must be opened. The caller holds the lock."""
        if player_info.room is None:
            fits = (room for room in self.rooms.values() if room.closed_because is None)
            return next((room for room in fits if player_info.is_spectator or not room.is_full()), None)
        room = self.rooms.get(player_info.room)
        if room is not None and room.closed_because is not None:
            raise RoomUnavailable(room.closed_because)
        return room

    def _reserve(self, room_id: str | None, host: str | None) -> Reservation:
        """Reserves a name for a room; None: the next free number. Raises ValueError if the name is taken."""
        with self._lock:
            names = map("room-{}".format, self._room_numbers) if room_id is None else iter([room_id])
            free = (name for name in names if name not in self.rooms and not self._openings.awaited_by(name))
            name = next(free, None)
            if name is None:
                raise ValueError(f"there is a room {room_id!r} already")
            return self._openings.reserve(name, host, self.rooms.values())

    def _publish(self, room: GameRoom) -> None:
        """Opens a room that has just been made to clients; raises RoomUnavailable if the room cannot tick."""
        is_started = self._is_serving and self._start(room)
        with self._lock:
            is_over = is_started and not self._is_serving
            if not is_over:
                self.rooms[room.id] = room
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

    def _abandon(self, room: GameRoom) -> None:
        """Removes a room that has failed. Its name is free then, and its players' tokens are no longer valid."""
        with self._lock:
            if self.rooms.get(room.id) is room:
                del self.rooms[room.id]
            for seat in room.everybody():
                if self.players.pop(seat.info.id, None) is not None:
                    self._player_ids.give_back(seat.info.id)
                    self._places.pop(seat.info.token, None)
                    self._unseat(seat)

    def _start_waiting_rooms(self) -> None:
        """Tries again to start the rooms for which the system had no thread."""
        with self._lock:
            if self._is_serving:
                for room in self.rooms.values():
                    if not (room.pace.is_running or room.has_failed):
                        room.start()

    def remove_player_from_room(self, player_id: int) -> None:
        """Takes a player out of its room, and closes the room if it is empty then.

        Does nothing if the player is in no room.
        """
        with self._lock:
            place = self._take_seat_of(player_id)
            if place is None:
                return
            is_over = place.room.is_empty() and self.rooms.pop(place.room.id, None) is not None
        if is_over:
            place.room.stop()

    def _take_seat_of(self, player_id: int) -> Place | None:
        """Takes a player out of its room and returns the place that it had. The room stays open."""
        place = self.players.pop(player_id, None)
        if place is not None:
            self._player_ids.give_back(player_id)
            self._places.pop(place.seat.info.token, None)
            self._unseat(place.seat)
            place.room.remove_player(place.seat.websocket)
        return place

    def join(
        self,
        session: Session,
        name: str,
        room: str | None = None,
        team: int | None = None,
        token: str | None = None,
        spectate: bool = False,
    ) -> None:
        """Seats a client; the arguments are those of JOIN. Raises PacketError when the client cannot be seated.

        A token gives back the seat for which it was issued. A token that is no longer known counts as no token.
        """
        if session.place is not None:
            raise PacketError("ALREADY_JOINED", "you are in a room: send LEAVE first")
        self._join_admission.check(session.websocket, name, token)
        try:
            replaced = self._resume(session, token) if token else None
            if replaced is None:
                self._seat_newcomer(session, name, room, team, spectate, token)
        except RoomUnavailable as error:
            raise PacketError("ROOM_UNAVAILABLE", str(error)) from None
        if token and replaced is None:
            session.send(Packet("NOTICE", (LOST_SEAT,)))
        session.websocket.flush()
        if replaced is not None:
            replaced.begin_close(CloseCode.POLICY_VIOLATION, "your seat was taken over by another connection")

    def _resume(self, session: Session, token: str) -> Connection | None:
        """Gives a client the seat of a token. Returns the connection that held the seat, or None if there is none."""
        with self._lock:
            place = self._places.get(token)
            if place is None:
                return None
            if place.room.closed_because is not None:
                raise RoomUnavailable(place.room.closed_because)
            replaced = place.seat.websocket
            self._unseat(place.seat)
            place.seat.info.as_text = session.as_text
            place.room.resume_player(session.websocket, place.seat)
            self._sit_down(session, place)
            return replaced

    def _seat_newcomer(
        self, session: Session, name: str, room: str | None, team: int | None, spectate: bool, token: str | None
    ) -> None:
        if self.closed_because is not None:
            raise PacketError("CLOSING", self.closed_because)
        with self._lock:
            info = PlayerInfo(self._player_ids.take(), name, secrets.token_urlsafe(16), room, team)
        info.as_text, info.is_spectator = session.as_text, spectate
        info.is_muted = session.is_muted or self.measures.is_muted(session.websocket.host, name, token)
        # No per-address limit applies to the server's own bots: people at its machine have the same address.
        host = None if session.websocket.address in self.own_connections else session.websocket.host
        try:
            while not self._seat(session, info, self.assign_player_to_room(info, host)):
                pass  # the room was closed, or its last seat was taken, before the newcomer had a seat
        except Exception:
            with self._lock:
                self._player_ids.give_back(info.id)
            raise

    def _seat(self, session: Session, info: PlayerInfo, room: GameRoom) -> bool:
        """Seats a newcomer and returns True, or returns False if it must look for a room again. Raises PacketError."""
        with self._lock:  # no other thread may close the room as empty before the newcomer has a seat
            if self.rooms.get(room.id) is not room:
                return False
            if not info.is_spectator and room.is_full():
                self._displace(room, session.websocket.host)
            try:
                place = Place(room, room.add_player(session.websocket, info))
            except RoomFull as error:
                if info.room is None:
                    return False
                raise PacketError("ROOM_FULL", str(error)) from None
            except Exception:
                if room.is_empty() and self.rooms.pop(room.id, None) is not None:
                    room.pace.ask_to_stop()
                raise
            self.players[info.id] = place
            if not info.is_spectator:
                self._places[info.token] = place
            self._sit_down(session, place)
            return True

    def _sit_down(self, session: Session, place: Place) -> None:
        session.place, session.has_ever_joined = place, True
        session.is_muted = place.seat.info.is_muted

    def _displace(self, room: GameRoom, host: str) -> None:
        """Frees a seat for a newcomer from an address, if one of the seats waits for an absent player."""
        player_id = absences.displaced_by(room.seats(), host)
        if player_id is not None:
            self._take_seat_of(player_id)

    def _unseat(self, seat: Seat) -> None:
        """Tells the session that holds a seat that it has lost the seat."""
        session = self._sessions.get(seat.websocket)
        if session is not None:
            session.place = None

    def _leave_behind(self, session: Session, keeps_seat: bool) -> None:
        """Gives up or keeps the seat of a connection that has ended.

        With `keeps_seat`, a player's seat waits for the player. A spectator's seat never waits.
        """
        with self._lock:
            self._sessions.pop(session.websocket, None)
            place = session.place
            if place is None:
                return
            seat = place.seat
            waits = keeps_seat and absences.patience_s(seat, self.settings) > 0 and not seat.info.is_spectator
            given_up = [seat.info.id]
            if waits:
                place.room.suspend_player(session.websocket)
                seats = (player.seat for player in self.players.values())
                given_up = absences.surplus(seats, session.websocket.host, self.settings.max_connections_per_address)
        for player_id in given_up:
            self.remove_player_from_room(player_id)

    def move_player(self, seat: Seat, room: GameRoom) -> None:
        """Moves a player to a new seat in another room.

        Raises RoomFull, RoomUnavailable, and ValueError for a player without a connection.
        """
        with self._lock:
            place = self.players.get(seat.info.id)
            session = self._sessions.get(seat.websocket)
            if place is None or session is None:
                raise ValueError("only players who are connected can be moved")
            if room.closed_because is not None:
                raise RoomUnavailable(room.closed_because)
            if room.is_full():
                raise RoomFull(f"room {room.id} is full")
            place.room.remove_player(seat.websocket)
            moved = Place(room, room.add_player(session.websocket, seat.info))
            moved.seat.has_played = seat.has_played
            self.players[seat.info.id] = self._places[seat.info.token] = session.place = moved
            is_over = place.room.is_empty() and self.rooms.pop(place.room.id, None) is not None
        if is_over:
            place.room.stop()

    def load_room(self, data: Plain) -> GameRoom:
        """Makes a room from the result of `saved_room.save`; raises ValueError for anything else."""
        return saved_room.load(data, self.settings, self._make_game, self._recorder)

    def take_up(self, room: GameRoom) -> None:
        """Opens a saved room without the seats of players that are in another room. An empty room is not opened."""
        with self._lock:
            for seat in room.seats():
                if seat.info.id in self.players:  # the player moved between two rooms while both were being saved
                    room.remove_player(seat.websocket)
                else:
                    self.players[seat.info.id] = self._places[seat.info.token] = Place(room, seat)
            self._player_ids = PlayerIds(self.players)
            if not room.is_empty():
                room.when_failed = self._abandon
                self.rooms[room.id] = room
                room.log_event("restore", {"players": len(room.seats())})
                if self._is_serving:
                    room.start()

    def sessions(self) -> list[Session]:
        """Returns the sessions of all clients that are connected to the game, in a room or not."""
        with self._lock:
            return list(self._sessions.values())

    def places(self) -> list[Place]:
        """Returns the places of everybody in a room, also those of players without a connection."""
        with self._lock:
            return list(self.players.values())

    def all_rooms(self) -> list[GameRoom]:
        """Returns the rooms that are open now."""
        with self._lock:
            return list(self.rooms.values())
