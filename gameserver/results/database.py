"""The database file behind `store.py`: its schema, and the statements that write and read it.

In:  the path of a database; matches and events.
Out: a connection for writing or for reading; plain data, best or newest first.
Raises StoreError for a file that is not a database of this game, and sqlite3.Error for a file that cannot be written or
read.
"""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path
from typing import Any, Iterable

from gameserver.results.records import Event, MatchResult, Record

DEFAULT_PATH = "gameserver.sqlite3"
MEMORY = ":memory:"

# How long to wait for another process that has locked the file.
BUSY_S = 1.0

# "Game" in ASCII: it marks a database as one of this program.
APPLICATION_ID = 0x47616D65
# The statements that make each version of the schema from the one before. PRAGMA user_version is the version of a file.
SCHEMA: tuple[tuple[str, ...], ...] = (
    (
        "PRAGMA application_id = 0x47616D65",
        "PRAGMA user_version = 1",
        # uid: a commit that seems to fail may have reached the disk. The uid keeps the match from being counted twice.
        """CREATE TABLE matches (id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, room_id TEXT NOT NULL,
            mode TEXT NOT NULL, seed INTEGER NOT NULL, started_at REAL NOT NULL, duration_s REAL NOT NULL)""",
        """CREATE TABLE results (id INTEGER PRIMARY KEY, match_id INTEGER NOT NULL REFERENCES matches,
            player_id INTEGER NOT NULL, name TEXT NOT NULL, team INTEGER, score INTEGER NOT NULL,
            kills INTEGER NOT NULL, deaths INTEGER NOT NULL, place INTEGER NOT NULL)""",
        "CREATE INDEX results_by_match ON results (match_id)",
        """CREATE TABLE players (name TEXT PRIMARY KEY NOT NULL, matches INTEGER NOT NULL DEFAULT 0,
            wins INTEGER NOT NULL DEFAULT 0, score INTEGER NOT NULL DEFAULT 0, kills INTEGER NOT NULL DEFAULT 0,
            deaths INTEGER NOT NULL DEFAULT 0, best_score INTEGER NOT NULL, last_seen REAL NOT NULL)""",
        "CREATE INDEX players_by_rank ON players (score DESC, wins DESC, kills DESC, deaths, name)",
        """CREATE TABLE events (id INTEGER PRIMARY KEY, room_id TEXT NOT NULL, at REAL NOT NULL,
            tick INTEGER NOT NULL, type TEXT NOT NULL, details TEXT NOT NULL)""",
    ),
)

_FIND_MATCH = "SELECT 1 FROM matches WHERE uid = ?"
_ADD_MATCH = """INSERT INTO matches (uid, room_id, mode, seed, started_at, duration_s)
    VALUES (?, ?, ?, ?, ?, ?)"""
_ADD_RESULT = """INSERT INTO results (match_id, player_id, name, team, score, kills, deaths, place)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)"""
_ADD_PLAYER = "INSERT OR IGNORE INTO players (name, best_score, last_seen) VALUES (?, ?, ?)"
_ADD_TO_TOTALS = """UPDATE players SET matches = matches + 1, wins = wins + ?, score = score + ?, kills = kills + ?,
    deaths = deaths + ?, best_score = max(best_score, ?), last_seen = max(last_seen, ?) WHERE name = ?"""
_ADD_EVENT = "INSERT INTO events (room_id, at, tick, type, details) VALUES (?, ?, ?, ?, ?)"
_PRUNE_EVENTS = "DELETE FROM events WHERE id <= (SELECT max(id) FROM events) - ?"

# Players rank by the sum of their scores, which rewards players that play much. The other columns break ties, in the
# order in which a class would argue about them.
_RANK_BY = ("score", "wins", "kills", "deaths")
_BEST_PLAYERS = """
    SELECT name, matches, wins, score, kills, deaths, best_score, last_seen FROM players
    ORDER BY score DESC, wins DESC, kills DESC, deaths, name LIMIT ?"""
_LATEST_MATCHES = """
    SELECT id, room_id, mode, seed, started_at, duration_s FROM matches ORDER BY id DESC LIMIT ?"""
_RESULTS = """
    SELECT place, player_id, name, team, score, kills, deaths FROM results WHERE match_id = ? ORDER BY place, id"""


class StoreError(Exception):
    """The file is not a database of this game, or cannot be read; the text says which."""


