"""One match of any game: a roster of players, rounds, a tick clock, and a publisher that tells clients the state.

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

from gameserver.base_game import BaseGame, GameState
from gameserver.game import Game
from gameserver.match.dormancy import Dormancy
from gameserver.match.event_log import EventLog
from gameserver.match.introductions import player_packet
from gameserver.match.phases import ENDED, IN_PROGRESS, WAITING
from gameserver.match.publisher import Publisher
from gameserver.match.roster import Roster
from gameserver.match.rounds import Rounds
from gameserver.match.seats import Connection, PlayerInfo, Seat
from gameserver.match.tick_clock import TickClock
from gameserver.replication.replicator import Replicator
from gameserver.results.recorder import FORGETFUL, Recorder, Shielded
from gameserver.world.base_settings import BaseSettings
from gameserver.world.settings import ServerSettings
from Net.close_codes import CloseCode
from Net.PacketCodes import Packet
from Net.websocket import WebSocket

log = logging.getLogger(__name__)


class RoomFull(Exception):
    """The room has no free seat."""


class RoomUnavailable(Exception):
    """The room lets nobody in: it has failed, or has no thread."""


class GameRoom:
    """A match, its players and its spectators.

    room_id: its name. capacity: the number of players' seats. make_game: a game class, or a function that makes a game
    from settings. recorder: receives the events and results. when_failed: called with the room when its ticks have
    failed too often.
    """

    def __init__(
        self,
        room_id: str,
        game_settings: BaseSettings,
        server_settings: ServerSettings,
        capacity: int,
        make_game: Callable[[Any], BaseGame] = Game,
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
        self.publisher = Publisher(room_id, self.game, self.roster, self.rounds, self.clock)
        self._when_failed = when_failed
        self._has_failed = False
        self._closed_because: str | None = None

    @property
    def lock(self) -> threading.RLock:
        """Held by callers that read several fields of the room as one consistent state."""
        return self.roster.lock

    @property
    def replicator(self) -> Replicator:
        """Turns the states of the game into frames."""
        return self.publisher.replicator

    @property
    def status(self) -> str:
        """The phase of the match: waiting, in-progress or ended."""
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
            seat = Seat(ws, player_info, self.replicator.make_view)
            self.roster.add(seat)
            try:
                self._enter_world(seat)
            except Exception:
                self.roster.remove(seat)
                raise
            self.publisher.welcome(seat)
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
            self.publisher.forget(seat)
            if not seat.info.is_spectator:
                with self.game.lock:
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
            self._set_connected(seat, False)
        self.dormancy.note_activity()
        self.log_event("drop", {"player_id": seat.info.id, "name": seat.info.name})

    def keep_seat(self, seat: Seat) -> None:
        """Adds the seat of a player that is in the world already and is not connected yet: after a restore."""
        with self.lock:
            self.roster.add(seat)
            self._set_connected(seat, False)

    def resume_player(self, ws: WebSocket, seat: Seat) -> None:
        """Gives a player its seat back on a new connection, and sends it the full state. Raises RoomUnavailable."""
        with self.lock:
            self._check_available()
            seat.connect(ws)
            self._set_connected(seat, True)
            self.publisher.welcome(seat)
        self.dormancy.note_activity()
        self.log_event("resume", {"player_id": seat.info.id, "name": seat.info.name})

    def assign_team(self, player_id: int) -> int | None:
        """Assigns a team to a player in this room and returns it; None in a game without teams.

        It is the team that the player wishes, if that team is one of the smallest; else it is the smallest team.
        Raises KeyError if the player is not in this room.
        """
        with self.lock:
            team = self.roster.assign_team(player_id, self.game.settings.teams)
            with self.game.lock:
                player = self.game.players.get(player_id)
                if player is not None:
                    player.team = team
            return team

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
        with self.lock, self.game.lock:
            seat = self.find_player_by_id(player_id)
            if seat is None:
                return
            self.replicator.watch(seat.view, target_id, spot)
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
            first = next((player.info.id for player in self.roster.seats()), None)
            self.replicator.watch(seat.view, first, None)
            return
        team = self.assign_team(info.id)
        with self.game.lock:
            self.game.add_player(info.id, info.name, team)

    def _set_connected(self, seat: Seat, is_connected: bool) -> None:
        with self.game.lock:
            self.game.set_connected(seat.info.id, is_connected)

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

    def broadcast_game_state(self, game_state: GameState) -> None:
        """Sends each client what it has not received yet of a game state, and all packets that wait for it."""
        self.publisher.publish_state(game_state)

    # Rounds ---------------------------------------------------------------------------------------------------

    def start_game(self) -> None:
        """Begins a round: the game starts at tick 0, and everybody is told."""
        self.rounds.start()

    def end_game(self) -> None:
        """Ends the round, sends the results to everybody, and records them. Does nothing if it has ended already."""
        self.rounds.end()

    def reset_room(self) -> None:
        """Clears the round, and waits for the next one with everybody who is still here."""
        self.rounds.reset()

    def log_event(self, event_type: str, details: dict[str, Any]) -> None:
        """Keeps, records and logs an event of this room; details: plain data."""
        self.event_log.add(event_type, details)

    # Ticks ----------------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Advances the room by one tick: the game if a round is in progress, the packets, the phase of the match."""
        self.publisher.recover()
        rested, is_dormant = self.dormancy.rested_ticks(), self.dormancy.is_dormant
        ticks = rested if is_dormant else rested + 1
        is_moving = self.clock.may_move()
        with self.game.lock:
            if is_moving and self.status == IN_PROGRESS:
                if rested:
                    self.game.rest(rested, 1 / self.clock.rate)
                if not is_dormant:
                    self.game.update(1 / self.clock.rate)
            events = self.game.take_events()
            game_state = self.game.get_game_state()
        try:
            self.publisher.publish_events(events)
            self.publisher.publish_scoreboards()
            if is_moving:
                self._advance_match(ticks / self.clock.rate)
        finally:
            self.broadcast_game_state(game_state)
        self.dormancy.consider()

    def _advance_match(self, delta_time: float) -> None:
        """Advances the phase of the match, and enters the next phase when it is due."""
        status = self.rounds.due(delta_time)
        if status is not None:
            {IN_PROGRESS: self.start_game, ENDED: self.end_game, WAITING: self.reset_room}[status]()

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
            with self.game.lock:
                self.game.change_setting(name, value)
        self.broadcast(Packet("SETTINGS", (self.publisher.client_settings(),)))
