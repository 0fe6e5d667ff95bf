"""Tests of the store of results: on real files, with kill -9, full disks and locked files, read with plain SQLite."""

from __future__ import annotations

import contextlib
import gc
import json
import logging
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Callable, Iterator, Tuple

import pytest

import gameserver.results.store
from gameserver.results import database
from gameserver.results.database import open_to_write
from gameserver.results.records import MatchResult, Record
from gameserver.results.store import Store, StoreError
from tests.Net.support import DEADLINE_S, wait_until

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
START_S = 1_700_000_000.0
UNIX = pytest.mark.skipif(os.name != "posix", reason="needs what only a Unix has")

Row = Tuple[int, str, Any, int, int, int, int]
Stores = Callable[..., Store]


@pytest.fixture(autouse=True)
def _no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes a store that is off try again soon. Child processes keep the real times."""
    monkeypatch.setattr(gameserver.results.store, "RETRY_S", 0.05)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "game.sqlite3")


@pytest.fixture
def stores() -> Iterator[Stores]:
    """Returns a function that makes stores; they are closed at the end of the test."""
    with contextlib.ExitStack() as stack:

        def make(*args: Any, **kwargs: Any) -> Store:
            store = Store(*args, **kwargs)
            stack.callback(store.close, DEADLINE_S)
            return store

        yield make


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """Returns a function that reads the store's warnings so far."""

    def read() -> list[str]:
        records = [record for record in caplog.records if record.name == "gameserver.results.store"]
        return [record.getMessage() for record in records if record.levelno >= logging.WARNING]

    return read


def row(name: str, score: int = 0, place: int = 1, kills: int = 0, deaths: int = 0, player_id: int = 1) -> Row:
    return (player_id, name, None, score, kills, deaths, place)


def record(store: Store, *rows: Row, started_at: float = START_S, seed: int = 0) -> None:
    store.record_match(MatchResult("room-1", "free-for-all", seed, started_at, 60.0, rows))


def query(path: str, sql: str) -> list[Any]:
    """Runs a query on a file with plain SQLite and returns the rows."""
    with contextlib.closing(sqlite3.connect(path, timeout=DEADLINE_S)) as db:
        return db.execute(sql).fetchall()


def seeds(path: str) -> list[int]:
    return [seed for (seed,) in query(path, "SELECT seed FROM matches ORDER BY id")]


def ticks(path: str) -> list[int]:
    return [tick for (tick,) in query(path, "SELECT tick FROM events ORDER BY id")]


def assert_sound(path: str) -> None:
    """Asserts that the file is sound, and that the totals are the sums of its results."""
    assert query(path, "PRAGMA integrity_check") == [("ok",)]
    sums = "SELECT name, count(*), sum(place = 1), sum(score), sum(kills), sum(deaths), max(score) FROM results"
    totals = "SELECT name, matches, wins, score, kills, deaths, best_score FROM players ORDER BY name"
    assert query(path, f"{sums} GROUP BY name ORDER BY name") == query(path, totals)


