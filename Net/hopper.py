"""A queue between those who must not wait and one who takes his time.

In:  items, from any thread; what does not fit is dropped, and counted. Out: all that has come, in order, when asked.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Hopper(Generic[Item]):
    """Holds items up to a total size (in whatever unit the sizes are). Nobody is woken: who takes comes round."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._items: deque[Item] = deque()
        self._size = 0
        self._dropped = 0

    def put(self, item: Item, size: int) -> bool:
        """Adds an item and returns True, or drops it and returns False."""
        with self._lock:
            if self._size + size > self._most:
                self._dropped += 1
                return False
            self._items.append(item)
            self._size += size
            return True

    def miss(self) -> None:
        """Counts an item as dropped that was not even made."""
        with self._lock:
            self._dropped += 1

    def take(self) -> tuple[deque[Item], int]:
        """Empties it; returns the items, and how many were dropped since the last time."""
        with self._lock:
            items, dropped = self._items, self._dropped
            self._items, self._size, self._dropped = deque(), 0, 0
            return items, dropped
