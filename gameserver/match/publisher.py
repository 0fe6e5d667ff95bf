"""The publisher of a room: it tells the clients of the game, from the welcome to the state of each tick.

In:  newcomers, events and states of the game, once a tick. Out: packets and frames in the outboxes of the seats.
A state or an event that cannot be encoded is a fault of the game: one line in the log names it, and it is not sent.
"""

from __future__ import annotations

import logging
from typing import Any, Iterable

from gameserver.base_game import BaseGame, GameState
from gameserver.match.introductions import Introductions
from gameserver.match.roster import Roster
from gameserver.match.rounds import Rounds
from gameserver.match.seats import Seat, enqueue
from gameserver.match.tick_clock import TickClock
from gameserver.replication.replicator import ClientView, replicator_of
from gameserver.replication.scoreboards import Scoreboards
from gameserver.replication.state_faults import StateError, check_plain, fault_in
from gameserver.world.world import Event
from Net.PacketCodes import PROTOCOL_VERSION, Packet

log = logging.getLogger(__name__)

BOARDS_EVERY_S = 0.25


class Publisher:
    """Tells the clients in a roster of one game. replicator: turns the states of the game into frames."""

    def __init__(self, room_id: str, game: BaseGame, roster: Roster, rounds: Rounds, clock: TickClock) -> None:
        self.replicator = replicator_of(game)
        self._room_id = room_id
        self._game = game
        self._roster = roster
        self._rounds = rounds
        self._clock = clock
        self._scoreboards = Scoreboards()
        self._ticks_to_boards = 0
        self._introductions = Introductions()
        self._has_lost_track = False  # True: the views may claim packets that were never sent

    # Newcomers ------------------------------------------------------------------------------------------------

    def welcome(self, seat: Seat) -> None:
        """Sends a newcomer its first packets: its seat, the room, the players and the scoreboards."""
        info = seat.info
        enqueue([seat], Packet("WELCOME", (info.id, self._room_id, info.token, self.client_settings())))
        enqueue([seat], self._rounds.room_packet())
        seat.websocket.enqueue_frame(self._introductions.of(self._roster.seats(), seat.view.form))
        for board in self._scoreboards.packets():
            enqueue([seat], board)

    def forget(self, seat: Seat) -> None:
        """Forgets a player that has left."""
        self._introductions.forget(seat)

    def client_settings(self) -> dict[str, Any]:
        """Returns the settings that a client is told, as plain data."""
        with self._game.lock:
            settings = self._game.client_settings()
        return {"protocol": PROTOCOL_VERSION, **settings, "tick_rate": self._clock.rate}

    # In each tick ---------------------------------------------------------------------------------------------

    def recover(self) -> None:
        """Resends the full state to every client, as after a join, if the last state may not have reached them."""
        if not self._has_lost_track:
            return
        with self._roster.lock:
            with self._game.lock:
                self.replicator = replicator_of(self._game)
            for seat in self._roster.everybody():
                seat.forget()
                self.welcome(seat)
            self._has_lost_track = False

    def publish_events(self, events: Iterable[Event]) -> None:
        """Queues the packets of some events of the game."""
        for name, *values in events:
            try:
                check_plain(values)
                self._roster.broadcast(self._event_packet(name, values))
            except (TypeError, ValueError, OverflowError, RecursionError) as error:
                fault = fault_in({name: values}) or str(error)
                log.error("room %s: this event of the game is not sent: %s", self._room_id, fault)

    def _event_packet(self, name: str, values: list[Any]) -> Packet:
        return Packet(name, tuple(values)) if name in self._game.event_packets else Packet("EVENT", (name, values))

    def publish_scoreboards(self) -> None:
        """Queues the scoreboards that have changed, a few times a second: ranking takes longer than moving."""
        if self._ticks_to_boards > 0:
            self._ticks_to_boards -= 1
            return
        with self._game.lock:
            results, team_scores = self._game.results(), self._game.team_scores()
        with self._roster.lock:
            for board in self._scoreboards.update(results, team_scores):
                self._roster.broadcast(board)
        self._ticks_to_boards = int(BOARDS_EVERY_S * self._clock.rate)

    def publish_state(self, game_state: GameState) -> None:
        """Sends each client what it has not received yet of a state, and all packets that wait for it."""
        in_time, late = self._roster.views()
        frames: dict[ClientView, bytes] = {}
        try:
            with self._game.lock:
                frames = self.replicator.build(game_state, in_time, late)
        except StateError as error:
            log.error("room %s: this state of the game is not sent: %s", self._room_id, error)
        except Exception:
            self._has_lost_track = True  # some views record packets that were never sent
            raise
        finally:
            self._roster.send_frames(frames)
