"""Tests of --dev on a real server: its game and its pages are edited while clients play."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import time
from pathlib import Path

import pytest

from gameserver.client import GameClient
from tests.gameserver.dev.running import GAME, edited, eventually, until_restart
from tests.Net.support import DEADLINE_S
from tests.test_run_server import SCRIPT, assert_one_clear_sentence, needs_posix_signals, run

pytestmark = pytest.mark.slow

# A restart takes less than 2 s on a quiet machine. The tests print the time, and allow a busy one much more.
ALLOWED_S = 15.0


def x_of(client: GameClient) -> int | None:
    runner = client.state.get("entities", {}).get("runner", {}).get(client.player_id, {})
    x: int | None = runner.get("x")
    return x


def run_to(client: GameClient, x: int, inputs: int) -> None:
    for _ in range(inputs):
        client.input("run")
    client.wait_for(lambda: x_of(client) == x)


def test_two_players_keep_seats_scores_and_places_and_get_the_new_rule(tmp_path: Path) -> None:
    with edited(tmp_path) as server:
        ann, bob = server.join("Ann"), server.join("Bob")
        run_to(ann, 3, 3)
        run_to(bob, 2, 2)
        ids, tick = (ann.player_id, bob.player_id), ann.state["tick"]
        saved_s = server.change("STEP = 1", "STEP = 10")
        until_restart(ann, bob)
        ann.wait_for(lambda: ann.state.get("step") == 10)
        took_s = time.monotonic() - saved_s
        print(f"from saving the file to the first state of the new code: {took_s:.2f} s")
        assert took_s < ALLOWED_S
        assert (ann.player_id, bob.player_id) == ids
        assert ann.state["tick"] >= tick
        run_to(ann, 13, 1)
        run_to(bob, 12, 1)
        bob.wait_for(lambda: bob.scores == {ids[0]: 4, ids[1]: 3})


def test_of_several_quick_changes_the_last_one_runs(tmp_path: Path) -> None:
    """A change may come while a successor starts, and while it takes over."""
    with edited(tmp_path) as server:
        ann = server.join("Ann")
        for step in range(1, 6):
            server.change(f"STEP = {step}", f"STEP = {step + 1}")
            time.sleep(0.3)  # so that they come in all phases of a restart
        deadline_s = time.monotonic() + ALLOWED_S
        while ann.state.get("step") != 6:
            assert time.monotonic() < deadline_s, "the last change does not run"
            until_restart(ann)
            ann.wait_for(lambda: "step" in ann.state)
        run_to(ann, 6, 1)


def test_a_change_of_the_same_size_in_the_same_second_runs(tmp_path: Path) -> None:
    """Python compares only these two before it runs bytecode that it has kept."""
    with edited(tmp_path) as server:
        ann = server.join("Ann")
        before_ns = server.game.stat().st_mtime_ns
        new = tmp_path / "new.py"
        new.write_text(GAME.replace("STEP = 1", "STEP = 2"), encoding="utf-8")
        same_second_ns = before_ns - before_ns % 10**9 + (before_ns + 1) % 10**9
        os.utime(new, ns=(same_second_ns, same_second_ns))
        os.replace(new, server.game)
        until_restart(ann)
        run_to(ann, 2, 1)


def test_with_a_syntax_error_the_old_code_plays_on_and_all_are_told_until_it_is_mended(tmp_path: Path) -> None:
    with edited(tmp_path) as server:
        ann, page = server.join("Ann"), server.told()
        assert page.next()["problem"] is None
        server.change("STEP = 1", "STEP = = 1")
        problem = page.next()["problem"]
        assert re.search(r"count\.py:4: invalid syntax", problem)
        assert problem in server.wait_for_line("count.py:4")
        run_to(ann, 1, 1)
        admin = server.told()  # every page gets it, also one that comes later
        assert admin.next()["problem"] == problem
        server.change("STEP = = 1", "STEP = 2")
        until_restart(ann)
        run_to(ann, 3, 1)
        again = server.told()
        assert again.next()["problem"] is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("STEP = 1", "STEP = one", r"count\.py:4: NameError: name 'one' is not defined"),
        ("def get_game_state", "def get_state", r"count\.py:6: the class Count must have the method get_game_state"),
        ("for runner in self.players", "for runner in self.runners", r"count\.py:17: AttributeError: .*'runners'"),
        ("class Count", "class Account", r"plays on: \S*count\.py: there is no class Count"),
    ],
    ids=["import", "missing method", "first tick", "another class"],
)
def test_an_error_that_shows_only_when_the_code_runs_ends_no_match(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    with edited(tmp_path) as server:
        ann, page = server.join("Ann"), server.told()
        page.next()
        run_to(ann, 1, 1)
        server.change(old, new)
        assert re.search(said, "plays on: " + page.next()["problem"])
        assert re.search(said, server.wait_for_line("the old code plays on"))
        run_to(ann, 2, 1)


TRACK = "class Track:\n    width = 7\n\n"
RESET = """
    modules = ()

    def reset(self):
        super().reset()
        self.wind, self.track = 5, Track()

    def add_player("""


def test_attributes_that_are_new_or_gone_and_a_class_that_moved_are_said(tmp_path: Path) -> None:
    before = GAME.replace("class Count", TRACK + "class Count").replace("\n    def add_player(", RESET)
    after = before.replace(TRACK, "import track\n\n").replace("modules = ()", "modules = (track,)")
    after = after.replace("self.wind,", "self.sun,").replace("Track()", "track.Track()")
    (tmp_path / "track.py").write_text(TRACK, encoding="utf-8")
    with edited(tmp_path, game=before) as server:
        ann = server.join("Ann")
        run_to(ann, 1, 1)
        server.change(before, after.replace("runner.x = 0", "runner.x = runner.rain = 0"))
        until_restart(ann)
        run_to(ann, 2, 1)
        for said in (
            "class Track has moved from count to track",
            "Count.wind is gone: dropped",
            "Count.sun is new: it has its default",
            "Player.rain is new: it has its default",
        ):
            server.wait_for_line(f"room room-1: {said}")


def test_a_match_that_cannot_go_on_with_the_new_code_goes_on_with_the_old(tmp_path: Path) -> None:
    game = GAME.replace("runner.x = 0", "runner.x, runner.track = 0, Track()").replace("class C", TRACK + "class C")
    with edited(tmp_path, game=game) as server:
        ann, page = server.join("Ann"), server.told()
        page.next()
        run_to(ann, 1, 1)
        server.change("Track", "Street")
        assert re.match("room room-1 cannot go on with the new code: .*Track", page.next()["problem"])
        run_to(ann, 2, 1)


def test_a_match_that_cannot_be_saved_goes_on_with_the_old_code(tmp_path: Path) -> None:
    with edited(tmp_path, game=GAME.replace("runner.x = 0", "runner.x, runner.plan = 0, lambda: 5")) as server:
        ann, page = server.join("Ann"), server.told()
        page.next()
        server.change("STEP = 1", "STEP = 2")
        assert re.match(r"room room-1 cannot go on with the new code: .*plan", page.next()["problem"])
        run_to(ann, 1, 1)


def test_a_changed_page_is_read_again_and_the_match_goes_on_undisturbed(tmp_path: Path) -> None:
    with edited(tmp_path) as server:
        ann, page = server.join("Ann"), server.told()
        version = page.next()["pages"]
        assert f'data-pages="{version}"' in server.fetch("/")
        server.change("<p>first</p>", "<p>second</p>", server.page)
        changed = page.next()["pages"]
        assert changed != version
        assert "<p>second</p>" in server.fetch("/")
        assert f'data-pages="{changed}"' in server.fetch("/admin")
        (server.page.parent / "more.js").write_text("export {};", encoding="utf-8")
        page.next()
        assert server.fetch("/more.js") == "export {};"
        (server.page.parent / "more.js").unlink()
        page.next()
        assert server.server.status_of("/more.js") == 404
        run_to(ann, 1, 1)
        assert server.lines("the new code runs") == []


def test_files_of_the_rich_game_are_taken_too(tmp_path: Path) -> None:
    for name in ("Net", "gameserver"):
        shutil.copytree(SCRIPT.parent / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(SCRIPT, tmp_path)
    with edited(tmp_path, script=tmp_path / SCRIPT.name, game=None) as server:
        ann = server.join("Ann")
        heard: list[str] = []
        ann.on("CHAT", lambda _, text: heard.append(text))
        ann.chat("hello")
        ann.wait_for(lambda: heard == ["hello"])
        player_id = ann.player_id
        server.change(
            '("CHAT", (seat.info.id, text))',
            '("CHAT", (seat.info.id, text.upper()))',
            tmp_path / "gameserver" / "handlers.py",
        )
        until_restart(ann)
        ann.chat("hello")
        ann.wait_for(lambda: heard == ["hello", "HELLO"])
        assert ann.player_id == player_id


def test_bots_come_anew_and_nobody_waits_for_the_old_ones(tmp_path: Path) -> None:
    with edited(tmp_path, "--bots", "2") as server:
        ann = server.join("Ann")
        ann.wait_for(lambda: len(ann.players) == 3)
        server.change("STEP = 1", "STEP = 2")
        until_restart(ann)
        server.wait_for_line("restore {'players': 1}")
        server.wait_for_line("join", 5)
        ann.wait_for(lambda: len(ann.players) == 3)
        run_to(ann, 2, 1)


def test_the_file_of_restore_is_used_and_stays(tmp_path: Path) -> None:
    rooms = tmp_path / "rooms"
    with edited(tmp_path, "--restore", str(rooms)) as server:
        ann = server.join("Ann")
        run_to(ann, 1, 1)
        server.change("STEP = 1", "STEP = 2")
        until_restart(ann)
        run_to(ann, 3, 1)
    assert rooms.stat().st_size > 1000
    assert list(tmp_path.glob("rooms.damaged*")) == []


def is_open(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


@needs_posix_signals
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_the_server_ends_with_the_supervisor(tmp_path: Path, number: int) -> None:
    with edited(tmp_path) as server:
        port = server.server.port
        assert is_open(port)
        os.kill(server.server.process.pid, number)
        eventually(lambda: not is_open(port), "the port is free")
        expected = -number if number == signal.SIGKILL else 0
        assert server.server.process.wait(DEADLINE_S) == expected


def test_a_first_start_that_fails_ends_with_the_usual_sentence(tmp_path: Path) -> None:
    process = run("--dev", "--game", str(tmp_path / "none.py"))
    assert process.returncode == 2
    assert_one_clear_sentence(process.stderr)
