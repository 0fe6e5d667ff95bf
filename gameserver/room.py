"""One match: its players, its life from waiting to ended, its tick thread, and what everybody in it is told.

In:  players that come and go, and a tick every 1/tick_rate seconds.
Out: packets to the players' outboxes. Methods that send put frames into the outboxes and touch no socket; the next
     tick flushes them, so that what happened in a tick travels in front of the STATE that shows it.
Raises RoomFull.

Locks: the room's own guards its seats and status. It may be held while the game's is taken, never the other way round.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import Any, Callable

from gameserver.game import Game
from gameserver.seats import PlayerInfo, Seat, enqueue
from gameserver.settings import GameSettings, ServerSettings
from gameserver.snapshots import Snapshots, View
from gameserver.ticker import Ticker
from Net.PacketCodes import PROTOCOL_VERSION, Packet
from Net.websocket import WebSocket

log = logging.getLogger(__name__)

WAITING, IN_PROGRESS, ENDED = "waiting", "in_progress", "ended"
SCOREBOARD_ROWS = 10
EVENTS_KEPT = 1000


class RoomFull(Exception):
    """The room has no free seat."""


class GameRoom:
    """A match and its players.

    room_id: its name. capacity: seats. make_game: builds the `Game` (or anything with its methods) from the settings.
    """

    def __init__(
        self,
        room_id: str,
        game_settings: GameSettings,
        server_settings: ServerSettings,
        capacity: int,
        make_game: Callable[[GameSettings], Game] = Game,
    ) -> None:
        self.id = room_id
        self.capacity = capacity
        self.status = WAITING
        self.game = make_game(game_settings)
        self.events: deque[tuple[int, str, dict[str, Any]]] = deque(maxlen=EVENTS_KEPT)  # (game tick, type, details)
        self._settings = game_settings
        self._least_players = min(self.game.mode.start_at, capacity)
        self._start_at = max(min(server_settings.start_at, capacity), self._least_players)
        self._results_ticks = round(server_settings.results_s * game_settings.tick_rate)
        self._results_ticks_left = 0
        self._snapshots = Snapshots(self.game)
        self._scoreboard: list[list[Any]] = []
        self._teams: list[list[int]] = []
        self._ticker: Ticker | None = None
        self._has_failed = False
        self._lock = threading.RLock()
        self._seats: dict[WebSocket, Seat] = {}

    # Players --------------------------------------------------------------------------------------------------

    def add_player(self, ws: WebSocket, player_info: PlayerInfo) -> None:
        """Gives a player a seat and tells everybody; raises RoomFull when there is none."""
        with self._lock:
            if self.is_full():
                raise RoomFull(f"room {self.id} has {self.capacity} seats, and none is free")
            seat = Seat(ws, player_info)
            self._seats[ws] = seat
            player_info.team = self.assign_team(player_info.id)
            self.game.add_player(player_info.id, player_info.name, player_info.team)
            welcome = (player_info.id, self.id, player_info.token, self._client_settings())
            enqueue([seat], Packet("WELCOME", welcome))
            self.broadcast(self._room_packet())
            for other in self._seats.values():
                enqueue([seat], _player_packet(other.info))
            self.broadcast(_player_packet(player_info), exclude_ws=ws)
            if self._scoreboard:
                enqueue([seat], Packet("SCOREBOARD", (self._scoreboard,)))
            if self._teams:
                enqueue([seat], Packet("TEAMS", (self._teams,)))
        self.log_event("join", {"player_id": player_info.id, "name": player_info.name})

    def remove_player(self, ws: WebSocket) -> None:
        """Takes a player's seat away and tells the others; does nothing if it has none."""
        with self._lock:
            seat = self._seats.pop(ws, None)
            if seat is None:
                return
            self.game.remove_player(seat.info.id)
            self.broadcast(Packet("PLAYER_GONE", (seat.info.id,)))
            self.broadcast(self._room_packet())
        self.log_event("leave", {"player_id": seat.info.id, "name": seat.info.name})

    def find_player_by_id(self, player_id: int) -> Seat | None:
        """The seat of a player, or None if it is not in this room."""
        with self._lock:
            return next((seat for seat in self._seats.values() if seat.info.id == player_id), None)

    def assign_team(self, player_id: int) -> int | None:
        """Returns the team for a player in this room: its wish if that keeps the teams balanced, else the smallest.

        None in a game without teams.
        """
        if not self._settings.teams:
            return None
        with self._lock:
            others = [seat.info.team for seat in self._seats.values() if seat.info.id != player_id]
            wish = next(seat.info.team for seat in self._seats.values() if seat.info.id == player_id)
        smallest = min(range(self._settings.teams), key=others.count)
        is_fair = wish in range(self._settings.teams) and others.count(wish) == others.count(smallest)
        return wish if is_fair else smallest

    def set_ready(self, ws: WebSocket, is_ready: bool) -> None:
        """Notes whether a player wants a waiting round to start now; it does when all want it."""
        with self._lock:
            self._seats[ws].is_ready = is_ready

    def is_empty(self) -> bool:
        """Whether nobody has a seat."""
        return not self._seats

    def is_full(self) -> bool:
        """Whether nobody can come in: all seats are taken, or the room is about to be closed."""
        return self._has_failed or len(self._seats) >= self.capacity

    def seats(self) -> list[Seat]:
        """All seats that are taken, in the order in which their players came."""
        with self._lock:
            return list(self._seats.values())

    # Telling --------------------------------------------------------------------------------------------------

    def broadcast(self, message: Packet, exclude_ws: WebSocket | None = None) -> None:
        """Tells everybody in the room, except one connection."""
        with self._lock:
            seats = [seat for ws, seat in self._seats.items() if ws is not exclude_ws]
            enqueue(seats, message)

    def broadcast_except(self, exclude_id: int, message: Packet) -> None:
        """Tells everybody in the room, except one player."""
        with self._lock:
            enqueue([seat for seat in self._seats.values() if seat.info.id != exclude_id], message)

    def send_private_message(self, player_id: int, message: Packet) -> bool:
        """Tells one player; returns whether it is in this room."""
        with self._lock:
            seat = self.find_player_by_id(player_id)
            if seat is not None:
                enqueue([seat], message)
            return seat is not None

    def broadcast_game_state(self, game_state: dict[View, bytes]) -> None:
        """Sends each player its own frames of this tick, as `Snapshots.build` made them; the only method that sends."""
        with self._lock:  # who leaves and joins again gets nothing of its old view behind the new WELCOME
            seats = list(self._seats.values())
            for seat in seats:
                frames = game_state.get(seat.view)
                if frames is not None:
                    seat.websocket.enqueue_frame(frames)
        for seat in seats:
            seat.websocket.flush()

    # The life of a match --------------------------------------------------------------------------------------

    def start_game(self) -> None:
        """Starts the round that was waiting."""
        with self._lock:
            self._change_status(IN_PROGRESS)
        self.log_event("start", {"players": len(self.seats())})

    def end_game(self) -> None:
        """Ends the round and sends everybody the results."""
        with self._lock:
            results = self.game.results()
            self._results_ticks_left = self._results_ticks
            self._change_status(ENDED)
            self.broadcast(Packet("GAME_OVER", (results, self._ms(self._results_ticks), self.game.placings())))
        self.log_event("end", {"results": results})

    def reset_room(self) -> None:
        """Makes ready for the next round, with the same players."""
        with self._lock:
            self.game.reset()
            for seat in self._seats.values():
                seat.is_ready = False
            self._change_status(WAITING)

    def log_event(self, event_type: str, details: dict[str, Any]) -> None:
        """Keeps and logs something that happened in this room; details: plain data."""
        self.events.append((self.game.tick, event_type, details))
        log.info("room %s: %s %r", self.id, event_type, details)

    def _change_status(self, status: str) -> None:
        self.status = status
        self.broadcast(self._room_packet())

    def _advance_life(self) -> None:
        """Goes on to the next status when it is time."""
        if self.status == WAITING and self._may_start():
            self.start_game()
        elif self.status == IN_PROGRESS and (not self._seats or self.game.is_game_over()):
            self.end_game()
        elif self.status == ENDED:
            self._results_ticks_left -= 1
            if self._results_ticks_left <= 0:
                self.reset_room()

    def _may_start(self) -> bool:
        seats = self.seats()
        is_ready = len(seats) >= self._least_players and all(seat.is_ready for seat in seats)
        return len(seats) >= self._start_at or is_ready

    # Ticks ----------------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Advances the room by one tick: the world if a round is on, what everybody sees, the life of the match."""
        seats = self.seats()
        late = [seat.view for seat in seats if seat.websocket.is_congested]
        in_time = [seat.view for seat in seats if not seat.websocket.is_congested]
        with self.game.lock:
            if self.status == IN_PROGRESS:
                self.game.update(1 / self._settings.tick_rate)
            events = self.game.take_events()
            results = self.game.results()
            team_scores = self.game.team_scores()
            game_state = self._snapshots.build(in_time, late)
        try:
            for event_type, *args in events:
                self.broadcast(Packet(event_type, tuple(args)))
            self._show_scoreboard(
                [[player_id, name, score] for player_id, name, _, score, _, _ in results[:SCOREBOARD_ROWS]]
            )
            self._show_teams([[team, score] for team, score in enumerate(team_scores)])
            self._advance_life()
        finally:
            self.broadcast_game_state(game_state)  # the next one holds only what has changed since this one

    def _show_scoreboard(self, rows: list[list[Any]]) -> None:
        with self._lock:
            if rows != self._scoreboard:
                self._scoreboard = rows
                self.broadcast(Packet("SCOREBOARD", (rows,)))

    def _show_teams(self, rows: list[list[int]]) -> None:
        with self._lock:
            if rows != self._teams:
                self._teams = rows
                self.broadcast(Packet("TEAMS", (rows,)))

    def start(self) -> None:
        """Starts the room's tick thread."""
        self._ticker = Ticker(f"room {self.id}", self._settings.tick_rate, self.tick, self._give_up)
        self._ticker.start()

    def stop(self) -> None:
        """Ends the tick thread, and waits for it."""
        if self._ticker is not None:
            self._ticker.stop()

    def _give_up(self) -> None:
        """Ends a room that can not tick any more: its players keep their results and lose their connections."""
        with self._lock:
            self._has_failed = True  # nobody may come in between the last word and the last player's leaving
            seats = list(self._seats.values())
        try:
            self.end_game()
        finally:
            for seat in seats:
                seat.websocket.begin_close(1011, "this room has failed")

    # What packets hold ----------------------------------------------------------------------------------------

    def _client_settings(self) -> dict[str, Any]:
        return {"protocol": PROTOCOL_VERSION, **self.game.client_settings()}

    def _room_packet(self) -> Packet:
        return Packet("ROOM", (self.status, len(self._seats), self.capacity, self._ms_left()))

    def _ms_left(self) -> int | None:
        """Milliseconds left of the round, or of the results; None without a limit."""
        if self.status == ENDED:
            return self._ms(self._results_ticks_left)
        limit_s = self.game.settings.time_limit_s
        return None if limit_s is None else max(0, round(1000 * (limit_s - self.game.elapsed_s)))

    def _ms(self, ticks: int) -> int:
        return round(1000 * ticks / self._settings.tick_rate)


def _player_packet(info: PlayerInfo) -> Packet:
    return Packet("PLAYER", (info.id, info.name, info.team))
