"""The lasting results: matches, the totals of their players, and events, in one SQLite file.

In:  `record_match` and `record_event` from any thread: they put a record into the backlog and never wait for the disk.
Out: a file that is consistent at every moment; one writer thread commits the backlog, batch by batch.
Raises StoreError for a file that is not a database of this game. A file that cannot be written is no error: the store
logs one warning and is "off" while the game goes on. A store that is off keeps the records that fit into its backlog,
counts the records that it drops, and tries again.

Locks: `_changed` guards the backlog and is never held during I/O. `_db_lock` guards the writer's connection; a thread
that records never takes it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
import uuid
from collections import deque
from typing import Any, Callable, TypeVar

from gameserver.results import database
from gameserver.results.database import (
    DEFAULT_PATH,
    MEMORY,
    StoreError,
    add,
    open_to_read,
    open_to_write,
)
from gameserver.results.records import Event, MatchResult, Record

__all__ = ["DEFAULT_PATH", "Store", "StoreError"]

log = logging.getLogger(__name__)

# How long a commit waits for more records. So a finished match is on the disk within 0.5 s, and a burst of records
# costs one commit.
BATCH_S = 0.25
# The time between two tries of a store that is off.
RETRY_S = 1.0
# The most records in one commit. It bounds the cost of a try while the disk refuses.
BATCH_RECORDS = 1000
# The most rows in the backlog: some megabytes. A match counts as its results plus one, an event as one.
BACKLOG_ROWS = 20_000
# The number of latest events in the file; older events are deleted.
EVENTS_KEPT = 100_000

T = TypeVar("T")


class Store:
    """The results of all matches. The caller must `close` it. path: a file, created if missing, or ":memory:".

    events_kept: how many of the latest events the file keeps. backlog_rows: how many rows may wait to be written.
    """

    def __init__(
        self, path: str = DEFAULT_PATH, events_kept: int = EVENTS_KEPT, backlog_rows: int = BACKLOG_ROWS
    ) -> None:
        self.path = path if path == MEMORY else os.path.abspath(path)
        self.is_off = False
        self._is_unreadable = False  # True: the log has already said so
        self.dropped = 0  # records lost, because the backlog was full or the database could not take them
        self._events_kept = events_kept
        self._backlog_rows = backlog_rows
        self._changed = threading.Condition(threading.Lock())
        self._matches: deque[MatchResult] = deque()
        self._events: deque[Event] = deque()
        self._rows = 0
        self._is_urgent = self._is_closing = self._is_over = False
        # The writer always takes the whole backlog as one batch, and numbers its batches. These are the numbers of the
        # last batch that it took, that it wrote, and that failed.
        self._taken = self._written = self._failed = 0
        self._dropped_told = 0
        self._db_lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        try:
            self._db = open_to_write(self.path)
        except (sqlite3.OperationalError, OSError) as error:
            self._turn_off(error)
        self._thread = threading.Thread(target=self._run, name="store", daemon=True)
        self._thread.start()

    @property
    def is_closed(self) -> bool:
        """Whether the writer's thread has ended, so that nothing is written any more."""
        return not self._thread.is_alive()

    # From any thread ------------------------------------------------------------------------------------------

    def record_match(self, result: MatchResult) -> None:
        """Stores a finished match and adds it to its players' totals. A match that is stored already counts once."""
        self._put(result._replace(uid=result.uid or uuid.uuid4().hex, results=tuple(result.results)))

    def record_event(self, room_id: str, at: float, tick: int, event_type: str, details: dict[str, Any]) -> None:
        """Stores an event. at: unix seconds; details: plain data that does not change any more."""
        self._put(Event(room_id, at, tick, event_type, details))

    def leaderboard(self, limit: int = 10) -> list[dict[str, Any]]:
        """Returns the totals of the best players, best first; see `best_players`. Raises StoreError."""
        return self._read(database.best_players, limit)

    def matches(self, limit: int = 10) -> list[dict[str, Any]]:
        """Returns the latest matches with their results, newest first; see `latest_matches`. Raises StoreError."""
        return self._read(database.latest_matches, limit)

    def flush(self, timeout_s: float = 2.0) -> bool:
        """Waits until all earlier records are on the disk; returns whether they are.

        Returns False if they are not there in time, if the disk refuses, or if a record is dropped meanwhile.
        """
        with self._changed:
            taken, dropped = self._taken, self.dropped
            last = taken + 1 if self._rows else taken
            self._is_urgent = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._written >= last or self._failed > taken or self._is_over, timeout_s)
            return self._written >= last and self.dropped == dropped

    def close(self, timeout_s: float = 2.0) -> bool:
        """Writes the backlog, closes the file and ends the thread; returns whether all is on the disk.

        Later records are dropped. A caller may call it again.
        """
        with self._changed:
            self._is_closing = self._is_urgent = True
            self._changed.notify_all()
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            log.warning("store: the disk has not answered in %g s; what it did not take is lost", timeout_s)
        return self.is_closed and self._written == self._taken

    def _put(self, record: Record) -> None:
        with self._changed:
            if self._is_closing:
                self.dropped += 1
                return
            if not self._rows:
                self._changed.notify_all()
            self._queue(record).append(record)
            self._rows += _rows(record)
            self._keep_bound()

    def _queue(self, record: Record) -> deque[Any]:
        return self._matches if isinstance(record, MatchResult) else self._events

    def _keep_bound(self) -> None:
        """Drops the oldest events, then the oldest matches, until the backlog is within its bound."""
        while self._rows > self._backlog_rows:
            self._rows -= _rows((self._events or self._matches).popleft())
            self.dropped += 1

    def _read(self, query: Callable[[sqlite3.Connection, int], T], limit: int) -> T:
        """Asks the database; a fault is logged once, even if many readers meet it."""
        try:
            found = self._ask(query, limit)
        except StoreError as error:
            if not self._is_unreadable:
                log.warning("store: %s", error)
            self._is_unreadable = True
            raise
        self._is_unreadable = False
        return found

    def _ask(self, query: Callable[[sqlite3.Connection, int], T], limit: int) -> T:
        try:
            if self.path != MEMORY:
                with contextlib.closing(open_to_read(self.path)) as db:
                    return query(db, limit)
            with self._db_lock:
                if self._db is None:
                    raise StoreError("this store is closed, and its memory gone")
                return query(self._db, limit)
        except sqlite3.Error as error:
            raise StoreError(f"{self.path} cannot be read: {error}") from error

    # The writer's thread --------------------------------------------------------------------------------------

    def _run(self) -> None:
        is_last = False
        while not is_last:
            batch, is_last = self._take()
            try:
                self._write(batch)
            except Exception as error:
                self._turn_off(error)
                self._put_back(batch)
            else:
                self._turn_on()
        self._disconnect()
        with self._changed:
            lost = len(self._matches) + len(self._events)
            self.dropped += lost
            self._is_over = True
            self._changed.notify_all()
        if lost:
            log.warning("store: closed with %d records that could not be written", lost)

    def _take(self) -> tuple[list[Record], bool]:
        """Waits for the time to write; returns the whole backlog, and whether it is the last one."""
        with self._changed:
            if not self.is_off:
                self._changed.wait_for(lambda: self._rows or self._is_closing)
            self._changed.wait_for(lambda: self._is_urgent, RETRY_S if self.is_off else BATCH_S)
            matches, self._matches = self._matches, deque()
            events, self._events = self._events, deque()
            self._rows = 0
            self._is_urgent = False
            self._taken += 1
            is_last = self._is_closing
        return [*matches, *events], is_last

    def _put_back(self, batch: list[Record]) -> None:
        matches = deque(record for record in batch if isinstance(record, MatchResult))
        events = deque(record for record in batch if isinstance(record, Event))
        rows = sum(map(_rows, batch))
        with self._changed:
            matches.extend(self._matches)
            events.extend(self._events)
            self._matches, self._events = matches, events
            self._rows += rows
            self._keep_bound()
            self._failed = self._taken
            self._changed.notify_all()

    def _write(self, batch: list[Record]) -> None:
        """Commits a batch and removes the written records from it; raises the error of the disk, if there is one."""
        if self.path != MEMORY and not os.path.exists(self.path):
            self._disconnect()  # the file was deleted: start a new one
        with self._db_lock:
            while True:  # also for an empty batch: it shows whether the disk works again
                self._commit_all(batch[:BATCH_RECORDS])
                del batch[:BATCH_RECORDS]
                if not batch:
                    break

    def _commit_all(self, batch: list[Record]) -> None:
        """Commits a batch, except records that the database cannot take; raises an error of the file or the disk."""
        try:
            self._commit(batch)
        except Exception as error:
            if _is_about_the_file(error) or not batch:
                raise
            if len(batch) == 1:
                log.exception("store: dropped a record that cannot be stored: %r", batch[0])
                with self._changed:
                    self.dropped += 1
                    self._dropped_told += 1
                return
            middle = len(batch) // 2
            self._commit_all(batch[:middle])
            self._commit_all(batch[middle:])

    def _commit(self, batch: list[Record]) -> None:
        if self._db is None:
            self._db = open_to_write(self.path)
        add(self._db, batch, self._events_kept)

    def _disconnect(self) -> None:
        with self._db_lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    def _turn_off(self, error: Exception) -> None:
        """Marks the store as off, and logs it the first time."""
        if not self.is_off:
            log.warning("store: %s cannot be written (%s); the game goes on without it", self.path, error)
        self.is_off = True

    def _turn_on(self) -> None:
        with self._changed:
            dropped = self.dropped - self._dropped_told
            self._dropped_told += dropped
        if self.is_off:
            log.warning("store: %s can be written again; %d records were dropped meanwhile", self.path, dropped)
        elif dropped:
            log.warning("store: %s could not keep up; %d records were dropped", self.path, dropped)
        with self._changed:
            self.is_off = False
            self._written = self._taken
            self._changed.notify_all()


def _rows(record: Record) -> int:
    return 1 + len(record.results) if isinstance(record, MatchResult) else 1


def _is_about_the_file(error: Exception) -> bool:
    """Returns whether the file or the disk caused the error, and not the records."""
    is_damage = type(error) is sqlite3.DatabaseError  # all its subclasses except OperationalError blame the data
    return is_damage or isinstance(error, (sqlite3.OperationalError, StoreError, OSError))
