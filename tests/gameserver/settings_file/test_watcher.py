"""Tests of the watcher: a file is edited while a client plays on a real server."""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path
from typing import Iterator

import pytest

from gameserver.settings_file.reader import load
from gameserver.settings_file.watcher import SettingsWatcher
from gameserver.world.settings import GameSettings
from tests.Net.support import wait_until
from tests.support import Arena, plain_world, serving

EVERY_S = 0.02
START = "[game]\nkill_score = 100\n"


class Edited:
    """A server that watches a file, which the test edits. file: the file."""

    def __init__(self, arena: Arena, file: Path, log: pytest.LogCaptureFixture) -> None:
        self.arena = arena
        self.file = file
        self._log = log

    def write(self, text: str) -> None:
        """Saves the file as most editors do: a new file replaces the old one."""
        new = self.file.with_suffix(".new")
        new.write_text(text, encoding="utf-8")
        os.replace(new, self.file)

    def wait_for_line(self, part: str, count: int = 1) -> str:
        """Waits until the log has so many lines with this text; returns the last one."""
        wait_until(lambda: len(self._lines(part)) >= count, f"the log says {part!r}")
        return self._lines(part)[-1]

    def _lines(self, part: str) -> list[str]:
        return [record.getMessage() for record in self._log.records if part in record.getMessage()]

    def warnings(self) -> list[str]:
        return [record.getMessage() for record in self._log.records if record.levelno >= logging.WARNING]


@pytest.fixture
def edited(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Edited]:
    caplog.set_level(logging.INFO)
    with watching(tmp_path / "game.ini", caplog) as made:
        yield made


@contextlib.contextmanager
def watching(file: Path, log: pytest.LogCaptureFixture) -> Iterator[Edited]:
    file.write_text(START, encoding="utf-8")
    flags = {"map_size": 3000.0, "animals": 0, "rocks": 0, "gold": 0, "trees_per_area": 0, "bushes_per_area": 0}
    settings = load(str(file), GameSettings, flags)
    with serving(settings) as arena:
        watcher = SettingsWatcher(arena.server, str(file), lambda: load(str(file), GameSettings, flags), EVERY_S)
        watcher.start()
        try:
            yield Edited(arena, file, log)
        finally:
            watcher.stop()


def test_a_change_applies_to_all_rooms_and_clients_are_told(edited: Edited) -> None:
    ann, bob = edited.arena.join("Ann", room="a"), edited.arena.join("Bob", room="b", as_text=True)
    edited.write("[game]\nkill_score = 7\nplayer_speed = 500\n[weapon tool hammer]\ndamage = 2\n")
    for player in (ann, bob):
        told = player.receive_until(
            lambda packet: packet.id == "SETTINGS" and packet.args[0]["weapons"][0]["damage"] == 50.0, "the new damage"
        )[-1].args[0]
        assert told["player_speed"] == 500.0
        settings = edited.arena.room(player).game.settings
        assert (settings.kill_score, settings.player_speed, settings.weapons[0].damage) == (7, 500.0, 2.0)
    said = edited.wait_for_line("changed now")
    assert said == (
        f"{edited.file}: changed now: kill_score: 7 (was 100); player_speed: 500.0 (was 300.0); "
        "damage of [weapon tool hammer]: 2.0 (was 1.0)"
    )
    assert edited.warnings() == []


def test_a_line_that_is_removed_gives_the_default_again(edited: Edited) -> None:
    ann = edited.arena.join("Ann")
    edited.write("[game]\nplayer_speed = 500\n")
    assert ann.wait_for("SETTINGS")[0]["player_speed"] == 500.0
    edited.write("[game]\n")
    assert ann.wait_for("SETTINGS")[0]["player_speed"] == 300.0


def test_the_room_takes_a_new_tick_rate(edited: Edited) -> None:
    ann = edited.arena.join("Ann")
    edited.write(START + "tick_rate = 40\n")
    assert ann.wait_for("SETTINGS")[0]["tick_rate"] == 40
    assert edited.arena.room(ann).clock.rate == 40


