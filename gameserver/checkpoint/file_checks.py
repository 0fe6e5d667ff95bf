"""Checks that the database and the file for running matches have usable names, and that no file has two purposes.

In:  the names of the files. Out: nothing, if the server can use them.
Raises ValueError for a name that cannot be a file, and for two names of one file.
"""

from __future__ import annotations

import os
import sys
from typing import Sequence

from gameserver.results.database import MEMORY

# The endings of the files that SQLite keeps beside a database; then those of a checkpoint, which is written to the file
# ".new" before it replaces the old one.
_BESIDE_DATABASE = ("", "-wal", "-shm", "-journal")
_BESIDE_STATE = ("", ".new")


def check_files(database: str, state: str | None, settings: str | None = None) -> None:
    """Checks the names before any file is opened.

    state: None if matches are not kept over a restart. settings: None without a settings file; its reader checks it.
    """
    for flag, path in (("--database", database), ("--restore", state)):
        if settings is not None and path is not None and _is_same_file(settings, path):
            raise ValueError(f"--settings {settings} and {flag} {path} are one file: give two names")
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
    return _is_same_file(database, state)


def _is_same_file(path: str, other: str) -> bool:
    return os.path.exists(path) and os.path.exists(other) and os.path.samefile(path, other)


def _places(path: str, endings: Sequence[str]) -> set[str]:
    """Returns the paths of all files that are kept under a name, each in one standard spelling."""
    place = os.path.normcase(os.path.realpath(path))
    if sys.platform == "darwin":  # its file systems do not tell upper case from lower case
        place = place.casefold()
    return {place + ending for ending in endings}
