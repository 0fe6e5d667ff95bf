"""Finds the files that have changed, by looking at them again and again.

In:  the paths to look at. Out: the paths whose files have changed and are at rest.

An editor may write a file in several steps. So a change counts when the file is the same at two looks.
"""

from __future__ import annotations

import os
from typing import Iterable, Optional, Tuple

# The time of the last change in nanoseconds, the size and the number of a file; None: there is no file.
Stamp = Optional[Tuple[int, int, int]]


class FileChanges:
    """Remembers how files looked.

    since_ns: time.time_ns() when the program began to read the files. A file that is looked at for the first time has
    changed if it was written after that. None: each file has changed at its first look.
    """

    def __init__(self, since_ns: int | None = None) -> None:
        self._since_ns = since_ns
        self._known: dict[str, Stamp] = {}
        self._moving: set[str] = set()  # the files that were different at the last look

    def look(self, paths: Iterable[str], now_ns: int | None = None) -> list[str]:
        """Looks at the files once. A file that has gone has changed too; now_ns: time.time_ns()."""
        at_rest = []
        for path in paths:
            stamp = stamp_of(path)
            if path not in self._known:
                is_new = self._is_new(stamp, now_ns)
            else:
                is_new = stamp != self._known[path]
            self._known[path] = stamp
            if is_new:
                self._moving.add(path)
            elif path in self._moving:
                self._moving.discard(path)
                at_rest.append(path)
        return at_rest

    def _is_new(self, stamp: Stamp, now_ns: int | None) -> bool:
        if self._since_ns is None:
            return True
        # The clock of a file server may be ahead of this machine's: a time in the future says nothing.
        return stamp is not None and self._since_ns < stamp[0] and (now_ns is None or stamp[0] <= now_ns)


def stamp_of(path: str) -> Stamp:
    """Returns the present stamp of a file."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
