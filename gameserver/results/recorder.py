"""The interface through which a room records matches and events. `Store` keeps them; `NoRecorder` forgets them."""

from __future__ import annotations

import logging
from typing import Any, Protocol

from gameserver.results.records import MatchResult

log = logging.getLogger(__name__)


class Recorder(Protocol):
    """Records matches and events, and never makes the caller wait."""

    def record_match(self, result: MatchResult) -> None:
        """Records a finished match."""

    def record_event(self, room_id: str, at: float, tick: int, event_type: str, details: dict[str, Any]) -> None:
        """Records an event in a room. at: Unix time. details: plain data."""


class NoRecorder:
    """Remembers nothing."""

    def record_match(self, result: MatchResult) -> None:
        """Forgets a match."""

    def record_event(self, *_: Any) -> None:
        """Forgets an event."""


FORGETFUL = NoRecorder()


class Shielded:
    """Passes records on to a recorder. If the recorder fails, only the record is lost, and the caller goes on."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def record_match(self, result: MatchResult) -> None:
        """Does the same as `Recorder.record_match`."""
        try:
            self._recorder.record_match(result)
        except Exception:
            _log_loss(result.room_id)

    def record_event(self, room_id: str, at: float, tick: int, event_type: str, details: dict[str, Any]) -> None:
        """Does the same as `Recorder.record_event`."""
        try:
            self._recorder.record_event(room_id, at, tick, event_type, details)
        except Exception:
            _log_loss(room_id)


def _log_loss(room_id: str) -> None:
    log.exception("room %s: a note could not be taken", room_id)
