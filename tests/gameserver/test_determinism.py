"""Tests of determinism: a recorded match ends in the same state each time, in one process and on every Python."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from inspect import getsource
from pathlib import Path
from typing import Any

import pytest

from gameserver.checkpoint.saved_game import save
from gameserver.game import Game
from gameserver.world.settings import GameSettings

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
TICKS = 10 * 60 * 20  # ten minutes
PLAYERS = 20
# The oldest Python that is supported, the one in the middle, and a new one.
MINOR_VERSIONS = (8, 11, 13)

# The imports of `replay` and `state_hash`. Other interpreters get these functions as text: they may have no pytest,
# which this file imports.
PROLOGUE = """
from __future__ import annotations
import hashlib, json, sys
from typing import Any
from gameserver.checkpoint.saved_game import save
from gameserver.game import Game
from gameserver.world.settings import GameSettings
from tests.gameserver.worlds import whole_state
"""

Recording = "list[list[Any]]"  # for each tick the calls before it: lists of a method of Game and its arguments


def record(ticks: int) -> Recording:
    """Makes up a match with all inputs, joining, leaving, lost connections, grants, rests and a reset."""
    script = random.Random(8)
    recording: Recording = [[] for _ in range(ticks)]
    recording[0] = [["add_player", player_id, f"player {player_id}"] for player_id in range(1, PLAYERS + 1)]
    recording[ticks // 4].append(["reset"])
    for calls in recording:
        player_id = 1 + int(script.random() * PLAYERS)
        angle_rad = script.random() * 20 - 10
        direction = int(script.random() * 9)
        chance = script.random()
        if chance < 0.005:
            calls += [["remove_player", player_id], ["add_player", player_id, f"player {player_id}"]]
        elif chance < 0.01:
            calls += [["set_connected", player_id, False], ["grant_resources", player_id, 40, 20, 10, 0]]
        elif chance < 0.015:
            calls.append(["rest", 1 + direction, 0.05])
        else:
            inputs: list[list[Any]] = [
                ["MOVE", direction if direction < 8 else None, direction],
                ["ATTACK", True, angle_rad],
                ["ATTACK", True, angle_rad],
                ["ATTACK", False, angle_rad],
                ["SHOOT", angle_rad],
                ["PLACE", direction % 2, angle_rad],
                ["EAT"],
                ["UPGRADE", direction % 8],
            ]
            calls.append(["process_input", player_id, inputs[int(script.random() * len(inputs))]])
    return recording


def replay(recording: Recording, seed: int = 7) -> Game:
    """Plays a recorded match."""
    settings = GameSettings(
        seed=seed, map_size=1500.0, animals=400, teams=2, animal_respawn_s=2.0, melee_damage=40.0, gather_experience=40
    )
    game = Game(settings)
    for calls in recording:
        for method, *arguments in calls:
            getattr(game, method)(*arguments)
        game.update(1 / settings.tick_rate)
    return game


def state_hash(game: Game) -> str:
    return hashlib.sha256(json.dumps(save(game), sort_keys=True).encode()).hexdigest()


@pytest.fixture(scope="module")
def recording() -> Recording:
    return record(TICKS)


@pytest.fixture(scope="module")
def match(recording: Recording) -> Game:
    return replay(recording)


def other_pythons() -> list[str]:
    """Returns a path for each other version of Python that this machine has."""
    found: dict[int, str] = {}
    for minor in MINOR_VERSIONS:
        on_path = shutil.which(f"python3.{minor}")
        in_pyenv = sorted(Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python"))
        for candidate in [*map(str, in_pyenv), *([on_path] if on_path else [])]:
            if minor != sys.version_info.minor and _runs(candidate):
                found.setdefault(minor, candidate)
    return list(found.values())


def _runs(python: str) -> bool:
    """Returns whether the path runs: a shim can be on the PATH without an interpreter behind it."""
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


def test_every_kind_of_event_happens_in_the_recording(match: Game) -> None:
    results = match.results()
    players = match.players.values()
    assert sum(kills for _, _, _, _, kills, _ in results) > 10
    assert sum(deaths for _, _, _, _, _, deaths in results) > 10
    assert {building.kind for building in match.buildings.values()} == {4, 5}
    assert sum(player.weapon > 0 for player in players) > 3
    assert any(not player.connected for player in players)
    assert all(sum(player.resources[kind] for player in players) for kind in range(3))
    assert match.animals


def test_the_same_match_played_twice_ends_in_the_same_state(recording: Recording) -> None:
    assert state_hash(replay(recording[:2000])) == state_hash(replay(recording[:2000]))


def test_another_seed_plays_another_match(recording: Recording) -> None:
    assert state_hash(replay(recording[:100], seed=7)) != state_hash(replay(recording[:100], seed=8))


@pytest.mark.timeout(240)  # a few seconds for each of them
def test_other_pythons_play_the_same_match(recording: Recording, match: Game, tmp_path: Path) -> None:
    pythons = other_pythons()
    if not pythons:
        pytest.skip("no other Python was found on the PATH or in ~/.pyenv/versions")
    file = tmp_path / "recording.json"
    file.write_text(json.dumps(recording))
    last_line = "print(state_hash(replay(json.load(open(sys.argv[1])))))"
    program = "\n".join([PROLOGUE, getsource(replay), getsource(state_hash), last_line])

    def run(python: str) -> str:
        command = [python, "-c", program, str(file)]
        return subprocess.run(command, cwd=str(ROOT), capture_output=True, text=True, check=True).stdout.strip()

    with ThreadPoolExecutor(max_workers=2) as two_at_a_time:
        hashes = dict(zip(pythons, two_at_a_time.map(run, pythons)))
    assert hashes == dict.fromkeys(pythons, state_hash(match))
