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
from gameserver.room import GameRoom, RoomFull
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
        self.closed_because: str | None = None  # a sentence: no new players are let in
        self._lock = threading.RLock()
        self._sessions: dict[Connection, Session] = {}
        self.rooms: dict[str, GameRoom] = {}
        self.players: dict[int, Place] = {}  # who is in a room, those who lost their connection too
        self._places: dict[str, Place] = {}  # players' by their tokens

    def create_room(self, max_players: int | None = None, room_id: str | None = None) -> GameRoom:
        """Opens a room with so many seats (None: as the settings say), and starts its tick thread when serving.

        Raises ValueError if there is a room of that name.
        """
        with self._lock:
            if room_id is None:
                room_id = next(name for name in map("room-{}".format, self._room_numbers) if name not in self.rooms)
            if room_id in self.rooms:
                raise ValueError(f"there is a room {room_id!r} already")
            capacity = self.settings.max_players if max_players is None else max_players
            room = GameRoom(room_id, self.game_settings, self.settings, capacity, self._make_game, self._recorder)
            self.rooms[room_id] = room
            if self._is_serving:
                room.start()
            return room

    def assign_player_to_room(self, player_info: PlayerInfo) -> GameRoom:
        """Returns the room for a player: the one it names, which is created if need be, or the first with a seat."""
        with self._lock:
            if player_info.room is not None:
                room = self.rooms.get(player_info.room)
                return room if room is not None else self.create_room(room_id=player_info.room)
            for room in self.rooms.values():
                if player_info.is_spectator or not room.is_full():
                    return room
            return self.create_room()

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
        """Seats a client, arguments as in JOIN; raises PacketError when that can not be.

        A token takes back the seat it was given with; one that is not known any more counts as none.
        """
        if session.place is not None:
            raise PacketError("ALREADY_JOINED", "you are in a room: send LEAVE first")
        self._join_admission.check(session.websocket, name, token)
        replaced = None
        with self._lock:  # nobody may close the room as empty before the newcomer sits there
            place = self._places.get(token) if token else None
            if place is not None:
                replaced = place.seat.websocket
                self._resume(session, place)
            elif self.closed_because is not None:
                raise PacketError("CLOSING", self.closed_because)
            else:
                info = PlayerInfo(self._player_ids.take(), name, secrets.token_urlsafe(16), room, team)
                info.as_text, info.is_spectator = session.as_text, spectate
                info.is_muted = session.is_muted or self.measures.is_muted(session.websocket.host, name, token)
                try:
                    place = self._seat(session, info)
                except Exception:
                    self._player_ids.give_back(info.id)
                    raise
            session.place, session.has_ever_joined = place, True
            session.is_muted = place.seat.info.is_muted
        if token and token != place.seat.info.token:
            session.send(Packet("NOTICE", (LOST_SEAT,)))
        session.websocket.flush()
        if replaced is not None:
            replaced.begin_close(1008, "your seat was taken over by another connection")

    def _seat(self, session: Session, info: PlayerInfo) -> Place:
        room = self.assign_player_to_room(info)
        if not info.is_spectator and room.is_full():
            self._displace(room, session.websocket.host)
        try:
            place = Place(room, room.add_player(session.websocket, info))
        except RoomFull as error:
            raise PacketError("ROOM_FULL", str(error)) from None
        self.players[info.id] = place
        if not info.is_spectator:
            self._places[info.token] = place
        return place

    def _displace(self, room: GameRoom, host: str) -> None:
        """Makes room for a newcomer from an address, if one of the seats waits for a player who is away."""
        player_id = absences.displaced_by(room.seats(), host)
        if player_id is not None:
            self._take_seat_of(player_id)

    def _resume(self, session: Session, place: Place) -> None:
        self._unseat(place.seat)
        place.seat.info.as_text = session.as_text
        place.room.resume_player(session.websocket, place.seat)

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
        """Seats a player anew in another room; raises RoomFull, and ValueError for a player who is not connected."""
        with self._lock:
            place = self.players.get(seat.info.id)
            session = self._sessions.get(seat.websocket)
            if place is None or session is None:
                raise ValueError("only players who are connected can be moved")
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
