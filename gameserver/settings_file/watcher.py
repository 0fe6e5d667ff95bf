"""Watches the settings file of a running server, and applies each valid change.

In:  a function that reads the settings anew. Out: new settings for rooms that open later; for open rooms, the settings
     that may change during a match, each told to the clients by a SETTINGS packet; and one line in the log.
A file that cannot be used is logged once, and changes nothing.
"""

from __future__ import annotations

import logging
import threading
from typing import Any, Callable, Iterable

from gameserver.file_changes import FileChanges
from gameserver.room import GameRoom
from gameserver.server import GameServer
from gameserver.settings_file.reader import SettingsFileError
from gameserver.settings_file.texts import to_text
from gameserver.world.base_settings import BaseSettings
from gameserver.world.differences import Difference, adoptable, differences, values_of
from gameserver.world.ranges import described
from Net.text.characters import printable

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0


class SettingsWatcher:
    """Applies the changes of a file to a server.

    read: returns the settings that the file and the flags give now, or raises SettingsFileError.
    """

    def __init__(
        self, server: GameServer, path: str, read: Callable[[], BaseSettings], every_s: float = LOOK_EVERY_S
    ) -> None:
        self._server = server
        self._path = path
        self._read = read
        self._every_s = every_s
        self._changes = FileChanges()
        # The last change, as the settings before and after it, until the next look.
        self._latest: tuple[BaseSettings, BaseSettings] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="settings watcher", daemon=True)

    def start(self) -> None:
        """Starts the thread that looks at the file."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._every_s):
            try:
                self.look()
            except Exception:
                log.exception("%s: a change cannot be applied", printable(self._path))

    def look(self) -> None:
        """Looks at the file once, and takes it if it has changed and is at rest."""
        self._change_late_rooms()
        if self._changes.look([self._path]):
            self._take()

    def _take(self) -> None:
        try:
            wanted = self._read()
        except SettingsFileError as error:
            log.warning("%s; all settings stay as they are", error)
            return
        before = self._server.game_settings
        changes = differences(wanted, values_of(wanted), values_of(before))
        if not changes:
            return
        self._server.use_settings(wanted)
        self._latest = (before, wanted)
        at_once = self._values_for(before, before, wanted)
        now = differences(wanted, {**values_of(before), **at_once}, values_of(before))
        later = [change for change in changes if change not in now]
        for room in self._server.lobby.all_rooms():
            self._change(room, before, wanted)
        self._tell("now", now)
        self._tell("in rooms that open from now on", later)

    def _change_late_rooms(self) -> None:
        """Changes the rooms that were being made with the old settings while the last change was applied."""
        if self._latest is not None:
            before, wanted = self._latest
            self._latest = None
            for room in self._server.lobby.all_rooms():
                if room.game.settings is before:
                    self._change(room, before, wanted)

    def _change(self, room: GameRoom, before: BaseSettings, wanted: BaseSettings) -> None:
        """Changes an open room, which may have other settings than `before`: its own commands, or a saved match."""
        for name, value in self._values_for(room.game.settings, before, wanted).items():
            try:
                room.change_setting(name, value)
            except ValueError as error:
                log.warning("%s: room %s keeps its value: %s", printable(self._path), room.id, error)

    def _values_for(self, present: Any, before: BaseSettings, wanted: BaseSettings) -> dict[str, Any]:
        """Returns what a match with the settings `present` adopts of a change, by name."""
        return {
            name: adoptable(known, getattr(present, name), getattr(wanted, name))
            for name, known in described(wanted).items()
            if known.is_changeable and getattr(before, name) != getattr(wanted, name)
        }

    def _tell(self, when: str, changes: Iterable[Difference]) -> None:
        told = "; ".join(f"{name}: {to_text(value)} (was {to_text(was)})" for name, value, was in changes)
        if told:
            log.info("%s: changed %s: %s", printable(self._path), when, told)
