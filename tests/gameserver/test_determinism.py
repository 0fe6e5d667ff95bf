"""The same seed and the same inputs give the same match: twice in one process, and on every Python."""

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

import pytest

from gameserver.game import Game
from gameserver.settings import GameSettings

ROOT = Path(__file__).resolve().parents[2]
TICKS = 10_000

# What `play` and `state_hash` need. Other interpreters get these functions as text: they may have no pytest, which
# this file imports.
PROLOGUE = """
from __future__ import annotations
import hashlib, json, random
from gameserver.game import Game
from gameserver.settings import GameSettings
"""


def play(ticks: int, seed: int = 7) -> Game:
    """A scripted match in which everything happens: all inputs, fights, animals, joining, leaving, a reset."""
    settings = GameSettings(seed=seed, map_size=1500.0, animals=400, teams=2, animal_respawn_s=2.0, melee_damage=50.0)
    game = Game(settings)
    script = random.Random(seed + 1)
    players = 20
    for player_id in range(1, players + 1):
        game.add_player(player_id, f"player {player_id}")
    for tick in range(ticks):
        player_id = 1 + int(script.random() * players)
        chance = script.random()
        angle_rad = script.random() * 20 - 10
        if chance < 0.4:
            direction = int(script.random() * 9)
            game.process_input(player_id, ("MOVE", direction if direction < 8 else None, tick))
        elif chance < 0.7:
            game.process_input(player_id, ("SHOOT", angle_rad))
        elif chance < 0.98:
            game.process_input(player_id, ("ATTACK", chance < 0.9, angle_rad))
        else:
            game.remove_player(player_id)
            game.add_player(player_id, f"player {player_id}")
        if tick == ticks // 4:
            game.reset()
        game.update(1 / settings.tick_rate)
    return game


def state_hash(game: Game) -> str:
    return hashlib.sha256(json.dumps(game.get_game_state(), sort_keys=True).encode()).hexdigest()


@pytest.fixture(scope="module")
def long_match() -> Game:
    return play(TICKS)


@pytest.fixture(scope="module")
def long_hash(long_match: Game) -> str:
    return state_hash(long_match)


def other_pythons() -> list[str]:
    """One path for each other version from 3.8 on that this machine has."""
    found: dict[int, str] = {}
    for minor in range(8, 15):
        on_path = shutil.which(f"python3.{minor}")
        in_pyenv = sorted(Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python"))
        for candidate in [*map(str, in_pyenv), *([on_path] if on_path else [])]:
            if minor != sys.version_info.minor and _runs(candidate):
                found.setdefault(minor, candidate)
    return list(found.values())


def _runs(python: str) -> bool:
    """A shim can be on the PATH without an interpreter behind it."""
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


def test_the_script_lets_everything_happen(long_match: Game) -> None:
    results = long_match.results()
    assert sum(kills for _, _, _, _, kills, _ in results) > 10
    assert sum(deaths for _, _, _, _, _, deaths in results) > 10
    assert long_match.animals


def test_the_same_match_played_twice_ends_in_the_same_state(long_hash: str) -> None:
    assert state_hash(play(TICKS)) == long_hash


def test_another_seed_plays_another_match() -> None:
    assert state_hash(play(100, seed=7)) != state_hash(play(100, seed=8))


def test_other_pythons_play_the_same_match(long_hash: str) -> None:
    pythons = other_pythons()
    if not pythons:
        pytest.skip("no other Python from 3.8 on was found on the PATH or in ~/.pyenv/versions")
    program = "\n".join([PROLOGUE, getsource(play), getsource(state_hash), f"print(state_hash(play({TICKS})))"])

    def run(python: str) -> str:
        finished = subprocess.run([python, "-c", program], cwd=str(ROOT), capture_output=True, text=True, check=True)
        return finished.stdout.strip()

    with ThreadPoolExecutor(max_workers=2) as two_at_a_time:
        hashes = dict(zip(pythons, two_at_a_time.map(run, pythons)))
    assert hashes == dict.fromkeys(pythons, long_hash)
