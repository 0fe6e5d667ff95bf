"""A bounded queue between threads that must not wait and one slow reader.

In:  items, from any thread. An item that does not fit is dropped and counted. Out: all queued items, in order.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, TypeVar

Item = TypeVar("Item")


class LogQueue(Generic[Item]):
    """Holds items up to a total size. The caller chooses the unit of sizes. The queue wakes no reader: readers poll."""

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
        """Counts one more dropped item, for an item that the caller did not make at all."""
        with self._lock:
            self._dropped += 1

    def take(self) -> tuple[deque[Item], int]:
        """Empties the queue; returns its items, and the number of items dropped since the last call."""
        with self._lock:
            items, dropped = self._items, self._dropped
            self._items, self._size, self._dropped = deque(), 0, 0
            return items, dropped
