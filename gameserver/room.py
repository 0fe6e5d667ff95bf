"""One match: a roster of players, rounds, a tick clock, and a replicator that tells the clients about the world.

In:  players that come and go, and a tick every 1/tick_rate seconds.
Out: packets to the players' outboxes, sent by the next tick.
Raises RoomFull and RoomUnavailable.

Locks: the roster's lock, which is also the room's, guards the seats and the phase. A thread that holds it may take the
game's lock. A thread that holds the game's lock must not take the room's.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
from typing import Any, Callable

from gameserver.game import Game
from gameserver.match.dormancy import Dormancy
from gameserver.match.event_log import EventLog
from gameserver.match.introductions import Introductions, player_packet
from gameserver.match.phases import ENDED, IN_PROGRESS, WAITING
from gameserver.match.roster import Roster
from gameserver.match.rounds import Rounds
from gameserver.match.seats import Connection, PlayerInfo, Seat, enqueue
from gameserver.match.tick_clock import TickClock
from gameserver.replication.scoreboards import Scoreboards
from gameserver.replication.snapshots import Replicator
from gameserver.replication.view import View
from gameserver.results.recorder import FORGETFUL, Recorder, Shielded
from gameserver.world.settings import GameSettings, ServerSettings
from Net.close_codes import CloseCode
from Net.PacketCodes import PROTOCOL_VERSION, Packet
from Net.websocket import WebSocket

log = logging.getLogger(__name__)

BOARDS_EVERY_S = 0.25


class RoomFull(Exception):
    """The room has no free seat."""


class RoomUnavailable(Exception):
    """The room lets nobody in: it has failed, or has no thread."""


class GameRoom:
    """A match, its players and its spectators.

    room_id: its name. capacity: the number of players' seats. make_game: builds the `Game` (or an object with the same
    methods) from the settings. recorder: receives the events and results. when_failed: called with the room when its
    ticks have failed too often.
    """

    def __init__(
        self,
        room_id: str,
        game_settings: GameSettings,
        server_settings: ServerSettings,
        capacity: int,
        make_game: Callable[[GameSettings], Game] = Game,
        recorder: Recorder = FORGETFUL,
        when_failed: Callable[[GameRoom], None] = lambda room: None,
    ) -> None:
        self.id = room_id
        self.game = make_game(game_settings)
        self.capacity = capacity
        shielded = Shielded(recorder)
        self.roster = Roster()
        self.event_log = EventLog(room_id, self.game, shielded)
        self.rounds = Rounds(room_id, self.game, self.roster, capacity, server_settings, shielded, self.event_log)
        self.clock = TickClock(game_settings.tick_rate)
        self.dormancy = Dormancy(self.game, self.clock, server_settings.dormant_after_s)
        self.replicator = Replicator(self.game)
        self._has_lost_track = False  # True: the views may claim packets that were never sent
        self._scoreboards = Scoreboards()
        self._ticks_to_boards = 0
        self._introductions = Introductions()
        self._when_failed = when_failed
        self._has_failed = False
        self._closed_because: str | None = None

    @property
    def lock(self) -> threading.RLock:
        """Held by callers that read several fields of the room as one consistent state."""
        return self.roster.lock

    @property
    def status(self) -> str:
        """The phase of the match: waiting, in_progress or ended."""
        return self.rounds.status

    # Players --------------------------------------------------------------------------------------------------

    def add_player(self, ws: WebSocket, player_info: PlayerInfo) -> Seat:
        """Seats a player or a spectator. The others in the room are told of a new player.

        Raises RoomFull when there is no free seat for a player, and RoomUnavailable when the room lets nobody in.
        """
        with self.lock:
            self._check_available()
            if self.is_full() and not player_info.is_spectator:
                raise RoomFull(f"room {self.id} has {self.capacity} seats, and none is free")
            seat = Seat(ws, player_info)
            self.roster.add(seat)
            try:
                self._enter_world(seat)
            except Exception:
                self.roster.remove(seat)
                raise
            self._welcome(seat)
            if not player_info.is_spectator:
                self.broadcast_except(player_info.id, self.rounds.room_packet())
                self.broadcast_except(player_info.id, player_packet(player_info))
        self.dormancy.note_activity()
        self.log_event("join", {"player_id": player_info.id, "name": player_info.name})
        return seat

    def remove_player(self, ws: Connection) -> None:
        """Removes the seat of a connection, and tells the others if a player left. Does nothing without a seat."""
        with self.lock:
            seat = self.roster.seat_of(ws)
            if seat is None:
                return
            self.roster.remove(seat)
            self._introductions.forget(seat)
            if not seat.info.is_spectator:
                self.game.remove_player(seat.info.id)
                self.broadcast(Packet("PLAYER_GONE", (seat.info.id,)))
                self.broadcast(self.rounds.room_packet())
        self.dormancy.note_activity()
        self.log_event("leave", {"player_id": seat.info.id, "name": seat.info.name})

    def suspend_player(self, ws: WebSocket) -> None:
        """Keeps the seat of a player whose connection is lost. The player stands still until `resume_player`."""
        with self.lock:
            seat = self.roster.seat_of(ws)
            if seat is None:
                return
            seat.disconnect(time.monotonic())
            self.game.set_connected(seat.info.id, False)
        self.dormancy.note_activity()
        self.log_event("drop", {"player_id": seat.info.id, "name": seat.info.name})

    def keep_seat(self, seat: Seat) -> None:
        """Adds the seat of a player that is in the world already and is not connected yet: after a restore."""
        with self.lock:
            self.roster.add(seat)
            self.game.set_connected(seat.info.id, False)

    def resume_player(self, ws: WebSocket, seat: Seat) -> None:
        """Gives a player its seat back on a new connection, and sends it the full state. Raises RoomUnavailable."""
        with self.lock:
            self._check_available()
            seat.connect(ws)
            self.game.set_connected(seat.info.id, True)
            self._welcome(seat)
        self.dormancy.note_activity()
        self.log_event("resume", {"player_id": seat.info.id, "name": seat.info.name})

    def assign_team(self, player_id: int) -> int | None:
        """Returns the team for a player in this room, or None in a game without teams.

        It is the team that the player wishes, if that team is one of the smallest; else it is the smallest team.
        """
        teams = self.game.settings.teams
        return self.roster.fair_team(player_id, teams) if teams else None

    def find_player_by_id(self, player_id: int) -> Seat | None:
        """Returns the seat of a player, or None if the player is not in this room."""
        return self.roster.find_player_by_id(player_id)

    def set_ready(self, player_id: int, is_ready: bool) -> None:
        """Notes whether a player wants a waiting round to start now. The round starts when all players want it.

        Does nothing for a player that has just left the room; the same is true of `watch`.
        """
        with self.lock:
            seat = self.find_player_by_id(player_id)
            if seat is not None:
                seat.set_ready(is_ready)
        self.dormancy.note_activity()

    def watch(self, player_id: int, target_id: int | None, spot: tuple[float, float] | None) -> None:
        """Makes a spectator watch a player, or a spot of the map; spot: x and y, moved onto the map if outside."""
        size = self.game.settings.map_size
        with self.lock, self.game.lock:
            seat = self.find_player_by_id(player_id)
            if seat is None:
                return
            seat.view.watch(target_id)
            if spot is not None:
                seat.view.look_at(min(max(spot[0], 0.0), size), min(max(spot[1], 0.0), size))
        self.dormancy.note_activity()

    def is_full(self) -> bool:
        """Whether no player can join: all seats are taken, or the room lets nobody in."""
        return self._closed_because is not None or len(self.roster.seats()) >= self.capacity

    @property
    def closed_because(self) -> str | None:
        """The reason why the room lets nobody in, as a sentence; None if the room is open."""
        return self._closed_because

    @property
    def has_failed(self) -> bool:
        """Whether the room has ended because its ticks failed too often."""
        return self._has_failed

    def _check_available(self) -> None:
        if self._closed_because is not None:
            raise RoomUnavailable(self._closed_because)

    def _enter_world(self, seat: Seat) -> None:
        """Gives a player a team and a body in the world, or gives a spectator a player to watch."""
        info = seat.info
        if info.is_spectator:
            seat.view.watch(next((player.info.id for player in self.roster.seats()), None))
            return
        seat.join_team(self.assign_team(info.id))
        self.game.add_player(info.id, info.name, info.team)

    def _welcome(self, seat: Seat) -> None:
        """Sends a newcomer its first packets: its seat, the room, the players and the scoreboards."""
        info = seat.info
        enqueue([seat], Packet("WELCOME", (info.id, self.id, info.token, self._client_settings())))
        enqueue([seat], self.rounds.room_packet())
        seat.websocket.enqueue_frame(self._introductions.of(self.roster.seats(), seat.view.form))
        for board in self._scoreboards.packets():
            enqueue([seat], board)

    # Packets to the players -----------------------------------------------------------------------------------

    def broadcast(self, message: Packet, exclude_ws: Connection | None = None) -> None:
        """Queues a packet for everybody in the room, except one connection."""
        self.roster.broadcast(message, exclude_ws)

    def broadcast_except(self, exclude_id: int, message: Packet) -> None:
        """Queues a packet for everybody in the room, except one player."""
        self.roster.broadcast_except(exclude_id, message)

    def send_private_message(self, player_id: int, message: Packet) -> bool:
        """Queues a packet for one player, and returns whether the player is in this room."""
        return self.roster.send_private_message(player_id, message)

    def broadcast_game_state(self, game_state: dict[View, bytes]) -> None:
        """Sends each client its frames of this tick, see `Roster.broadcast_game_state`."""
        self.roster.broadcast_game_state(game_state)

    # Rounds ---------------------------------------------------------------------------------------------------

    def start_game(self) -> None:
        """Starts the waiting round."""
        self.rounds.start()

    def end_game(self) -> None:
        """Ends the round, sends the results to everybody, and records them. Does nothing if it has ended already."""
        self.rounds.end()

    def reset_room(self) -> None:
        """Prepares the next round, with the same players."""
        self.rounds.reset()

    def log_event(self, event_type: str, details: dict[str, Any]) -> None:
        """Keeps, records and logs an event of this room; details: plain data."""
        self.event_log.add(event_type, details)

    # Ticks ----------------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Advances the room by one tick: the world if a round is in progress, the packets, the phase of the match."""
        if self._has_lost_track:
            self._tell_anew()
        rested, is_dormant = self.dormancy.rested_ticks(), self.dormancy.is_dormant
        ticks = rested if is_dormant else rested + 1
        is_moving = self.clock.may_move()
        in_time, late = self.roster.views()
        with self.game.lock:
            if is_moving and self.status == IN_PROGRESS:
                if rested:
                    self.game.rest(rested, 1 / self.clock.rate)
                if not is_dormant:
                    self.game.update(1 / self.clock.rate)
            events = self.game.take_events()
            game_state = self._build(in_time, late)
        try:
            for event_type, *args in events:
                self.broadcast(Packet(event_type, tuple(args)))
            self._show_scoreboards()
            if is_moving:
                self._advance_match(ticks / self.clock.rate)
        finally:
            self.broadcast_game_state(game_state)  # even after an error: the next state holds only later changes
        self.dormancy.consider()

    def _advance_match(self, delta_time: float) -> None:
        """Advances the phase of the match, and enters the next phase when it is due."""
        status = self.rounds.due(delta_time)
        if status is not None:
            {IN_PROGRESS: self.start_game, ENDED: self.end_game, WAITING: self.reset_room}[status]()

    def _build(self, in_time: list[View], late: list[View]) -> dict[View, bytes]:
        try:
            return self.replicator.build(in_time, late)
        except Exception:
            self._has_lost_track = True  # some views record packets that were never sent
            raise

    def _tell_anew(self) -> None:
        """Resends the full state to every client, as after a join."""
        with self.lock:
            with self.game.lock:
                self.replicator = Replicator(self.game)
            for seat in self.roster.everybody():
                seat.forget()
                self._welcome(seat)
            self._has_lost_track = False

    def _show_scoreboards(self) -> None:
        """Broadcasts the scoreboards that have changed, a few times a second: ranking takes longer than moving."""
        if self._ticks_to_boards > 0:
            self._ticks_to_boards -= 1
            return
        with self.lock:
            for board in self._scoreboards.update(self.game.results(), self.game.team_scores()):
                self.broadcast(board)
        self._ticks_to_boards = int(BOARDS_EVERY_S * self.clock.rate)

    def start(self) -> bool:
        """Starts the room's tick thread and returns whether that worked. If not, the room lets nobody in."""
        try:
            self.clock.start(f"room {self.id}", self.tick, self._give_up)
        except RuntimeError:  # "can't start new thread"
            if self._closed_because is None:
                log.warning("room %s: the system has no thread left for it; it is tried again every second", self.id)
            self._closed_because = f"the server has no thread left for room {self.id}: try again in a few seconds"
            return False
        self._closed_because = None
        return True

    def stop(self) -> None:
        """Stops the tick thread and waits for its end."""
        self.clock.stop()

    def _give_up(self) -> None:
        """Ends a room that cannot tick any more. Its players keep their results and lose their connections."""
        with self.lock:
            # From here on nobody may join: everybody in the room is about to be disconnected.
            self._has_failed = True
            self._closed_because = f"room {self.id} has failed: try again in a moment, or JOIN another room"
        try:
            self.end_game()
        finally:
            for seat in self.roster.everybody():
                seat.websocket.begin_close(CloseCode.INTERNAL_ERROR, "this room has failed")
            self._when_failed(self)

    def change_setting(self, name: str, value: Any) -> None:
        """Changes a setting of the running room and tells its clients. ValueError says which values are allowed."""
        if name == "tick_rate":
            dataclasses.replace(self.game.settings, tick_rate=value)  # raises ValueError for a forbidden rate
            self.clock.change_rate(value)
        else:
            self.game.change_setting(name, value)
        self.broadcast(Packet("SETTINGS", (self._client_settings(),)))

    # Contents of packets --------------------------------------------------------------------------------------

    def _client_settings(self) -> dict[str, Any]:
        return {"protocol": PROTOCOL_VERSION, **self.game.client_settings(), "tick_rate": self.clock.rate}
