"""The rooms, who is in them, and the ways in, out and back: no sockets are opened here.

Its lock guards the sessions, the rooms and the seats' tokens. It may be held while a room's is taken, never the other
way round.
"""

from __future__ import annotations

import itertools
import secrets
import threading
from typing import Callable

from gameserver import absences, saved_room
from gameserver.game import Game
from gameserver.join_admission import JoinAdmission
from gameserver.measures import Measures
from gameserver.player_ids import PlayerIds
from gameserver.recorder import Recorder
from gameserver.room import GameRoom, RoomFull, RoomUnavailable
from gameserver.room_openings import Reservation, RoomOpenings, reserved
from gameserver.saved_game import Plain
from gameserver.seats import Connection, PlayerInfo, Seat
from gameserver.session import Place, Session
from gameserver.settings import GameSettings, ServerSettings
from Net.errors import PacketError
from Net.own_connections import OwnConnections
from Net.PacketCodes import Packet

LOST_SEAT = "your seat was given up while you were away: you begin anew"


class Lobby:
    """The rooms of a server. make_game, recorder: see `GameRoom`."""

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
        self._is_serving = False  # rooms have tick threads
        self._player_ids = PlayerIds()
        self._room_numbers = itertools.count(1)
        self.measures = Measures()
        self.own_connections = OwnConnections()
        self._join_admission = JoinAdmission(settings, self.measures, self.own_connections)
        self._openings = RoomOpenings(settings)
        self.closed_because: str | None = None  # a sentence: no new players are let in
        self._lock = threading.RLock()
        self._sessions: dict[Connection, Session] = {}
        self.rooms: dict[str, GameRoom] = {}
        self.players: dict[int, Place] = {}  # who is in a room, those who lost their connection too
        self._places: dict[str, Place] = {}  # players' by their tokens

    def create_room(
        self, max_players: int | None = None, room_id: str | None = None, reservation: Reservation | None = None
    ) -> GameRoom:
        """Opens a room with so many seats (None: as the settings say), and starts its tick thread when serving.

        reservation: of its name, if there is one already. Do not hold the lobby's lock: making a world takes a while.
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
        """Returns the room for a player: the one it names, which is created if need be, or the first with a seat.

        host: the address that is held to the limits on rooms; None: nobody is. Do not hold the lobby's lock. Raises
        PacketError when the limits allow no further room, RoomUnavailable when the named one lets nobody in.
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
        """The open room for a player, None if one must be opened; the lock is held."""
        if player_info.room is None:
            fits = (room for room in self.rooms.values() if room.closed_because is None)
            return next((room for room in fits if player_info.is_spectator or not room.is_full()), None)
        room = self.rooms.get(player_info.room)
        if room is not None and room.closed_because is not None:
            raise RoomUnavailable(room.closed_because)
        return room

    def _reserve(self, room_id: str | None, host: str | None) -> Reservation:
        """Reserves a name for a room, with None the next number; raises ValueError if there is a room of that name."""
        with self._lock:
            names = map("room-{}".format, self._room_numbers) if room_id is None else iter([room_id])
            free = (name for name in names if name not in self.rooms and not self._openings.awaited_by(name))
            name = next(free, None)
            if name is None:
                raise ValueError(f"there is a room {room_id!r} already")
            return self._openings.reserve(name, host, self.rooms.values())

    def _publish(self, room: GameRoom) -> None:
        """Lets people into a room that has just been made; raises RoomUnavailable if it cannot tick."""
        is_started = self._is_serving and self._start(room)
        with self._lock:
            is_over = is_started and not self._is_serving
            if not is_over:
                self.rooms[room.id] = room
            must_start = self._is_serving and not is_started
        if is_over:
            room.stop()
            raise RoomUnavailable("the server is shutting down")
        if must_start:  # it began to serve a moment ago
            room.start()

    def _start(self, room: GameRoom) -> bool:
        """Starts a room that nobody knows yet; raises RoomUnavailable when there is no thread for it."""
        if not room.start():
            raise RoomUnavailable(room.closed_because)
        return True

    def _abandon(self, room: GameRoom) -> None:
        """Forgets a room that has failed: its name is free, and its players' tokens are worth nothing any more."""
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
        """Takes a player out of its room, and closes the room if it was the last; does nothing if it is in none."""
        with self._lock:
            place = self._take_seat_of(player_id)
            if place is None:
                return
            is_over = place.room.is_empty() and self.rooms.pop(place.room.id, None) is not None
        if is_over:
            place.room.stop()

    def _take_seat_of(self, player_id: int) -> Place | None:
        """Takes a player out of its room, which stays open; returns where it was."""
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
        """Seats a client, arguments as in JOIN; raises PacketError when that cannot be.

        A token takes back the seat it was given with; one that is not known any more counts as none.
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
            replaced.begin_close(1008, "your seat was taken over by another connection")

    def _resume(self, session: Session, token: str) -> Connection | None:
        """Gives a client the seat of a token; returns the connection that had it, None if there is no such seat."""
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
        # The server's own bots are held to no limit of the people at its machine.
        host = None if session.websocket.address in self.own_connections else session.websocket.host
        try:
            while not self._seat(session, info, self.assign_player_to_room(info, host)):
                pass  # it was closed, or filled, before the newcomer sat there
        except Exception:
            with self._lock:
                self._player_ids.give_back(info.id)
            raise

    def _seat(self, session: Session, info: PlayerInfo, room: GameRoom) -> bool:
        """Seats a newcomer; returns whether it could, or must look for a room again. Raises PacketError."""
        with self._lock:  # nobody may close the room as empty before the newcomer sits there
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
        """Makes room for a newcomer from an address, if one of the seats waits for a player who is away."""
        player_id = absences.displaced_by(room.seats(), host)
        if player_id is not None:
            self._take_seat_of(player_id)

    def _unseat(self, seat: Seat) -> None:
        """Lets the session that holds a seat know that it does not any more."""
        session = self._sessions.get(seat.websocket)
        if session is not None:
            session.place = None

    def _leave_behind(self, session: Session, keeps_seat: bool) -> None:
        """The connection has ended; the seat of a player, but not a spectator's, waits for it if it `keeps_seat`."""
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
        """Seats a player anew in another room.

        Raises RoomFull, RoomUnavailable, and ValueError for a player who is not connected.
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
        """Makes a room of what `saved_room.save` has returned; raises ValueError for anything else."""
        return saved_room.load(data, self.settings, self._make_game, self._recorder)

    def take_up(self, room: GameRoom) -> None:
        """Opens a room that was saved, as long as it has seats that nobody has in another room."""
        with self._lock:
            for seat in room.seats():
                if seat.info.id in self.players:  # it was moved from one to the other while both were being saved
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
        """Everybody who is connected to the game, in a room or not."""
        with self._lock:
            return list(self._sessions.values())

    def places(self) -> list[Place]:
        """Where all players are, those who lost their connection too."""
        with self._lock:
            return list(self.players.values())

    def all_rooms(self) -> list[GameRoom]:
        """The rooms that are open now."""
        with self._lock:
            return list(self.rooms.values())
