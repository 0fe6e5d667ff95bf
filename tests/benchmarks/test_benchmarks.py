"""The benchmarks measure what they say. Each server here does one thing badly, and its figure must show it.

These servers run in the test's process, the players in another. Bounds are so wide that a machine that is busy with
other programs stays within them.
"""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable

import pytest

from gameserver.game import Game
from gameserver.world.settings import GameSettings
from tests.benchmarks import arena, codec, game, growth, most, report, wire_bytes
from tests.benchmarks.__main__ import BENCHMARKS
from tests.benchmarks.experiment import ROOT, TICK_RATE, Outcome, Setup, merged, play
from tests.benchmarks.figures import doubts, percentile, row_of
from tests.benchmarks.load import Plan
from tests.benchmarks.load_client import Record
from tests.benchmarks.report import Spread, medians
from tests.benchmarks.serve import Arena
from tests.benchmarks.usage import PATH, Usage, usage_page
from tests.support import plain_world, serving

pytestmark = pytest.mark.benchmark

PLAYERS = 20
SETUP = Setup(
    clients=PLAYERS,
    players=PLAYERS,
    plan=Plan(port=0, clients=0, numbered_every=1),
    seconds=1.5,
    warm_up_s=0.3,
)


def measured(
    make_game: Callable[[GameSettings], Game] = Arena, setup: Setup = SETUP, **settings: Any
) -> dict[str, Any]:
    """The figures of a server with such a game."""
    world = plain_world(**{"cell_size": 14400, "tick_rate": TICK_RATE, **settings})
    with serving(world, make_game=make_game, max_players=setup.players) as host:
        host.server.add_page(PATH, lambda: usage_page(host.server))
        return row_of(setup, play(setup, host.port))


def test_a_server_that_does_all_it_should_is_seen_to_do_so() -> None:
    row = measured()
    assert row["lost"] == 0
    assert 40 < row["delivered %"] < 150
    assert 0 < row["interval p50 ms"] <= row["interval p99 ms"]
    assert 0 < row["round trip p50 ms"] <= row["round trip p99 ms"]
    assert 0 < row["input p50 ms"] <= row["input p99 ms"]
    assert 0 < row["join p50 ms"] <= row["join p99 ms"]
    assert 0 < row["server cores"] < 1
    assert row["CPU ms/tick"] > 0
    assert 0.1 < row["kB/s a player"] < 10
    assert row["threads"] > PLAYERS
    assert row["memory MB"] > 10
    for command in (arena, game, growth, most):
        assert {*command.COLUMNS} <= {*row, "what"}


