"""Keeps the rooms of a server over its end: in a file, every few seconds and when it stops, and back from it.

In:  the rooms, each taken down under its own locks, one after another. Out: a file, written by this thread and by no
     other, so that no room ever waits for the disk; at the start, the rooms that it holds.
A file that cannot be taken up is set aside, with one warning. One that cannot be written costs a warning, too: the
game goes on without it, and every checkpoint tries again.
"""

from __future__ import annotations

import logging
import threading
from typing import Any, Callable

from gameserver import saved_room, state_file
from gameserver.lobby import Lobby
from gameserver.room import GameRoom
from gameserver.state_file import StateError

log = logging.getLogger(__name__)

# What a kill or a power cut costs at most is this and the writing; half of the ten seconds that are promised.
CHECKPOINT_EVERY_S = 5.0

# The part of the file that is no room: what the operator has decided about people.
_MEASURES = "measures"


class Keeper:
    """Keeps a lobby's rooms in the file `path`.

    settle_results: waits until every result that was recorded is on the disk. A state that says of a round that it
    has ended is written after the round's results, so whenever the power goes, the one or the other has them.
    """

    def __init__(
        self,
        lobby: Lobby,
        path: str,
        settle_results: Callable[[], object],
        every_s: float = CHECKPOINT_EVERY_S,
    ) -> None:
        self._lobby = lobby
        self._path = path
        self._settle_results = settle_results
        self._every_s = every_s
        self._has_warned = False
        self._is_empty = False  # the file holds no rooms
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def restore(self) -> int:
        """Opens the rooms that the file holds, and returns how many; call it before the server serves.

        Raises OSError when the file cannot be read, or cannot be written.
        """
        try:
            rooms = self._read()
        except StateError as error:
            name = state_file.set_aside(self._path)
            log.warning("%s was not taken up: %s; it is now %s, and the server starts anew", self._path, error, name)
            rooms = []
        for room in rooms:
            self._lobby.take_up(room)
        self._write()
        return len(self._lobby.all_rooms())

    def start(self) -> None:
        """Starts the thread that writes checkpoints."""
        self._thread.start()

    def stop(self) -> bool:
        """Ends the thread and writes the rooms a last time; returns whether all is on the disk.

        Called again it does nothing: by then the server has closed its rooms.
        """
        if self._stopping.is_set():
            return True
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        return self._keep()

    def _run(self) -> None:
        while not self._stopping.wait(self._every_s):
            self._keep()

    def _keep(self) -> bool:
        """Writes a checkpoint; a reason why not is said once, until it is over."""
        try:
            self._write()
        except Exception as error:
            if not self._has_warned:
                is_disk = isinstance(error, OSError)
                log.warning("the rooms cannot be kept in %s: %s", self._path, error, exc_info=not is_disk)
            self._has_warned = True
            return False
        self._has_warned = False
        return True

    def _write(self) -> None:
        parts = [saved_room.save(room) for room in self._lobby.all_rooms() if not room.has_failed]
        measures = self._lobby.measures.save()
        if measures:
            parts.append({_MEASURES: measures})
        if parts or not self._is_empty:  # an idle server lets the disk sleep
            self._settle_results()
            state_file.write(self._path, parts)
            self._is_empty = not parts

    def _read(self) -> list[GameRoom]:
        """All rooms of the file or, if there is anything wrong with one of them, StateError."""
        lobby = self._lobby
        try:
            parts = state_file.read(self._path) or []
            measures = [part[_MEASURES] for part in parts if _holds_measures(part)]
            rooms = [lobby.load_room(part) for part in parts if not _holds_measures(part)]
            saved_room.check_together(rooms)
            for saved in measures:
                lobby.measures.load(saved)
            return rooms
        except ValueError as error:
            raise StateError(str(error)) from error


def _holds_measures(part: Any) -> bool:
    return type(part) is dict and part.keys() == {_MEASURES}
