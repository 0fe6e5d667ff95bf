"""Whether the files that a server is told to keep can be kept beside each other.

In:  the names of the database and of the file for running matches. Out: nothing, if they can.
Raises ValueError for a name that stands for no file, and for two names of one file.
"""

from __future__ import annotations

import os
import sys
from typing import Sequence

from gameserver.leaderboard import MEMORY

# What SQLite keeps beside a database, and what a state is written into before it takes the place of the old one.
_BESIDE_DATABASE = ("", "-wal", "-shm", "-journal")
_BESIDE_STATE = ("", ".new")


def check_files(database: str, state: str | None) -> None:
    """Checks both names before either file is opened. state: None if matches are not kept over a restart."""
    if database != MEMORY:
        _check_name("--database", database)
    if state is None:
        return
    if state == MEMORY:
        raise ValueError(f"--restore {MEMORY} would keep nothing over a restart: give the name of a file")
    _check_name("--restore", state)
    if database != MEMORY and _is_shared(database, state):
        raise ValueError(f"--restore {state} and --database {database} are one file: give two names")


def _check_name(flag: str, path: str) -> None:
    if not path.strip():
        raise ValueError(f"{flag} must be the name of a file, and it is blank")
    if os.path.isdir(path):
        raise ValueError(f"{flag} must be the name of a file, and {path} is a folder")
    if os.path.exists(path) and not os.path.isfile(path):
        raise ValueError(f"{flag} must be the name of a file, and {path} is a device or a pipe")


def _is_shared(database: str, state: str) -> bool:
    if _places(database, _BESIDE_DATABASE) & _places(state, _BESIDE_STATE):
        return True
    return os.path.exists(database) and os.path.exists(state) and os.path.samefile(database, state)


def _places(path: str, endings: Sequence[str]) -> set[str]:
    """The files that are kept under a name, in the one spelling that the file system knows them by."""
    place = os.path.normcase(os.path.realpath(path))
    if sys.platform == "darwin":  # its file systems take upper and lower case for the same
        place = place.casefold()
    return {place + ending for ending in endings}
