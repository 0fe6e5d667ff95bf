"""Checkpoint and restore: writes the rooms of a server to a file, every few seconds and at its end, and restores them.

In:  the rooms, each serialised under its own locks, one after another. Out: a file; at the start, the rooms from it.
     Only this module's thread writes the file while the server runs, so no room ever waits for the disk.
A file that cannot be restored is set aside, with one warning. A file that cannot be written causes one warning too: the
game goes on without it, and every checkpoint tries again.
"""

from __future__ import annotations

import logging
import threading
from typing import Any, Callable

from gameserver.checkpoint import saved_room, state_file
from gameserver.checkpoint.saved_game import Plain
from gameserver.checkpoint.state_file import StateError
from gameserver.lobby import Lobby
from gameserver.room import GameRoom
from gameserver.world.plain_objects import CannotSave

log = logging.getLogger(__name__)

# A kill or a power cut loses at most this time plus the time of one write. It is half of the promised ten seconds.
CHECKPOINT_EVERY_S = 5.0

# The part of the file that is not a room: the operator's measures against people.
_MEASURES = "measures"


class Checkpointer:
    """Writes a lobby's rooms to the file `path`, and restores them from it.

    settle_results: waits until every recorded result is on the disk. every_s: time between two checkpoints.
    A checkpoint in which a round has ended is written after the round's results. So after a power cut, either the
    results are stored or the round is still in the checkpoint.
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
        self._unsaved: set[str] = set()  # the warnings about rooms that cannot be saved
        self._is_empty = False  # the file holds no rooms
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="checkpointer", daemon=True)

    def restore(self) -> int:
        """Opens the rooms from the file and returns their number. Call it before the server serves.

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
        """Ends the thread and writes a last checkpoint; returns whether everything is on the disk.

        A second call does nothing, because the server has closed its rooms by then.
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
        """Writes a checkpoint and returns whether that worked. Logs only the first of several failures in a row."""
        try:
            is_complete = self._write()
        except Exception as error:
            if not self._has_warned:
                is_disk = isinstance(error, OSError)
                log.warning("the rooms cannot be kept in %s: %s", self._path, error, exc_info=not is_disk)
            self._has_warned = True
            return False
        self._has_warned = False
        return is_complete

    def _write(self) -> bool:
        """Writes the file, and returns whether all rooms are in it."""
        rooms = [room for room in self._lobby.all_rooms() if not room.has_failed]
        parts = [part for part in map(self._save_room, rooms) if part is not None]
        is_complete = len(parts) == len(rooms)
        measures = self._lobby.measures.save()
        if measures:
            parts.append({_MEASURES: measures})
        if parts or not self._is_empty:  # an idle server does not write, so the disk can sleep
            self._settle_results()
            state_file.write(self._path, parts)
            self._is_empty = not parts
        return is_complete

    def _save_room(self, room: GameRoom) -> Plain | None:
        """Serialises a room; None if its game cannot be saved. Logs each reason once."""
        try:
            return saved_room.save(room)
        except CannotSave as error:
            warning = f"room {room.id} cannot be kept: {error}"
        if warning not in self._unsaved:
            self._unsaved.add(warning)
            log.warning("%s", warning)
        return None

    def _read(self) -> list[GameRoom]:
        """Returns all rooms of the file; raises StateError if anything in the file is wrong."""
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
