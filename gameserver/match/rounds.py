"""The rounds of a match: their start, their end, their recording, and the packets that announce them.

In:  the game, the roster of the room, and the time that passes.
Out: ROOM and GAME_OVER to everybody in the room, events and results to the recorder.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections import deque
from typing import Any, NamedTuple

from gameserver.game import Game, Result
from gameserver.match.phases import ENDED, IN_PROGRESS, WAITING, Life, Situation
from gameserver.match.roster import Audience
from gameserver.results.recorder import Recorder, Shielded
from gameserver.world.settings import ServerSettings
from Net.PacketCodes import Packet

log = logging.getLogger(__name__)

EVENTS_KEPT = 1000


class Round(NamedTuple):
    """The identity of a round: the recorder stores the results of each uid only once. began_at: Unix time."""

    uid: str
    began_at: float


class Match(Audience):
    """One round after the other, for the same roster.

    capacity: the number of players' seats. recorder: receives all events and results.
    """

    def __init__(
        self, room_id: str, game: Game, capacity: int, server_settings: ServerSettings, recorder: Recorder
    ) -> None:
        super().__init__()
        self.id = room_id
        self.game = game
        self.capacity = capacity
        self.events: deque[tuple[int, str, dict[str, Any]]] = deque(maxlen=EVENTS_KEPT)  # (game tick, type, details)
        self._recorder = Shielded(recorder)
        least = min(game.mode.start_at, capacity)  # a mode may need several players
        self.life = Life(least, max(least, min(server_settings.start_at, capacity)), server_settings.results_s)
        self.round = _new_round()

    @property
    def status(self) -> str:
        """The phase of the match: waiting, in_progress or ended."""
        return self.life.status

    def start_game(self) -> None:
        """Starts the waiting round."""
        with self._lock:
            self.round = _new_round()
            self._enter(IN_PROGRESS)
        self.log_event("start", {"players": len(self.seats())})

    def end_game(self) -> None:
        """Ends the round, sends the results to everybody, and records them. Does nothing if it has ended already."""
        with self._lock:
            if self.status == ENDED:
                return
            results, places = self.game.results(), self.game.placings()
            self._enter(ENDED)
            self.broadcast(Packet("GAME_OVER", (results, round(1000 * self.life.results_left_s), places)))
            self._record(results, places)  # within the lock: a thread that sees `ended` can rely on the results
        self.log_event("end", {"results": results})

    def _record(self, results: list[Result], places: list[int]) -> None:
        game, settings = self.game, self.game.settings
        placed = [(*result, place) for result, place in zip(results, places)]
        if placed and game.tick > 0:
            self._recorder.record_match(
                self.id, settings.mode, settings.seed, self.round.began_at, game.elapsed_s, placed, self.round.uid
            )

    def reset_room(self) -> None:
        """Prepares the next round, with the same players."""
        with self._lock:
            self.game.reset()
            for seat in self._seats.values():
                seat.is_ready = False
            self._enter(WAITING)

    def log_event(self, event_type: str, details: dict[str, Any]) -> None:
        """Keeps, records and logs an event of this room; details: plain data."""
        self.events.append((self.game.tick, event_type, details))
        self._recorder.record_event(self.id, time.time(), self.game.tick, event_type, details)
        # The log groups repeated lines by their format string. The type is part of it, so each type has its own group.
        log.info(f"room %s: {event_type} %r", self.id, details)

    def _enter(self, status: str) -> None:
        self.life.enter(status)
        self.broadcast(self._room_packet())

    def _live(self, delta_time: float) -> None:
        """Advances the match by `delta_time` seconds, and enters the next phase when it is due."""
        seats = self.seats()
        situation = Situation(len(seats), all(seat.is_ready for seat in seats), self.game.is_game_over())
        status = self.life.advance(delta_time, situation)
        if status is not None:
            {IN_PROGRESS: self.start_game, ENDED: self.end_game, WAITING: self.reset_room}[status]()

    def _room_packet(self) -> Packet:
        return Packet("ROOM", (self.status, len(self.seats()), self.capacity, self.ms_left()))

    def ms_left(self) -> int | None:
        """Returns the milliseconds left of the round, or of the time for its results; None without a time limit."""
        if self.status == ENDED:
            return round(1000 * self.life.results_left_s)
        limit_s = self.game.settings.time_limit_s
        return None if limit_s is None else max(0, round(1000 * (limit_s - self.game.elapsed_s)))


def _new_round() -> Round:
    return Round(uuid.uuid4().hex, time.time())
