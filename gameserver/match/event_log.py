"""The events of a room, for the recorder and the log: players come and go, rounds start and end."""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import Any

from gameserver.base_game import BaseGame
from gameserver.results.recorder import Recorder

log = logging.getLogger(__name__)

EVENTS_KEPT = 1000


class EventLog:
    """The latest events of one room, the oldest first: (game tick, type, details)."""

    def __init__(self, room_id: str, game: BaseGame, recorder: Recorder) -> None:
        self.events: deque[tuple[int, str, dict[str, Any]]] = deque(maxlen=EVENTS_KEPT)
        self._room_id = room_id
        self._game = game
        self._recorder = recorder

    def add(self, event_type: str, details: dict[str, Any]) -> None:
        """Keeps, records and logs an event; details: plain data."""
        self.events.append((self._game.tick, event_type, details))
        self._recorder.record_event(self._room_id, time.time(), self._game.tick, event_type, details)
        # The log groups repeated lines by their format string. The type is part of it, so each type has its own group.
        log.info(f"room %s: {event_type} %r", self._room_id, details)
