"""The rounds of a match: their start, their end, their recording, and the packets that announce them.

In:  the game, the roster of the room, and the time that passes.
Out: ROOM and GAME_OVER to everybody in the room, events and results to the recorder.
"""

from __future__ import annotations

import time
import uuid
from typing import NamedTuple

from gameserver.base_game import BaseGame, Result
from gameserver.match.event_log import EventLog
from gameserver.match.phases import ENDED, IN_PROGRESS, WAITING, Phases, Situation
from gameserver.match.roster import Roster
from gameserver.results.recorder import Recorder
from gameserver.results.records import MatchResult
from gameserver.world.settings import ServerSettings
from Net.PacketCodes import Packet


class Round(NamedTuple):
    """The identity of a round: the recorder stores the results of each uid only once. began_at: Unix time."""

    uid: str
    began_at: float


class Rounds:
    """One round after the other, for the same roster.

    capacity: the number of players' seats. recorder: receives the results. event_log: receives the starts and ends.
    The roster's lock guards the phase.
    """

    def __init__(
        self,
        room_id: str,
        game: BaseGame,
        roster: Roster,
        capacity: int,
        server_settings: ServerSettings,
        recorder: Recorder,
        event_log: EventLog,
    ) -> None:
        self._room_id = room_id
        self._game = game
        self._roster = roster
        self._capacity = capacity
        self._recorder = recorder
        self._event_log = event_log
        least = min(game.least_players, capacity)
        self._phases = Phases(least, max(least, min(server_settings.start_at, capacity)), server_settings.results_s)
        self._round = _new_round()

    @property
    def status(self) -> str:
        """The phase of the match: waiting, in_progress or ended."""
        return self._phases.status

    @property
    def round(self) -> Round:
        """The identity of the round that waits, runs or has ended."""
        return self._round

    @property
    def results_left_s(self) -> float:
        """The seconds for which the results are still shown."""
        return self._phases.results_left_s

    def restore(self, saved: Round, status: str, results_left_s: float) -> None:
        """Continues a round from a checkpoint. Nobody is told."""
        self._round = saved
        self._phases.restore(status, results_left_s)

    def start_no_more(self) -> None:
        """Starts no new round, because the server is about to stop. A round in progress goes on."""
        self._phases.start_no_more()

    def due(self, delta_time: float) -> str | None:
        """Advances the phase by `delta_time` seconds; returns the phase to enter now, or None to stay."""
        seats = self._roster.seats()
        with self._game.lock:
            is_over = self._game.is_game_over()
        situation = Situation(len(seats), all(seat.is_ready for seat in seats), is_over)
        return self._phases.advance(delta_time, situation)

    def start(self) -> None:
        """Begins a round with the players who are here."""
        with self._roster.lock:
            with self._game.lock:
                if self._game.tick > 0:  # a round that waits begins at tick 0 already, with its players in place
                    self._game.reset()
            self._round = _new_round()
            self._enter(IN_PROGRESS)
        self._event_log.add("start", {"players": len(self._roster.seats())})

    def end(self) -> None:
        """Ends the round, sends the results to everybody, and records them. Does nothing if it has ended already."""
        with self._roster.lock:
            if self.status == ENDED:
                return
            with self._game.lock:
                results, places = self._game.results(), self._game.placings()
            self._enter(ENDED)
            self._roster.broadcast(Packet("GAME_OVER", (results, round(1000 * self.results_left_s), places)))
            self._record(results, places)  # within the lock: a thread that sees `ended` can rely on the results
        self._event_log.add("end", {"results": results})

    def _record(self, results: list[Result], places: list[int]) -> None:
        game = self._game
        placed = [(*result, place) for result, place in zip(results, places)]
        if placed and game.tick > 0:
            uid, began_at = self._round
            self._recorder.record_match(
                MatchResult(self._room_id, game.title, game.settings.seed, began_at, game.elapsed_s, placed, uid)
            )

    def reset(self) -> None:
        """Prepares the next round, with the same players."""
        with self._roster.lock:
            with self._game.lock:
                self._game.reset()
            for seat in self._roster.everybody():
                seat.set_ready(False)
            self._enter(WAITING)

    def _enter(self, status: str) -> None:
        self._phases.enter(status)
        self._roster.broadcast(self.room_packet())

    def room_packet(self) -> Packet:
        """Returns the packet with the phase and the seats of the room."""
        return Packet("ROOM", (self.status, len(self._roster.seats()), self._capacity, self.ms_left()))

    def ms_left(self) -> int | None:
        """Returns the milliseconds left of the round, or of the time for its results; None without a time limit."""
        if self.status == ENDED:
            return round(1000 * self.results_left_s)
        with self._game.lock:
            left_s = self._game.time_left_s()
        return None if left_s is None else round(1000 * left_s)


def _new_round() -> Round:
    return Round(uuid.uuid4().hex, time.time())