def test_a_change_of_what_a_match_cannot_change_waits_for_the_next_room(edited: Edited) -> None:
    ann = edited.arena.join("Ann", room="old")
    edited.write(START + "teams = 2\n[animal cow]\nscale = 2\nrun = 0.5\n")
    said = edited.wait_for_line("changed in rooms that open from now on")
    assert said.endswith("teams: 2 (was 0); scale of [animal cow]: 2.0 (was 1.2)")
    assert edited.wait_for_line("changed now").endswith("changed now: run of [animal cow]: 0.5 (was 0.9)")
    old = edited.arena.room(ann).game.settings
    assert (old.teams, old.species[0].scale, old.species[0].run) == (0, 1.2, 0.5)
    bob = edited.arena.join("Bob", room="new")
    new = edited.arena.room(bob).game.settings
    assert (new.teams, new.species[0].scale, new.species[0].run) == (2, 2.0, 0.5)
    assert edited.warnings() == []


def test_a_room_keeps_what_an_operator_has_changed_until_the_file_changes_it(edited: Edited) -> None:
    ann = edited.arena.join("Ann")
    edited.arena.room(ann).change_setting("bite_damage", 77.0)
    edited.write(START + "player_speed = 500\n")
    ann.receive_until(lambda packet: packet.id == "SETTINGS" and packet.args[0]["player_speed"] == 500.0, "the change")
    assert edited.arena.room(ann).game.settings.bite_damage == 77.0


BROKEN = {
    "a typing mistake": "[game]\nkil_score = 1\n",
    "out of range": "[game]\nkill_score = -1\n",
    "empty": "",
    "half a line": "[game]\nkill_sco",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=list(BROKEN))
def test_a_file_with_a_mistake_is_one_line_and_changes_nothing(edited: Edited, text: str) -> None:
    ann = edited.arena.join("Ann")
    before = edited.arena.room(ann).game.settings
    edited.write(text)
    said = edited.wait_for_line("all settings stay as they are")
    assert said.startswith(f"{edited.file}")
    assert edited.arena.server.game_settings == before
    edited.write(START + "player_speed = 500\n")
    assert ann.wait_for("SETTINGS")[0]["player_speed"] == 500.0
    assert edited.warnings() == [said]


def test_a_file_that_vanishes_is_one_line_and_comes_back(edited: Edited) -> None:
    ann = edited.arena.join("Ann")
    edited.file.unlink()
    said = edited.wait_for_line("it cannot be read: No such file or directory; all settings stay as they are")
    edited.write(START + "player_speed = 500\n")
    assert ann.wait_for("SETTINGS")[0]["player_speed"] == 500.0
    assert edited.warnings() == [said]


def test_a_file_that_is_being_written_is_read_when_it_is_whole(tmp_path: Path) -> None:
    """The first half is a valid file too, and would set the speed back to its default."""
    file = tmp_path / "game.ini"
    whole = "[game]\nkill_score = 7\nplayer_speed = 500\n"
    file.write_text(whole, encoding="utf-8")
    seen: list[float] = []
    with serving(load(str(file), GameSettings, {"map_size": 3000.0})) as arena:

        def read() -> GameSettings:
            settings = load(str(file), GameSettings, {"map_size": 3000.0})
            seen.append(settings.player_speed)
            return settings

        watcher = SettingsWatcher(arena.server, str(file), read)
        for text in (whole, whole[:-20], whole[:-10], whole + "meal_food = 3\n"):
            file.write_text(text, encoding="utf-8")
            watcher.look()
        watcher.look()
        watcher.look()
        assert seen == [500.0]
        assert arena.server.game_settings.meal_food == 3


def test_a_room_that_was_being_made_during_a_change_is_changed_at_the_next_look(tmp_path: Path) -> None:
    file = tmp_path / "game.ini"
    file.write_text("[game]\nplayer_speed = 500\n", encoding="utf-8")
    before = plain_world()
    with serving(before) as arena:
        watcher = SettingsWatcher(
            arena.server, str(file), lambda: load(str(file), GameSettings, {"time_limit_s": None})
        )
        watcher.look()
        watcher.look()
        new = arena.server.game_settings
        arena.server.use_settings(before)  # a thread has read these settings for its room a moment ago
        room = arena.server.create_room()
        arena.server.use_settings(new)
        assert room.game.settings.player_speed == 300.0
        watcher.look()
        assert room.game.settings.player_speed == 500.0