def open_to_write(path: str) -> sqlite3.Connection:
    """Opens a database for writing, and creates it if it is missing; never changes a file of another kind."""
    if path != MEMORY and os.path.isfile(path):
        if not os.access(path, os.W_OK):  # SQLite would leave a -wal file, which later stops permitted writers too
            raise sqlite3.OperationalError("it can only be read")
        if os.path.getsize(path) == 1:  # SQLite would take it for an empty database
            raise StoreError(f"{path} is not a database; it is left as it is")
    db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        db.execute("BEGIN IMMEDIATE")
        for statements in SCHEMA[_version(db, path) :]:
            for statement in statements:
                db.execute(statement)
        db.execute("COMMIT")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")  # a commit survives a power cut; only the writer thread waits for it
        db.execute("PRAGMA journal_size_limit = 4194304")  # bytes; without it, a burst enlarges the -wal file for good
    except BaseException as error:
        db.close()
        if type(error) is sqlite3.DatabaseError:
            raise StoreError(f"{path} is not a database, or a damaged one ({error}); it is left as it is") from error
        raise
    return db


def open_to_read(path: str) -> sqlite3.Connection:
    """Opens an existing database, in a way that cannot change its contents; raises StoreError if there is none."""
    if not os.path.isfile(path):
        raise StoreError(f"there is no database {path}")
    if os.access(path, os.W_OK):
        how = "mode=rw"  # not ro: after a crash, the last process that closes the database must be able to clean up
    else:
        how = "mode=ro" if os.path.exists(f"{path}-wal") else "immutable=1"  # immutable creates no -wal file
    uri = f"{Path(path).absolute().as_uri()}?{how}"
    db = sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None)
    try:
        db.execute("PRAGMA query_only = ON")
        if _version(db, path) < len(SCHEMA):
            raise StoreError(f"{path} is not ready: no server of this version has used it yet")
    except BaseException:
        db.close()
        raise
    return db


def _version(db: sqlite3.Connection, path: str) -> int:
    """Returns the version of a database's schema; 0 for an empty database."""
    version, application_id, things = (
        db.execute(query).fetchone()[0]
        for query in ("PRAGMA user_version", "PRAGMA application_id", "SELECT count(*) FROM sqlite_master")
    )
    if (version, application_id, things) == (0, 0, 0):
        return 0
    if application_id != APPLICATION_ID:
        raise StoreError(f"{path} is a database of another program; it is left as it is")
    if version > len(SCHEMA):
        raise StoreError(f"{path} is of version {version}, and this program knows only those up to {len(SCHEMA)}")
    return int(version)


def add(db: sqlite3.Connection, records: Iterable[Record], events_kept: int) -> None:
    """Adds records and deletes the oldest events beyond `events_kept`, all in one transaction: all of it or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        for record in records:
            if isinstance(record, MatchResult):
                _add_match(db, record)
            else:
                _add_event(db, record)
        db.execute(_PRUNE_EVENTS, (events_kept,))
        db.execute("COMMIT")
    except BaseException:
        db.rollback()
        raise


def _add_match(db: sqlite3.Connection, match: MatchResult) -> None:
    if db.execute(_FIND_MATCH, (match.uid,)).fetchone():
        return
    row = (match.uid, _text(match.room_id), match.mode, match.seed, match.started_at, match.duration_s)
    match_id = db.execute(_ADD_MATCH, row).lastrowid
    ended_at = match.started_at + match.duration_s
    for player_id, name, team, score, kills, deaths, place in match.results:
        name = _text(name)
        db.execute(_ADD_RESULT, (match_id, player_id, name, team, score, kills, deaths, place))
        db.execute(_ADD_PLAYER, (name, score, ended_at))
        db.execute(_ADD_TO_TOTALS, (place == 1, score, kills, deaths, score, ended_at, name))


def _add_event(db: sqlite3.Connection, event: Event) -> None:
    details = json.dumps(event.details, default=str)
    db.execute(_ADD_EVENT, (_text(event.room_id), event.at, event.tick, event.type, details))


def _text(text: str) -> str:
    """Returns a stranger's text without lone surrogates, because no file can hold them."""
    return text.encode("utf-8", "replace").decode()


def best_players(db: sqlite3.Connection, limit: int) -> list[dict[str, Any]]:
    """Returns the totals of the best players; equally good players share a place. last_seen: unix seconds."""
    rows = _fetch(db, _BEST_PLAYERS, max(0, limit))
    for index, row in enumerate(rows):
        is_tied = index > 0 and all(row[key] == rows[index - 1][key] for key in _RANK_BY)
        row["place"] = rows[index - 1]["place"] if is_tied else index + 1
    return rows


def latest_matches(db: sqlite3.Connection, limit: int) -> list[dict[str, Any]]:
    """Returns the matches stored last, each with its results by place. started_at: unix seconds."""
    rows = _fetch(db, _LATEST_MATCHES, max(0, limit))
    for row in rows:
        row["results"] = _fetch(db, _RESULTS, row["id"])  # written with the match; they never change
    return rows


def _fetch(db: sqlite3.Connection, query: str, parameter: int) -> list[dict[str, Any]]:
    cursor = db.execute(query, (parameter,))
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row)) for row in cursor]
