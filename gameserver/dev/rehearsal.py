"""Tries new code on a copy of the running matches, before anybody plays it.

In:  the rooms of a server; later, in another process, a server that does not listen. Out: a file between the two.
Raises what the new code raises when it loads a match or makes a tick, and Problem for a match that cannot be saved, or
that the new code cannot load.
"""

from __future__ import annotations

import contextlib
import logging
from typing import Any, Iterator

from gameserver.checkpoint import saved_room, state_file
from gameserver.dev.problems import Problem
from gameserver.match.phases import IN_PROGRESS
from gameserver.room import GameRoom
from gameserver.server import GameServer
from gameserver.world.plain_objects import CannotSave

_ADVICE = "start the server again to play the new code in a new match"


def copy_rooms(server: GameServer, path: str) -> None:
    """Writes a copy of the rooms to a file; raises OSError too."""
    parts = []
    for room in server.lobby.all_rooms():
        try:
            parts.append(saved_room.save(room))
        except CannotSave as error:
            raise Problem(f"room {room.id} cannot go on with the new code: {error}; or {_ADVICE}") from error
    state_file.write(path, parts)


def rehearse(server: GameServer, path: str) -> None:
    """Loads the copies of the rooms, and lets each tick once. Without rooms, opens one and starts a round in it."""
    with _quiet():
        rooms = [_load(server, part) for part in state_file.read(path) or []]
        for room in rooms or [_new_room(server)]:
            room.clock.wait_while(lambda: False, 0.0)  # the players of the copy never come back
            room.clock.pause(False)
            room.tick()


def _load(server: GameServer, saved: Any) -> GameRoom:
    try:
        return server.lobby.load_room(saved)
    except ValueError as error:
        raise Problem(f"room {saved['id']} cannot go on with the new code: {error}; {_ADVICE}") from error


def _new_room(server: GameServer) -> GameRoom:
    room = server.create_room()
    with room.game.lock:
        room.game.add_player(1, "rehearsal", 0 if room.game.settings.teams else None)
    if room.status != IN_PROGRESS:
        room.start_game()
    return room


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keeps the copy's events out of the log."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
