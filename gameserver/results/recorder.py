"""The interface through which a room records matches and events. `Store` keeps them; `NoRecorder` forgets them."""

from __future__ import annotations

import logging
from typing import Any, Callable, Protocol

log = logging.getLogger(__name__)


class Recorder(Protocol):
    """Records matches and events, and never makes the caller wait."""

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
        """Records a finished round. started_at: Unix time. results: id, name, team, score, kills, deaths, place.

        uid: unique to the round. A round that was restored from a checkpoint may finish twice; the first one counts.
        """

    def record_event(self, room_id: str, at: float, tick: int, event_type: str, details: dict[str, Any]) -> None:
        """Records an event in a room. at: Unix time. details: plain data."""


class NoRecorder:
    """Remembers nothing."""

    def record_match(self, *_: Any) -> None:
        """Forgets a round."""

    def record_event(self, *_: Any) -> None:
        """Forgets an event."""


FORGETFUL = NoRecorder()


class Shielded:
    """Passes records on to a recorder. If the recorder fails, only the record is lost, and the caller goes on."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def record_match(self, *match: Any) -> None:
        """Does the same as `Recorder.record_match`."""
        self._try(self._recorder.record_match, match)

    def record_event(self, *event: Any) -> None:
        """Does the same as `Recorder.record_event`."""
        self._try(self._recorder.record_event, event)

    def _try(self, take_note: Callable[..., None], note: tuple[Any, ...]) -> None:
        try:
            take_note(*note)
        except Exception:
            log.exception("room %s: a note could not be taken", note[0])