def test_a_server_that_skips_four_of_five_snapshots_delivers_one_of_five() -> None:
    row = measured(tick_rate=TICK_RATE // 5)
    assert 5 < row["delivered %"] < 35
    assert row["least STATEs/s"] <= row["median STATEs/s"] < 0.35 * TICK_RATE
    assert row["interval p50 ms"] > 150


class Busy(Arena):
    """Uses 15 ms of CPU for each tick."""

    def update(self, delta_time: float) -> None:
        end_s = time.thread_time() + 0.015
        while time.thread_time() < end_s:
            pass
        super().update(delta_time)


def test_work_that_a_server_does_is_in_its_cpu_time() -> None:
    row = measured(Busy)
    assert 14 < row["CPU ms/tick"] < 60
    assert row["us/client-tick"] == pytest.approx(1e6 * row["server cores"] / (PLAYERS * TICK_RATE))


class Stuttering(Arena):
    """Stands still for a quarter of a second, every 10 ticks."""

    def update(self, delta_time: float) -> None:
        if self.tick % 10 == 0:
            time.sleep(0.25)
        super().update(delta_time)


def test_ticks_that_come_late_show_in_the_intervals() -> None:
    row = measured(Stuttering)
    assert row["interval p99 ms"] > 200
    assert row["late ticks %"] > 4
    assert row["input p99 ms"] > 150


class Failing(Arena):
    """Fails for good after two seconds, so that its room is closed."""

    def update(self, delta_time: float) -> None:
        if self.tick > 2 * TICK_RATE:
            raise RuntimeError("this is how it fails")
        super().update(delta_time)


def test_a_server_that_fails_can_not_hide_behind_what_it_sent_before() -> None:
    row = measured(Failing, replace(SETUP, seconds=3.0))
    assert row["lost"] == PLAYERS
    assert row["delivered %"] < 60
    assert row["interval p99 ms"] > 1000, "the silence at the end counts"
    assert row["input p99 ms"] > 1000


class Deaf(Arena):
    """Applies no input."""

    def process_input(self, player_id: int, input_data: tuple[Any, ...]) -> None:
        pass


def test_inputs_that_are_never_applied_count_with_their_age() -> None:
    row = measured(Deaf, replace(SETUP, seconds=2.5))
    assert row["input p50 ms"] > 1000
    assert row["delivered %"] > 40


# The figures -------------------------------------------------------------------------------------------------


def outcome_of(record: Record, other_cores: float | None = None) -> Outcome:
    usage = Usage(0.0, 0.0, 0.0, 0, 1, 0, 0, "Python")
    return Outcome(record, usage, usage, usage, usage, other_cores, seconds=1.0)


def test_a_load_that_could_not_keep_up_is_named() -> None:
    assert doubts(SETUP, outcome_of(Record(cpu_s=0.5))) == []
    busy, late = Record(cpu_s=0.95), Record(cpu_s=0.5)
    late.lags_ms.extend([1.0] * 90 + [50.0] * 10)
    for record in (busy, late):
        assert "COULD NOT KEEP UP" in doubts(SETUP, outcome_of(record))[0]


def test_what_else_spoils_a_measurement_is_named() -> None:
    record = Record()
    record.note("the server hung up")
    assert "hung up" in doubts(SETUP, outcome_of(record))[0]
    assert "other programs" in doubts(SETUP, outcome_of(Record(), other_cores=0.5))[0]
    assert "the server's CPUs" in doubts(replace(SETUP, cpus=(0,), load_cpus=(0, 1)), outcome_of(Record()))[0]


def test_records_of_several_processes_become_one() -> None:
    one, other = Record(cpu_s=0.25, snapshots=[1, 2], lost=1), Record(cpu_s=0.5, snapshots=[3])
    one.intervals_ms.append(50.0)
    other.intervals_ms.append(60.0)
    one.packets[42], other.packets[42], other.packets[34] = 1, 2, 5
    whole = merged([one, other])
    assert (whole.cpu_s, whole.snapshots, whole.lost) == (0.75, [1, 2, 3], 1)
    assert list(whole.intervals_ms) == [50.0, 60.0]
    assert whole.packets == {42: 3, 34: 5}


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert percentile(range(100, 0, -1), 0.5) == 51
    assert percentile(range(100), 0.99) == 99
    assert percentile([7], 0.99) == 7
    assert math.isnan(percentile([], 0.5))


def test_repeated_runs_become_medians_and_ranges() -> None:
    runs = [
        {"what": what, "us": us, "lost": lost}
        for what, us, lost in (("a", 3, 1), ("b", 9, 0), ("a", 1, 0), ("a", 2, 0))
    ]
    first, second = medians(runs, ["what"], spreads=("us",))
    assert first == {"what": "a", "us": Spread(2, 1, 3), "lost": 0}
    assert str(first["us"]) == "2.00 (1.00-3.00)"
    assert second == {"what": "b", "us": 9, "lost": 0}


@pytest.mark.parametrize("capacity", [0, 19, 20, 150, 399, 400, 401, 999, 1100, 3000])
@pytest.mark.parametrize("start", [20, 400, 2000])
def test_the_most_players_are_found_to_a_twentieth(capacity: int, start: int) -> None:
    tried: list[int] = []

    def is_held(clients: int) -> bool:
        tried.append(clients)
        return clients <= capacity

    found = most.find_most(is_held, start, limit=6000, in_a_room=20)
    assert found % 20 == 0
    assert found <= capacity < found + max(40, 1.1 * most.GAP * capacity)
    assert len(tried) == len(set(tried)) <= 40


def test_the_search_ends_at_its_limit() -> None:
    assert most.find_most(lambda _: True, 20, limit=100, in_a_room=20) == 100


@pytest.mark.parametrize("name", codec.steps())
def test_every_step_of_the_codec_is_a_step_that_works(name: str) -> None:
    step, count = codec.steps()[name]
    result = step()
    assert result
    assert count == 1 or len(result) == count


def test_growth_is_called_flat_only_where_all_were_served() -> None:
    small, large = (
        {"us/client-tick": 20.0, "delivered %": 100.0},
        {"us/client-tick": Spread(23, 1, 99), "delivered %": 99.0},
    )
    assert "15 % above" in growth.flatness([small, large])
    assert "1 of 2" in growth.flatness([small, {**large, "delivered %": 50.0}])


def test_the_readme_names_every_benchmark() -> None:
    readme = (ROOT / "tests" / "README.md").read_text(encoding="utf-8")
    assert [name for name, *_ in BENCHMARKS if f"| `{name}` |" not in readme] == []


# The commands ------------------------------------------------------------------------------------------------


def run_command(*arguments: str) -> list[dict[str, Any]]:
    """Runs the command as a user does; returns the rows that it has written."""
    command = [sys.executable, "-m", "tests.benchmarks", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        printed, _ = process.communicate(timeout=PATIENCE_S)
    finally:
        process.send_signal(signal.SIGINT)  # after its end, this is harmless; before it, the command stops its server
        process.communicate()
    assert process.returncode == 0
    file = Path(printed.rpartition("written to ")[2].splitlines()[0])
    assert file.parent == report.RESULTS
    rows: list[dict[str, Any]] = json.loads(file.read_text())["rows"]
    file.unlink()
    return rows


PATIENCE_S = 120.0
SHORT = ("--seconds", "1", "--warm-up", "0.3", "--joins", "1000")


@pytest.mark.timeout(PATIENCE_S + 30)
@pytest.mark.parametrize(
    "arguments",
    [
        ("game", "--rooms", "2x10"),
        ("most", "--start", "20", "--limit", "20", "--tries", "1"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_command_starts_a_server_of_its_own_and_measures_it(arguments: tuple[str, ...]) -> None:
    for row in run_command(*arguments, *SHORT):
        assert row["lost"] == 0
        assert not any("ERROR" in doubt for doubt in row["doubts"])
        assert row["us/client-tick"] > 0
        assert 0 < row["delivered %"] < 200
        assert row["kB a connection"] > 1


@pytest.mark.timeout(PATIENCE_S + 30)
def test_the_bytes_are_those_of_all_packets() -> None:
    rows = run_command("bytes", *SHORT)
    walking, standing, turning = (row for row in rows if row["packet"] == "STATE")
    assert standing["bytes a packet"] < walking["bytes a packet"] < turning["bytes a packet"]
    assert standing["entities in a packet"] < 1 < walking["entities in a packet"] <= wire_bytes.IN_VIEW + 1
    for row in rows:
        parts = [part["bytes/s a player"] for part in rows if part["what"] == row["what"] and part["packet"] != "all"]
        assert row["packet"] != "all" or row["bytes/s a player"] == pytest.approx(sum(parts))
        assert row["bytes a packet"] == pytest.approx(row["bytes/s a player"] / row["packets/s a player"])


def test_the_codec_has_a_time_for_every_step() -> None:
    rows = run_command("codec", "--seconds", "0.002", "--repeat", "2")
    assert len(rows) == len(codec.steps()) + 2 * len(codec.MASKED_SIZES)
    assert all(0 < row["least us"] <= row["median us"] <= row["most us"] for row in rows)
