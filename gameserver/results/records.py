"""The records of a room: the result of a finished match, and an event."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional, Sequence, Tuple, Union

# Player's id, name, team, score, kills, deaths, place (from 1; a tie shares it).
PlacedResult = Tuple[int, str, Optional[int], int, int, int, int]


class MatchResult(NamedTuple):
    """A finished match. started_at: Unix time.

    uid: the match's own id. A match that was restored from a checkpoint may finish twice; the first one counts. "": the
    recorder makes a new id.
    """

    room_id: str
    mode: str
    seed: int
    started_at: float
    duration_s: float
    results: Sequence[PlacedResult]
    uid: str = ""


class Event(NamedTuple):
    """Something that happened in a room. at: Unix time. tick: the game's tick. details: plain data."""

    room_id: str
    at: float
    tick: int
    type: str
    details: dict[str, Any]


Record = Union[MatchResult, Event]