@contextlib.contextmanager
def child(script: str, *args: str, command: tuple[str, ...] = ()) -> Iterator[subprocess.Popen[str]]:
    """Runs a script in a Python process of its own, and kills the process at the end of the block."""
    process = subprocess.Popen(
        [*command, sys.executable, "-c", script, *args],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@contextlib.contextmanager
def held_by_another_process(path: str) -> Iterator[None]:
    """Makes another process lock the file for the length of the block."""
    script = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""
    with child(script, path) as process:
        assert read_line(process) == "held"
        yield
        assert process.poll() is None, "it held the file to the end"


def cli(*args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the command line in a process of its own."""
    command = [sys.executable, "-m", "gameserver.store", *args]
    env = {**os.environ, "PYTHONIOENCODING": "utf-8", **environment}
    return subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, encoding="utf-8", timeout=DEADLINE_S, check=False
    )


# Records ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["file", ":memory:"])
def test_a_match_is_read_back_exactly_as_recorded(stores: Stores, path: str, place: str) -> None:
    store = stores(path if place == "file" else place)
    rows = [(7, "Ann", 1, 300, 3, 0, 1), (9, "Bob", 0, 100, 1, 2, 2)]
    store.record_match(MatchResult("room-1", "teams", 2**63 - 1, START_S, 61.5, rows))
    assert store.flush(DEADLINE_S)
    (match,) = store.matches()
    assert match.pop("id") == 1
    keys = ("player_id", "name", "team", "score", "kills", "deaths", "place")
    assert match.pop("results") == [dict(zip(keys, row)) for row in rows]
    assert match == {
        "room_id": "room-1",
        "mode": "teams",
        "seed": 2**63 - 1,
        "started_at": START_S,
        "duration_s": 61.5,
    }


def test_an_event_is_stored_with_its_details(stores: Stores, path: str) -> None:
    store = stores(path)
    details = {"player_id": 7, "name": "Zoë \u202e", "list": [1, None, {"a": 0.5}]}
    store.record_event("room-1", START_S, 123, "join", details)
    assert store.flush(DEADLINE_S)
    ((room_id, at, tick, event_type, stored),) = query(path, "SELECT room_id, at, tick, type, details FROM events")
    assert (room_id, at, tick, event_type, json.loads(stored)) == ("room-1", START_S, 123, "join", details)


def test_details_that_are_no_json_are_stored_as_text(stores: Stores, path: str) -> None:
    store = stores(path)
    store.record_event("room-1", START_S, 1, "odd", {"what": {1}})
    assert store.flush(DEADLINE_S)
    assert query(path, "SELECT details FROM events") == [('{"what": "{1}"}',)]


def test_a_match_is_on_the_disk_soon_without_a_flush(stores: Stores, path: str) -> None:
    store = stores(path)
    record(store, row("Ann"))
    wait_until(lambda: seeds(path) == [0], "the match is stored")


def test_matches_are_read_newest_first_up_to_the_limit_and_their_results_by_place(stores: Stores) -> None:
    store = stores(":memory:")
    for seed in range(5):
        record(store, row("Cid", place=3), row("Ann", place=1), row("Bob", place=2), seed=seed)
    assert store.flush(DEADLINE_S)
    assert [match["seed"] for match in store.matches(3)] == [4, 3, 2]
    assert [result["name"] for result in store.matches(1)[0]["results"]] == ["Ann", "Bob", "Cid"]
    assert len(store.matches()) == 5
    assert store.matches(0) == store.matches(-1) == []


def test_records_of_one_thread_keep_their_order_and_none_is_lost_among_many_threads(stores: Stores, path: str) -> None:
    store = stores(path)

    def record_many(thread_no: int) -> None:
        for number in range(300):
            store.record_event(f"room-{thread_no}", START_S, number, "tick", {})
            if number % 30 == 0:
                store.record_match(
                    MatchResult(f"room-{thread_no}", "free-for-all", number, START_S, 1.0, [row("Ann", 1)])
                )

    threads = [threading.Thread(target=record_many, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.flush(DEADLINE_S)
    for number in range(6):
        stored = query(path, f"SELECT tick FROM events WHERE room_id = 'room-{number}' ORDER BY id")
        assert [tick for (tick,) in stored] == list(range(300))
        stored = query(path, f"SELECT seed FROM matches WHERE room_id = 'room-{number}' ORDER BY id")
        assert [seed for (seed,) in stored] == list(range(0, 300, 30))
    assert store.leaderboard()[0]["score"] == 60
    assert store.dropped == 0


def test_a_database_of_an_earlier_run_is_continued(stores: Stores, path: str) -> None:
    for seed in range(3):
        store = Store(path)
        record(store, row("Ann", 10), seed=seed)
        assert store.close(DEADLINE_S)
    assert seeds(path) == [0, 1, 2]
    assert stores(path).leaderboard()[0]["score"] == 30


def test_old_events_are_pruned_and_matches_are_not(stores: Stores, path: str) -> None:
    store = stores(path, events_kept=50)
    for burst in range(3):
        for number in range(100):
            store.record_event("room-1", START_S, 100 * burst + number, "tick", {})
            record(store, row("Ann"), seed=100 * burst + number)
        assert store.flush(DEADLINE_S)
    assert ticks(path) == list(range(250, 300))
    assert seeds(path) == list(range(300))


# Totals -------------------------------------------------------------------------------------------------------


def test_totals_are_the_sums_of_all_matches(stores: Stores, path: str) -> None:
    rng = random.Random(4)
    names = ["Ann", "ann", "Bob", "Cid", "Dot"]
    store, expected = stores(path), {}
    for number in range(60):
        rows = []
        for place, name in enumerate(rng.sample(names, rng.randint(0, 5)), 1):
            score, kills, deaths = rng.randint(-50, 500), rng.randint(0, 5), rng.randint(0, 5)
            rows.append(row(name, score, place, kills, deaths))
            had = expected.setdefault(name, [0, 0, 0, 0, 0, score, 0.0])
            sums = [had[0] + 1, had[1] + (place == 1), had[2] + score, had[3] + kills, had[4] + deaths]
            expected[name] = [*sums, max(had[5], score), START_S + number + 60.0]
        record(store, *rows, started_at=START_S + number)
    assert store.flush(DEADLINE_S)
    keys = ("matches", "wins", "score", "kills", "deaths", "best_score", "last_seen")
    assert {row["name"]: [row[key] for key in keys] for row in store.leaderboard(100)} == expected
    assert_sound(path)


def test_a_match_stored_late_does_not_turn_last_seen_back(stores: Stores) -> None:
    store = stores(":memory:")
    record(store, row("Ann"), started_at=START_S)
    record(store, row("Ann"), started_at=START_S - 1000)
    assert store.flush(DEADLINE_S)
    assert store.leaderboard()[0]["last_seen"] == START_S + 60


def test_everybody_in_a_tie_for_the_first_place_has_won(stores: Stores) -> None:
    store = stores(":memory:")
    record(store, row("Ann", 100, place=1), row("Bob", 100, place=1), row("Cid", 50, place=3))
    assert store.flush(DEADLINE_S)
    assert [(row["name"], row["wins"]) for row in store.leaderboard()] == [("Ann", 1), ("Bob", 1), ("Cid", 0)]


def test_two_players_of_one_name_add_to_the_same_totals(stores: Stores) -> None:
    store = stores(":memory:")
    record(store, row("Ann", 100, place=1, player_id=1), row("Ann", 30, place=2, player_id=2))
    assert store.flush(DEADLINE_S)
    (ann,) = store.leaderboard()
    assert (ann["matches"], ann["wins"], ann["score"], ann["best_score"]) == (2, 1, 130, 100)


def test_the_leaderboard_ranks_by_score_then_wins_then_kills_then_deaths(stores: Stores) -> None:
    store = stores(":memory:")
    places = {"Kay": 2, "Lou": 2, "Max": 2, "Ned": 2, "Win": 1, "Top": 2}
    kills = {"Kay": 3, "Lou": 2, "Max": 2, "Ned": 2, "Win": 0, "Top": 0}
    deaths = {"Kay": 9, "Lou": 1, "Max": 1, "Ned": 5, "Win": 9, "Top": 9}
    scores = {"Top": 101}
    for name, place in places.items():
        record(store, row(name, scores.get(name, 100), place, kills[name], deaths[name]))
    assert store.flush(DEADLINE_S)
    ranked = [(row["place"], row["name"]) for row in store.leaderboard()]
    assert ranked == [(1, "Top"), (2, "Win"), (3, "Kay"), (4, "Lou"), (4, "Max"), (6, "Ned")]
    assert [row["name"] for row in store.leaderboard(2)] == ["Top", "Win"]


@pytest.mark.parametrize(
    "name",
    [
        "Zoë",
        "李雷",
        "🦊🦊",
        "e\u0301",
        "'); DROP TABLE players; --",
        '" OR 1=1',
        "%s ? :name @x",
        "a\x00b",
        "\x1b[2J\u202e\r\n",
        "",
        "x" * 10_000,
    ],
)
def test_a_name_is_stored_letter_by_letter(stores: Stores, path: str, name: str) -> None:
    store = stores(path)
    record(store, row(name, 5))
    record(store, row(name, 6))
    assert store.flush(DEADLINE_S)
    assert [(row["name"], row["score"]) for row in store.leaderboard()] == [(name, 11)]
    assert store.matches()[0]["results"][0]["name"] == name


def test_a_lone_surrogate_replaces_one_letter_of_a_name_and_loses_no_match(stores: Stores) -> None:
    store = stores(":memory:")
    record(store, row("a\ud800b", 1, place=2), row("Ann", 2, place=1))
    assert store.flush(DEADLINE_S)
    assert [row["name"] for row in store.leaderboard()] == ["Ann", "a?b"]


# Reading while writing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["file", ":memory:"])
def test_readers_in_other_threads_only_see_whole_matches(stores: Stores, path: str, place: str) -> None:
    store = stores(path if place == "file" else place)
    stop, faults, reads = threading.Event(), [], [0, 0, 0]

    def read(reader: int) -> None:
        while not stop.is_set():
            scores = [row["score"] for row in store.leaderboard(100)]
            if len(set(scores)) > 1 or len(scores) not in (0, 10):
                faults.append(scores)
            if any(len(match["results"]) != 10 for match in store.matches(3)):
                faults.append("half a match")
            reads[reader] += 1

    readers = [threading.Thread(target=read, args=(reader,)) for reader in range(3)]
    for reader in readers:
        reader.start()
    try:
        for _ in range(20):
            for _ in range(10):
                record(store, *(row(f"player {number}", 1) for number in range(10)))
            assert store.flush(DEADLINE_S)
        wait_until(lambda: all(reads), "every reader has read")
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert faults == []
    assert [row["score"] for row in store.leaderboard(1)] == [200]


def test_the_command_line_reads_while_a_server_writes(stores: Stores, path: str) -> None:
    store = stores(path)
    record(store, row("Ann", 10), row("Bob", 10))
    assert store.flush(DEADLINE_S)
    stop = threading.Event()

    def write() -> None:
        while not stop.wait(0.001):
            record(store, row("Ann", 10), row("Bob", 10))
            store.flush()

    writer = threading.Thread(target=write)
    writer.start()
    scores = []
    try:
        for _ in range(4):
            done = cli("--leaderboard", "--database", path)
            assert (done.returncode, done.stderr) == (0, "")
            first, second = (line.split() for line in done.stdout.splitlines()[1:])
            assert first[1] == second[1], "no half match"
            scores.append(int(first[1]))
    finally:
        stop.set()
        writer.join()
    assert scores == sorted(set(scores)), "each time it had gone on"
    assert not store.is_off


@UNIX
@pytest.mark.parametrize("is_running", [False, True], ids=["stopped", "running"])
def test_a_user_without_write_access_can_read_the_file_and_leaves_nothing_behind(is_running: bool) -> None:
    script = """
import os, sys
import urllib.parse  # pathlib will want it when it can no more be read
from gameserver.results import database
if os.getuid() == 0:
    os.setuid(65534)  # whom permissions stop
db = database.open_to_read(sys.argv[1])
print(database.best_players(db, 10)[0]["name"])
db.close()
"""
    with tempfile.TemporaryDirectory() as directory:  # the folders of pytest are closed to other users
        path = os.path.join(directory, "game.sqlite3")
        os.chmod(directory, 0o777)
        with contextlib.closing(Store(path)) as store:
            record(store, row("Ann"))
            assert store.flush(DEADLINE_S)
            if not is_running:
                store.close(DEADLINE_S)
            before = sorted(os.listdir(directory))
            assert len(before) == (3 if is_running else 1)
            os.chmod(path, 0o444)
            with child(script, path) as process:
                assert process.communicate(timeout=DEADLINE_S)[0] == "Ann\n"
            assert sorted(os.listdir(directory)) == before


# Kill -9 ------------------------------------------------------------------------------------------------------

WRITE_MATCHES = """
import itertools, sys
from gameserver.results.records import MatchResult
from gameserver.results.store import Store
store = Store(sys.argv[1])
for number in itertools.count(int(sys.argv[2])):
    results = [(i, "player %d" % i, None, number, i, 1, i + 1) for i in range(8)]
    store.record_match(MatchResult("room-1", "free-for-all", number, 1.7e9 + number, 1.0, results))
    for tick in range(20):
        store.record_event("room-1", 1.7e9, tick, "tick", {"number": number})
    if number % 3 == 0 and store.flush(20):
        print(number, flush=True)
"""


def test_every_flushed_match_outlives_kill_9_at_any_moment(path: str) -> None:
    rng = random.Random()
    first = 0
    for _ in range(8):
        with child(WRITE_MATCHES, path, str(first)) as process:
            acknowledged = int(read_line(process))
            threading.Timer(rng.uniform(0.0, 0.3), process.kill).start()
            while True:
                line = read_line(process)
                if not line:
                    break
                acknowledged = int(line)
        stored = seeds(path)
        assert stored == list(range(len(stored))), "in order, without gaps, none twice"
        assert stored[-1] >= acknowledged
        assert_sound(path)
        first = len(stored)


def test_a_match_recorded_a_second_before_kill_9_is_there_without_a_flush(path: str) -> None:
    script = """
import sys
from gameserver.results.records import MatchResult
from gameserver.results.store import Store
store = Store(sys.argv[1])
for number in range(20):
    store.record_match(MatchResult("room-1", "free-for-all", number, 1.7e9, 1.0, [(1, "Ann", None, 1, 0, 0, 1)]))
print("recorded", flush=True)
while True:
    store.record_event("room-1", 1.7e9, 0, "tick", {})
    sys.stdin.readline()
"""
    with child(script, path) as process:
        assert read_line(process) == "recorded"
        time.sleep(1.0)  # the claim itself
        process.kill()
    assert seeds(path) == list(range(20))
    assert_sound(path)


# A file that cannot be written -------------------------------------------------------------------------------


def test_a_directory_that_is_missing_costs_one_warning_until_it_is_there(
    stores: Stores, tmp_path: Path, warnings: Callable[[], list[str]]
) -> None:
    path = tmp_path / "later" / "game.sqlite3"
    store = stores(str(path))
    for number in range(5):
        store.record_event("room-1", START_S, number, "tick", {})
        record(store, row("Ann"), seed=number)
        assert not store.flush(DEADLINE_S)
    assert store.is_off
    assert len(warnings()) == 1
    assert "cannot be written" in warnings()[0]
    path.parent.mkdir()
    wait_until(lambda: not store.is_off, "the store writes again")
    assert store.flush(DEADLINE_S)
    assert seeds(str(path)) == ticks(str(path)) == [0, 1, 2, 3, 4]
    assert len(warnings()) == 2
    assert warnings()[1].endswith("can be written again; 0 records were dropped meanwhile")
    assert store.dropped == 0


def test_a_store_that_is_off_comes_back_without_anything_to_write(stores: Stores, tmp_path: Path) -> None:
    path = tmp_path / "later" / "game.sqlite3"
    store = stores(str(path))
    assert store.is_off
    path.parent.mkdir()
    wait_until(lambda: not store.is_off, "the store writes again")
    assert store.leaderboard() == []


def test_a_path_that_is_a_directory_costs_one_warning(
    stores: Stores, tmp_path: Path, warnings: Callable[[], list[str]]
) -> None:
    store = stores(str(tmp_path))
    record(store, row("Ann"))
    assert not store.flush(DEADLINE_S)
    assert store.is_off
    assert len(warnings()) == 1
    with pytest.raises(StoreError, match="there is no database"):
        store.leaderboard()


RECORD_AS_NOBODY = """
import logging, os, sys
from gameserver.results.records import MatchResult
from gameserver.results.store import Store
logging.basicConfig(stream=sys.stdout, format="%(message)s")
if os.getuid() == 0:
    os.setuid(65534)  # whom permissions stop
store = Store(sys.argv[1])
for number in range(3):
    store.record_match(MatchResult("room-1", "free-for-all", number, 1.7e9, 1.0, [(1, "Ann", None, 1, 0, 0, 1)]))
    print("flushed" if store.flush(20) else "not flushed")
print("off" if store.is_off else "on", flush=True)
sys.stdin.readline()
print("flushed" if store.flush(20) else "not flushed")
store.close()
"""


@UNIX
@pytest.mark.parametrize("what", ["file", "directory"])
def test_a_read_only_file_or_folder_costs_one_warning_until_it_can_be_written(what: str) -> None:
    with tempfile.TemporaryDirectory() as directory:  # the folders of pytest are closed to other users
        path = os.path.join(directory, "game.sqlite3")
        Store(path).close(DEADLINE_S)
        if what == "directory":
            os.unlink(path)
        before = {name: Path(directory, name).read_bytes() for name in os.listdir(directory)}
        os.chmod(directory, 0o777 if what == "file" else 0o555)
        if what == "file":
            os.chmod(path, 0o444)
        with child(RECORD_AS_NOBODY, path) as process:
            lines = [read_line(process) for _ in range(5)]
            assert lines[0].startswith(f"store: {path} cannot be written (")
            assert lines[1:] == ["not flushed"] * 3 + ["off"]
            if before:
                assert Path(path).read_bytes() == before["game.sqlite3"]
            os.chmod(directory, 0o777)
            if what == "file":
                os.chmod(path, 0o666)
            output, _ = process.communicate("go on\n", timeout=DEADLINE_S)
            assert output.splitlines() == [
                f"store: {path} can be written again; 0 records were dropped meanwhile",
                "flushed",
            ]
        assert seeds(path) == [0, 1, 2]


FILL_DISK = """
import logging, os, sys, time
from gameserver.results.records import MatchResult
from gameserver.results.store import Store
logging.basicConfig(stream=sys.stdout, format="%(message)s")
how, path = sys.argv[1:]
ballast = os.path.join(os.path.dirname(path), "ballast")

def fill():
    if how == "limit":
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        return
    with open(ballast, "ab", buffering=0) as file:
        for size in (4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                pass

def free():
    if how == "limit":
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        return
    os.unlink(ballast)

def play(first, last):
    for number in range(first, last):
        results = [(i, "player %d" % i, None, number, i, 1, i + 1) for i in range(20)]
        store.record_match(MatchResult("room-1", "free-for-all", number, 1.7e9, 1.0, results))
        store.record_event("room-1", 1.7e9, number, "end", {"results": results})

def wait_for(is_off):
    deadline = time.monotonic() + 20
    while store.is_off != is_off and time.monotonic() < deadline:
        time.sleep(0.01)
    assert store.is_off == is_off

if how == "tmpfs":
    import subprocess
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", os.path.dirname(path)], check=True)
store = Store(path)
play(0, 100)
assert store.flush(20)
for again in (1, 2):
    fill()
    play(100 * again, 100 * again + 50)
    wait_for(True)
    play(100 * again + 50, 100 * again + 100)
    assert not store.flush(20)
    print(len(store.leaderboard()), "players can be read", flush=True)
    free()
    wait_for(False)
assert store.flush(20)
assert store.dropped == 0
store.close(20)
import sqlite3
db = sqlite3.connect(path)
for sql in ("PRAGMA integrity_check", "SELECT count(*), count(DISTINCT seed), max(seed) FROM matches",
            "SELECT count(*), count(DISTINCT tick) FROM events", "SELECT sum(matches), sum(score) FROM players",
            "SELECT count(*), sum(score) FROM results"):
    print(*db.execute(sql).fetchone())
db.close()
"""


def can_mount() -> bool:
    script = 'mount -t tmpfs none "$1"'
    with tempfile.TemporaryDirectory() as directory:
        command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", directory]
        try:
            return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0
        except OSError:
            return False


@UNIX
@pytest.mark.parametrize("how", ["limit", "tmpfs"])
def test_a_full_disk_costs_one_warning_and_nothing_once_there_is_room(tmp_path: Path, how: str) -> None:
    if how == "tmpfs" and not can_mount():
        pytest.skip("this system does not let us mount a small disk")
    directory = tmp_path / "disk"
    directory.mkdir()
    path = str(directory / "game.sqlite3")
    command = ("unshare", "--user", "--map-root-user", "--mount") if how == "tmpfs" else ()
    with child(FILL_DISK, how, path, command=command) as process:
        output, _ = process.communicate(timeout=2 * DEADLINE_S)
    full, readable, free, *rest = output.splitlines()
    assert full.startswith(f"store: {path} cannot be written (")
    assert readable == "10 players can be read"
    assert free == f"store: {path} can be written again; 0 records were dropped meanwhile"
    assert rest[:3] == [full, readable, free], "the second time is like the first"
    score = 20 * sum(range(300))
    assert rest[3:] == ["ok", "300 300 299", "300 300", f"6000 {score}", f"6000 {score}"]
    assert process.returncode == 0


def test_a_commit_that_failed_but_reached_the_disk_is_not_counted_twice(
    stores: Stores, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def add_and_fail(db: sqlite3.Connection, records: list[Record], events_kept: int) -> None:
        database.add(db, records, events_kept)
        calls.append(len(records))
        if len(calls) == 1:
            raise sqlite3.OperationalError("disk I/O error")

    store = stores(path)
    monkeypatch.setattr(gameserver.results.store, "add", add_and_fail)
    record(store, row("Ann", 10))
    wait_until(lambda: len(calls) == 2 and store.flush(DEADLINE_S), "the match is written again")
    assert calls == [1, 1]
    assert seeds(path) == [0]
    assert_sound(path)


def test_a_backlog_is_bounded_and_gives_up_old_events_before_any_match(
    stores: Stores, tmp_path: Path, warnings: Callable[[], list[str]]
) -> None:
    path = tmp_path / "later" / "game.sqlite3"
    store = stores(str(path), backlog_rows=100)
    for number in range(200):
        store.record_event("room-1", START_S, number, "tick", {})
        if number % 10 == 0:
            record(store, row("Ann"), row("Bob"), seed=number)
            assert not store.flush(DEADLINE_S)  # the writer has taken the records and put them back
    path.parent.mkdir()
    wait_until(lambda: not store.is_off, "the store writes again")
    assert store.flush(DEADLINE_S)
    assert seeds(str(path)) == list(range(0, 200, 10))
    assert ticks(str(path)) == list(range(160, 200)), "20 matches of 3 rows, and the 40 latest events"
    assert store.dropped == 160
    assert warnings()[-1].endswith("can be written again; 160 records were dropped meanwhile")


def test_a_backlog_full_of_matches_takes_no_events_and_keeps_the_latest_matches(stores: Stores, tmp_path: Path) -> None:
    path = tmp_path / "later" / "game.sqlite3"
    store = stores(str(path), backlog_rows=40)
    for number in range(30):
        record(store, row("Ann"), seed=number)
        store.record_event("room-1", START_S, number, "tick", {})
    path.parent.mkdir()
    wait_until(lambda: not store.is_off, "the store writes again")
    assert store.flush(DEADLINE_S)
    assert seeds(str(path)) == list(range(10, 30))
    assert ticks(str(path)) == []
    assert store.dropped == 10 + 30


def test_records_that_come_while_a_try_fails_are_kept_in_order_and_within_the_bound(
    stores: Stores, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = stores(path, backlog_rows=20)
    tries = 0

    def add(db: sqlite3.Connection, records: list[Record], events_kept: int) -> None:
        nonlocal tries
        tries += 1
        if tries <= 3:
            for number in range(4 * tries, 4 * tries + 4):
                record(store, row("Ann"), seed=number)
                store.record_event("room-1", START_S, number, "tick", {})
            raise sqlite3.OperationalError("disk I/O error")
        database.add(db, records, events_kept)

    monkeypatch.setattr(gameserver.results.store, "add", add)
    record(store, row("Ann"), seed=3)
    store.record_event("room-1", START_S, 3, "tick", {})
    wait_until(lambda: tries > 3 and store.flush(DEADLINE_S), "all is written")
    assert seeds(path) == list(range(6, 16)), "the 10 latest matches have 20 rows"
    assert ticks(path) == []
    assert store.dropped == 3 + 13


def test_recording_does_not_wait_for_a_file_that_another_process_holds(
    stores: Stores, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_S", 0.2)
    store = stores(path)
    with held_by_another_process(path):
        for number in range(10_000):
            store.record_event("room-1", START_S, number, "tick", {"number": number})
            if number % 1000 == 0:
                record(store, row("Ann"), seed=number)
        assert not store.flush(0.0)
        wait_until(lambda: store.is_off, "the store is off")
        record(store, row("Ann"), seed=10_000)
        assert not store.flush(DEADLINE_S)
        assert seeds(path) == ticks(path) == []
    wait_until(lambda: not store.is_off, "the store writes again")
    assert store.flush(DEADLINE_S)
    assert ticks(path) == list(range(10_000))
    assert seeds(path) == list(range(0, 10_001, 1000))
    assert store.dropped == 0


@UNIX  # other systems refuse to delete an open file
def test_a_file_that_is_deleted_under_the_server_is_made_anew(stores: Stores, path: str) -> None:
    store = stores(path)
    record(store, row("Ann"), seed=1)
    assert store.flush(DEADLINE_S)
    os.unlink(path)
    record(store, row("Bob"), seed=2)
    assert store.flush(DEADLINE_S)
    assert seeds(path) == [2]
    assert_sound(path)


# Files that are no store --------------------------------------------------------------------------------------


def assert_refused(path: str, text: str) -> None:
    """Asserts that a store refuses this file with one sentence and does not change it."""
    directory = Path(path).parent
    before = {file.name: file.read_bytes() for file in directory.iterdir()}
    with pytest.raises(StoreError, match=text) as caught:
        Store(path)
    assert path in str(caught.value)
    assert "\n" not in str(caught.value)
    assert {file.name: file.read_bytes() for file in directory.iterdir()} == before
    assert "store" not in [thread.name for thread in threading.enumerate()]


@pytest.mark.parametrize(
    "content",
    [b"x", b"my homework\n" * 1000, b"SQLite format 3\x00" + b"\xff" * 5000, bytes(8192)],
    ids=["a letter", "text", "only the first words of a database", "zeros"],
)
def test_a_file_that_is_not_a_database_is_refused_and_left_as_it_is(path: str, content: bytes) -> None:
    Path(path).write_bytes(content)
    assert_refused(path, "is not a database")


def test_a_database_of_another_program_is_refused_and_left_as_it_is(path: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE matches (id)")
    assert_refused(path, "is a database of another program")


def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(path: str) -> None:
    Store(path).close(DEADLINE_S)
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    assert_refused(path, "is of version 99, and this program knows only those up to 1")
    done = cli("--leaderboard", "--database", path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "version 99" in done.stderr


def test_an_empty_file_becomes_a_database(stores: Stores, path: str) -> None:
    Path(path).touch()
    assert stores(path).leaderboard() == []
    assert query(path, "PRAGMA user_version") == [(1,)]
    assert query(path, "PRAGMA journal_mode") == [("wal",)]


def test_a_file_damaged_while_the_server_runs_costs_one_warning(
    stores: Stores, path: str, warnings: Callable[[], list[str]]
) -> None:
    store = Store(path)
    for _ in range(200):
        record(store, *(row(f"player {number}", number) for number in range(20)))
    assert store.close(DEADLINE_S)
    content = bytearray(Path(path).read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    Path(path).write_bytes(content)
    store = stores(path)
    record(store, row("Ann"))
    assert not store.flush(DEADLINE_S)
    assert len(warnings()) == 1
    with pytest.raises(StoreError, match="cannot be read"):
        store.leaderboard()
    store.close(DEADLINE_S)
    assert Path(path).read_bytes() == content


# Records that cannot be stored --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rows",
    [[(1, "Ann", None)], [row("Ann", 2**63)], [row("Ann"), row(object())], [row("Ann", None)]],  # type: ignore[arg-type]
    ids=["too short", "too large a number", "no text", "no number"],
)
def test_a_record_that_cannot_be_stored_costs_only_itself(
    stores: Stores, path: str, rows: list[Row], caplog: pytest.LogCaptureFixture
) -> None:
    store = stores(path)
    for number in range(50):
        record(store, row("Bob", 1), seed=number)
        store.record_event("room-1", START_S, number, "tick", {})
        if number == 25:
            record(store, *rows, seed=-1)
    assert not store.flush(DEADLINE_S)
    assert seeds(path) == ticks(path) == list(range(50))
    assert [row["name"] for row in store.leaderboard()] == ["Bob"]
    assert_sound(path)
    errors = [entry for entry in caplog.records if entry.exc_info]
    assert len(errors) == len(caplog.records) == 1
    assert store.dropped == 1
    record(store, row("Bob", 1))
    assert store.flush(DEADLINE_S)
    assert not store.is_off


def test_an_event_that_contains_itself_costs_only_itself(stores: Stores, path: str) -> None:
    store = stores(path)
    details: dict[str, Any] = {}
    details["details"] = details
    store.record_event("room-1", START_S, 1, "circle", details)
    record(store, row("Ann"))
    assert not store.flush(DEADLINE_S)
    assert ticks(path) == []
    assert seeds(path) == [0]


def test_faults_in_the_writer_never_end_its_thread(stores: Stores, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(1)

    def add(db: sqlite3.Connection, records: list[Record], events_kept: int) -> None:
        error = rng.choice([None, None, RuntimeError("bug"), sqlite3.OperationalError("disk"), OSError("disk")])
        if error is not None and any(isinstance(entry, MatchResult) and len(records) > 1 for entry in records):
            raise error
        database.add(db, records, events_kept)

    monkeypatch.setattr(gameserver.results.store, "add", add)
    store = stores(path)
    for number in range(200):
        record(store, row("Ann", 1), seed=number)
        if number % 5 == 0:
            store.flush(DEADLINE_S)
    wait_until(lambda: store.flush(DEADLINE_S), "all is written")
    assert seeds(path) == list(range(200))
    assert_sound(path)


# The end of a store -------------------------------------------------------------------------------------------


def test_close_writes_the_waiting_records_and_leaves_one_file_and_no_thread(path: str) -> None:
    threads = set(threading.enumerate())
    store = Store(path)
    for number in range(100):
        record(store, row("Ann"), seed=number)
        store.record_event("room-1", START_S, number, "tick", {})
    assert store.close(DEADLINE_S)
    assert set(threading.enumerate()) == threads
    assert os.listdir(os.path.dirname(path)) == ["game.sqlite3"]
    assert seeds(path) == ticks(path) == list(range(100))


def test_a_store_may_be_closed_again_and_by_many_threads(path: str) -> None:
    store = Store(path)
    record(store, row("Ann"))
    results: list[bool] = []
    threads = [threading.Thread(target=lambda: results.append(store.close(DEADLINE_S))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 4
    assert store.close()
    assert seeds(path) == [0]


def test_records_after_the_close_are_dropped(path: str) -> None:
    store = Store(path)
    record(store, row("Ann"), seed=1)
    store.close(DEADLINE_S)
    record(store, row("Ann"), seed=2)
    store.record_event("room-1", START_S, 1, "late", {})
    assert store.dropped == 2
    assert store.flush(DEADLINE_S), "all that it took is there"
    assert seeds(path) == [1]
    assert [match["seed"] for match in store.matches()] == [1], "a file can be read still"


def test_a_closed_store_in_memory_cannot_be_read() -> None:
    store = Store(":memory:")
    record(store, row("Ann"))
    assert store.close(DEADLINE_S)
    with pytest.raises(StoreError, match="closed"):
        store.leaderboard()


def test_a_store_in_memory_makes_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = Store(":memory:")
    record(store, row("Ann"))
    assert store.close(DEADLINE_S)
    assert os.listdir(tmp_path) == []


def test_a_store_that_is_off_is_closed_with_a_count_of_the_lost_records(
    tmp_path: Path, warnings: Callable[[], list[str]]
) -> None:
    store = Store(str(tmp_path / "missing" / "game.sqlite3"))
    record(store, row("Ann"))
    store.record_event("room-1", START_S, 1, "tick", {})
    assert not store.close(DEADLINE_S)
    assert store.is_closed
    assert warnings()[1:] == ["store: closed with 2 records that could not be written"]
    assert store.dropped == 2
    assert not store.close(DEADLINE_S)
    assert len(warnings()) == 2


def test_close_waits_no_longer_than_it_is_told_for_a_file_that_another_process_holds(
    path: str, warnings: Callable[[], list[str]]
) -> None:
    store = Store(path)
    with held_by_another_process(path):
        record(store, row("Ann"))
        assert not store.close(0.0)
        assert "has not answered" in warnings()[0]
    assert store.close(DEADLINE_S) in (True, False), "by chance: one of its tries may come late enough"
    assert store.is_closed


def test_a_relative_path_means_the_same_file_after_a_change_of_directory(
    stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = stores("game.sqlite3")
    record(store, row("Ann"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert store.flush(DEADLINE_S)
    assert [row["name"] for row in store.leaderboard()] == ["Ann"]
    assert os.listdir(".") == []


def test_no_connection_is_left_open(path: str, tmp_path: Path) -> None:
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("needs a /proc to count open files in")
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))
    store = Store(path)
    record(store, row("Ann"))
    store.flush(DEADLINE_S)
    for _ in range(20):
        store.leaderboard()
        store.matches()
    store.close(DEADLINE_S)
    Path(path).write_bytes(b"no more a database" * 100)
    for _ in range(20):
        with pytest.raises(StoreError):
            store.leaderboard()
        with pytest.raises(StoreError):
            Store(path)
        with pytest.raises(sqlite3.OperationalError):
            open_to_write(str(tmp_path))
    assert len(os.listdir("/proc/self/fd")) == before


# The command line ---------------------------------------------------------------------------------------------


def test_the_command_line_prints_the_best_players(path: str) -> None:
    store = Store(path)
    record(store, row("Ann", 120, 1, kills=2), row("李雷", 1000, 2, deaths=1), started_at=time.time())
    record(store, row("Bob", 7, 1), started_at=time.time())
    store.close(DEADLINE_S)
    done = cli("--leaderboard", "--database", path, "--limit", "2")
    assert (done.returncode, done.stderr) == (0, "")
    today = time.strftime("%Y-%m-%d")
    assert done.stdout.splitlines() == [
        "place  score  wins  matches  kills  deaths  best score   last seen  name",
        f"    1   1000     0        1      0       1        1000  {today}  李雷",
        f"    2    120     1        1      2       0         120  {today}  Ann",
    ]
    assert os.listdir(os.path.dirname(path)) == ["game.sqlite3"], "asking leaves nothing behind"


def test_the_command_line_says_so_when_nobody_has_played(path: str) -> None:
    Store(path).close(DEADLINE_S)
    done = cli("--leaderboard", "--database", path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "nobody has finished a match yet\n", "")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, "store: there is no database PATH\n"),
        (b"my homework", "store: PATH cannot be read: file is not a database\n"),
        (b"", "store: PATH is not ready: no server of this version has used it yet\n"),
    ],
    ids=["missing", "text", "empty"],
)
def test_the_command_line_refuses_a_file_with_one_sentence_and_does_not_touch_it(
    tmp_path: Path, path: str, content: bytes | None, text: str
) -> None:
    if content is not None:
        Path(path).write_bytes(content)
    done = cli("--leaderboard", "--database", path)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", text.replace("PATH", path))
    assert [file.read_bytes() for file in tmp_path.iterdir()] == ([] if content is None else [content])


@pytest.mark.parametrize("args", [[], ["--leaderboard", "--limit", "0"], ["--leaderboard", "--limit", "x"]])
def test_the_command_line_refuses_invalid_arguments(path: str, args: list[str]) -> None:
    done = cli("--database", path, *args)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert "--help" in done.stderr
    assert not os.path.exists(path)


def test_a_name_has_no_effect_on_the_terminal(path: str) -> None:
    store = Store(path)
    for number, name in enumerate(["\x1b[2J\x1b]0;owned\x07", "a\r\nb", "\u202eabc", "\x9b31m", "\u2028", "a\tb"]):
        record(store, row(name, -number))
    store.close(DEADLINE_S)
    done = cli("--leaderboard", "--database", path)
    lines = done.stdout.split("\n")
    assert len(lines) == 8
    assert lines.pop() == ""
    assert all(line.isprintable() for line in lines)
    assert lines[1].endswith("\\x1b[2J\\x1b]0;owned\\x07")


def test_a_letter_that_the_terminal_lacks_is_written_as_its_number(path: str) -> None:
    store = Store(path)
    record(store, row("Zoë"))
    store.close(DEADLINE_S)
    done = cli("--leaderboard", "--database", path, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("Zo\\xeb\n")
