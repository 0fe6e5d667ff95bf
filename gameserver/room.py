"""One match: its players, its tick thread, and what everybody in it is told. Its rounds are in `match.py`.

In:  players that come and go, and a tick every 1/tick_rate seconds.
Out: packets to the players' outboxes, sent by the next tick.
Raises RoomFull and RoomUnavailable.

Locks: the room's own guards its seats and status. It may be held while the game's is taken, never the other way round.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from typing import Any, Callable

from gameserver.boards import Boards
from gameserver.dormancy import Dormancy
from gameserver.game import Game
from gameserver.introductions import Introductions, player_packet
from gameserver.life import IN_PROGRESS
from gameserver.match import Match
from gameserver.pace import Pace
from gameserver.recorder import FORGETFUL, Recorder
from gameserver.seats import Connection, PlayerInfo, Seat, enqueue
from gameserver.settings import GameSettings, ServerSettings
from gameserver.snapshots import Snapshots, View
from Net.PacketCodes import PROTOCOL_VERSION, Packet
from Net.websocket import WebSocket

log = logging.getLogger(__name__)

BOARDS_EVERY_S = 0.25


class RoomFull(Exception):
    """The room has no free seat."""


class RoomUnavailable(Exception):
    """The room takes nobody in: it has failed, or has no thread."""


class GameRoom(Match):
    """A match, its players and its spectators.

    room_id: its name. capacity: players' seats. make_game: builds the `Game` (or anything with its methods) from the
    settings. recorder: is told of events and results.
    """

    def __init__(
        self,
        room_id: str,
        game_settings: GameSettings,
        server_settings: ServerSettings,
        capacity: int,
        make_game: Callable[[GameSettings], Game] = Game,
        recorder: Recorder = FORGETFUL,
    ) -> None:
        super().__init__(room_id, make_game(game_settings), capacity, server_settings, recorder)
        self.pace = Pace(game_settings.tick_rate)
        self._ticks_to_boards = 0
        self._snapshots = Snapshots(self.game)
        self._has_lost_track = False  # of what the clients have been told
        self._boards = Boards()
        self._introductions = Introductions()
        self.dormancy = Dormancy(self.game, self.pace, server_settings.dormant_after_s)
        self.when_failed: Callable[[GameRoom], None] = lambda room: None  # called when its last tick has failed
        self._has_failed = False
        self._closed_because: str | None = None

    @property
    def lock(self) -> threading.RLock:
        """For who reads several things of the room that must fit together."""
        return self._lock

    # Players --------------------------------------------------------------------------------------------------

    def add_player(self, ws: WebSocket, player_info: PlayerInfo) -> Seat:
        """Seats a player, or a spectator, and tells everybody.

        Raises RoomFull when there is no seat for a player, and RoomUnavailable.
        """
        with self._lock:
            self._check_available()
            if self.is_full() and not player_info.is_spectator:
                raise RoomFull(f"room {self.id} has {self.capacity} seats, and none is free")
            seat = Seat(ws, player_info)
            self._seats[player_info.id] = seat
            try:
                self._enter_world(seat)
            except Exception:
                del self._seats[player_info.id]
                raise
            self._welcome(seat)
            if not player_info.is_spectator:
                self.broadcast_except(player_info.id, self._room_packet())
                self.broadcast_except(player_info.id, player_packet(player_info))
        self.dormancy.note_activity()
        self.log_event("join", {"player_id": player_info.id, "name": player_info.name})
        return seat

    def remove_player(self, ws: Connection) -> None:
        """Takes a seat away and tells the others; does nothing if the connection has none."""
        with self._lock:
            seat = self._seat_of(ws)
            if seat is None:
                return
            del self._seats[seat.info.id]
            self._introductions.forget(seat)
            if not seat.info.is_spectator:
                self.game.remove_player(seat.info.id)
                self.broadcast(Packet("PLAYER_GONE", (seat.info.id,)))
                self.broadcast(self._room_packet())
        self.dormancy.note_activity()
        self.log_event("leave", {"player_id": seat.info.id, "name": seat.info.name})

    def suspend_player(self, ws: WebSocket) -> None:
        """Keeps the seat of a player whose connection is lost: it stands still until `resume_player`."""
        with self._lock:
            seat = self._seat_of(ws)
            if seat is None:
                return
            seat.disconnect(time.monotonic())
            self.game.set_connected(seat.info.id, False)
        self.dormancy.note_activity()
        self.log_event("drop", {"player_id": seat.info.id, "name": seat.info.name})

    def keep_seat(self, seat: Seat) -> None:
        """Puts in the seat of a player who is in the world already, and has not come back yet."""
        with self._lock:
            self._seats[seat.info.id] = seat
            self.game.set_connected(seat.info.id, False)

    def resume_player(self, ws: WebSocket, seat: Seat) -> None:
        """Gives a player its seat back on a new connection, and tells it everything anew; raises RoomUnavailable."""
        with self._lock:
            self._check_available()
            seat.connect(ws)
            self.game.set_connected(seat.info.id, True)
            self._welcome(seat)
        self.dormancy.note_activity()
        self.log_event("resume", {"player_id": seat.info.id, "name": seat.info.name})

    def assign_team(self, player_id: int) -> int | None:
        """Returns the team for a player in this room: its wish if that keeps the teams balanced, else the smallest.

        None in a game without teams.
        """
        teams = self.game.settings.teams
        if not teams:
            return None
        with self._lock:
            others = [seat.info.team for seat in self.seats() if seat.info.id != player_id]
            wish = self._seats[player_id].info.team
        smallest = min(range(teams), key=others.count)
        is_fair = wish in range(teams) and others.count(wish) == others.count(smallest)
        return wish if is_fair else smallest

    def set_ready(self, player_id: int, is_ready: bool) -> None:
        """Notes whether a player wants a waiting round to start now; it does when all want it.

        Does nothing for one who has just been taken out; so does `watch`.
        """
        with self._lock:
            seat = self._seats.get(player_id)
            if seat is not None:
                seat.is_ready = is_ready
        self.dormancy.note_activity()

    def watch(self, player_id: int, target_id: int | None, spot: tuple[float, float] | None) -> None:
        """Turns a spectator's eyes to a player, or to a spot of the map."""
        size = self.game.settings.map_size
        with self._lock, self.game.lock:
            seat = self._seats.get(player_id)
            if seat is None:
                return
            view = seat.view
            view.player_id = target_id
            if spot is not None:
                view.spot = (min(max(spot[0], 0.0), size), min(max(spot[1], 0.0), size))
        self.dormancy.note_activity()

    def is_full(self) -> bool:
        """Whether no player can come in: all seats are taken, or nobody is let in at all."""
        return self._closed_because is not None or len(self.seats()) >= self.capacity

    @property
    def closed_because(self) -> str | None:
        """Why nobody is let in, as a sentence; None if players and spectators are."""
        return self._closed_because

    @property
    def has_failed(self) -> bool:
        """Whether its ticks have failed so often that it has ended."""
        return self._has_failed

    def _check_available(self) -> None:
        if self._closed_because is not None:
            raise RoomUnavailable(self._closed_because)

    def _enter_world(self, seat: Seat) -> None:
        """Gives a player a team and a body, a spectator somebody to watch."""
        info = seat.info
        if info.is_spectator:
            seat.view.player_id = next((player.info.id for player in self.seats()), None)
            return
        info.team = self.assign_team(info.id)
        self.game.add_player(info.id, info.name, info.team)

    def _welcome(self, seat: Seat) -> None:
        """Tells a newcomer where it is, and who is there."""
        info = seat.info
        enqueue([seat], Packet("WELCOME", (info.id, self.id, info.token, self._client_settings())))
        enqueue([seat], self._room_packet())
        seat.websocket.enqueue_frame(self._introductions.of(self.seats(), seat.view.form))
        for board in self._boards.packets():
            enqueue([seat], board)

    # Ticks ----------------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Advances the room by one tick: the world if a round is on, what everybody sees, the life of the match."""
        if self._has_lost_track:
            self._tell_anew()
        rested = self.dormancy.rested_ticks()
        ticks = rested if self.dormancy.is_dormant else rested + 1
        is_moving = self.pace.may_move()
        in_time, late = self.views()
        with self.game.lock:
            if is_moving and self.status == IN_PROGRESS:
                if rested:
                    self.game.rest(rested, 1 / self.pace.rate)
                if ticks > rested:
                    self.game.update(1 / self.pace.rate)
            events = self.game.take_events()
            game_state = self._build(in_time, late)
        try:
            for event_type, *args in events:
                self.broadcast(Packet(event_type, tuple(args)))
            self._show_boards()
            if is_moving:
                self._live(ticks / self.pace.rate)
        finally:
            self.broadcast_game_state(game_state)  # the next one holds only what has changed since this one
        self.dormancy.consider()

    def _build(self, in_time: list[View], late: list[View]) -> dict[View, bytes]:
        try:
            return self._snapshots.build(in_time, late)
        except Exception:
            self._has_lost_track = True  # some views say that their clients know what was never sent
            raise

    def _tell_anew(self) -> None:
        """Lets everybody begin again, as if they had just come in."""
        with self._lock:
            with self.game.lock:
                self._snapshots = Snapshots(self.game)
            for seat in self._seats.values():
                seat.forget()
                self._welcome(seat)
            self._has_lost_track = False

    def _show_boards(self) -> None:
        """Tells what has changed on the boards, a few times a second: ranking takes longer than moving."""
        if self._ticks_to_boards > 0:
            self._ticks_to_boards -= 1
            return
        with self._lock:
            for board in self._boards.update(self.game.results(), self.game.team_scores()):
                self.broadcast(board)
        self._ticks_to_boards = int(BOARDS_EVERY_S * self.pace.rate)

    def start(self) -> bool:
        """Starts the room's tick thread; returns whether it could. Until it can, nobody is let in."""
        try:
            self.pace.start(f"room {self.id}", self.tick, self._give_up)
        except RuntimeError:  # "can't start new thread"
            if self._closed_because is None:
                log.warning("room %s: the system has no thread left for it; it is tried again every second", self.id)
            self._closed_because = f"the server has no thread left for room {self.id}: try again in a few seconds"
            return False
        self._closed_because = None
        return True

    def stop(self) -> None:
        """Ends the tick thread, and waits for it."""
        self.pace.stop()

    def _give_up(self) -> None:
        """Ends a room that cannot tick any more: its players keep their results and lose their connections."""
        with self._lock:
            # Nobody may come in between the last word and the last player's leaving.
            self._has_failed = True
            self._closed_because = f"room {self.id} has failed: try again in a moment, or JOIN another room"
        try:
            self.end_game()
        finally:
            for seat in self.everybody():
                seat.websocket.begin_close(1011, "this room has failed")
            self.when_failed(self)

    def change_setting(self, name: str, value: Any) -> None:
        """Changes a setting of the running room and tells its clients; raises ValueError with what is allowed."""
        if name == "tick_rate":
            dataclasses.replace(self.game.settings, tick_rate=value)  # raises for one that cannot be
            self.pace.change_rate(value)
        else:
            self.game.change_setting(name, value)
        self.broadcast(Packet("SETTINGS", (self._client_settings(),)))

    # What packets hold ----------------------------------------------------------------------------------------

    def _client_settings(self) -> dict[str, Any]:
        return {"protocol": PROTOCOL_VERSION, **self.game.client_settings(), "tick_rate": self.pace.rate}
