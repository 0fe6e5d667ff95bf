"""Where a room tells what should be remembered; the store is one that remembers, this one forgets."""

from __future__ import annotations

import logging
from typing import Any, Callable, Protocol

log = logging.getLogger(__name__)


class Recorder(Protocol):
    """Takes notes without ever making the caller wait."""

    def record_match(
        self,
        room_id: str,
        mode: str,
        seed: int,
        started_at: float,
        duration_s: float,
        results: list[tuple[int, str, int | None, int, int, int, int]],
        uid: str,
    ) -> None:
        """A finished round; started_at: Unix time. results: id, name, team, score, kills, deaths, place.

        uid: the round's alone. One that was taken up again from a saved state may finish twice; the first counts.
        """

    def record_event(self, room_id: str, at: float, tick: int, event_type: str, details: dict[str, Any]) -> None:
        """Something that happened in a room; at: Unix time. details: plain data."""


class NoRecorder:
    """Remembers nothing."""

    def record_match(self, *_: Any) -> None:
        """Forgets a round."""

    def record_event(self, *_: Any) -> None:
        """Forgets an event."""


FORGETFUL = NoRecorder()


class Shielded:
    """Passes notes on to a recorder; a fault of the recorder's costs the note, and not what the note is about."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def record_match(self, *match: Any) -> None:
        """As that of `Recorder`."""
        self._try(self._recorder.record_match, match)

    def record_event(self, *event: Any) -> None:
        """As that of `Recorder`."""
        self._try(self._recorder.record_event, event)

    def _try(self, take_note: Callable[..., None], note: tuple[Any, ...]) -> None:
        try:
            take_note(*note)
        except Exception:
            log.exception("room %s: a note could not be taken", note[0])
