"""Tests of every flag of every command with odd values: an error in one sentence with exit status 2, or acceptance.

A new flag must get a row here.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Callable

import pytest

import run_server
from gameserver.admin.authentication import LONGEST_TOKEN
from gameserver.game import Game
from gameserver.results import leaderboard
from gameserver.results.recorder import FORGETFUL
from gameserver.server import GameServer
from Net.dissect import command as dissect_command
from tests.test_run_server import SCRIPT, assert_one_clear_sentence

# Texts that are no number for any flag.
NO_NUMBER = ["", " ", "x", "1x", "0x10", "1,5", "\udcff", "--", "9" * 5000 + "x", "1\n2", "\x1b[2J"]
NO_WHOLE_NUMBER = [*NO_NUMBER, "2.5", "1e3", "nan", "inf"]
NO_RANGE = ["-1", "1e300", "nan", "inf", "-inf"]
HUGE = ["9" * 30, "-" + "9" * 30]

REFUSED: dict[str, list[str]] = {
    "--host": [
        "a..b",
        " ",
        "*",
        "\udcff",
        "x" * 300,
        "[",
        "127.0.0.1:3000",
        "http://127.0.0.1",
        "fe80::1",
        "224.0.0.1",
    ],
    "--port": [*NO_WHOLE_NUMBER, *HUGE, "-1", "65536", "70000"],
    "--max-players": [*NO_WHOLE_NUMBER, *HUGE, "-1", "0", "1001"],
    "--max-rooms": [*NO_WHOLE_NUMBER, *HUGE, "-1", "0", "10001"],
    "--max-rooms-per-address": [*NO_WHOLE_NUMBER, *HUGE, "-1", "0", "10001"],
    "--dormant-after": ["nan", "-1", "soon", "-inf"],
    "--start-at": [*NO_WHOLE_NUMBER, *HUGE, "-1", "0", "41"],
    "--tick-rate": [*NO_WHOLE_NUMBER, *HUGE, "-1", "0", "121"],
    "--map-size": [*NO_NUMBER, *NO_RANGE, *HUGE, "0", "999", "65536"],
    "--seed": [*NO_WHOLE_NUMBER, *HUGE, "-1", str(2**63)],
    "--time-limit": [*NO_NUMBER, *NO_RANGE, *HUGE, "86401"],
    "--score-limit": [*NO_WHOLE_NUMBER, *HUGE, "-1", "0", "1000001"],
    "--mode": ["", "chess", "FREE-FOR-ALL", "\udcff"],
    "--teams": [*NO_WHOLE_NUMBER, *HUGE, "-1", "1", "5"],
    "--max-message": [*NO_WHOLE_NUMBER, *HUGE, "-1", "0", "1", "1023", str(2**30)],
    "--max-fragments": [*NO_WHOLE_NUMBER, *HUGE, "-1", "0", str(2**30)],
    "--allow-origin": [
        "",
        " ",
        "game.example",
        "file://",
        "http://a/b",
        "http://a?b",
        "ws://a",
        "http://",
        "*.example",
    ],
    "--host-name": [
        "",
        " ",
        "http://a",
        "a:80",
        "a/",
        "a..b",
        ".",
        "*",
        "*.example",
        "\udcff",
        "x" * 64,
        "1.2.3",
        "a b",
    ],
    "--trusted-proxy": ["", "localhost", "0.0.0.0", "::", "10.0.0.0/8", "127.0.0.1:80", "224.0.0.1", "\udcff", "[::1]"],
    "--bots": [*NO_WHOLE_NUMBER, *HUGE, "-1", "1001"],
    "--database": ["", " ", "/", ".", os.devnull],
    "--drain": [*NO_NUMBER, *NO_RANGE, *HUGE, "86401"],
    "--settings": ["", " ", "/", ".", os.devnull, "no/such/file.ini", "a\x00b", "\udcff"],
    "--game": [
        "",
        " ",
        ":",
        ":Game",
        ".",
        "/",
        "no.such.module",
        "no such module:Game",
        "no/such/file.py",
        "gameserver.game:",
        "gameserver.game:Gmae",
        "gameserver.game:World",
        "gameserver.base_game:BaseGame",
        "a\x00b.py",
        "\udcff",
        "\udcff.py",
        "C:\\games\\snake.py:Snake",
    ],
    "--setting": [
        "",
        " ",
        "teams",
        "=",
        "=3",
        "kil_score=3",
        "kill_score=",
        "kill_score=x",
        "kill_score=-1",
        "kill_score=2.5",
        "weapons=3",
        "mode=chess",
        "\udcff=3",
        "teams=\udcff",
    ],
    "--web": ["", " ", "/", ".", os.devnull, "no/such/folder", "a\x00b", "\udcff"],
    "--restore": ["", " ", "/", ".", os.devnull, ":memory:", "no/such/folder"],
    "--admin-token": [
        "",
        " ",
        " a",
        "a ",
        "\udcff",
        "a\udcffb",
        "a\nb",
        "a\x00b",
        "a\x1b[2J",
        "\u2028",
        "\u202e",
        "x" * 201,
    ],
    "--trace": [
        "",
        "localhost",
        "0.0.0.0",
        "::",
        "1.2.3.4:0",
        "1.2.3.4:70000",
        "1.2.3.4:-5",
        "1.2.3.4:+5",
        "ALL",
        "\udcff",
    ],
    "--trace-as": ["", "json", "\udcff", "full"],  # full: without --trace there is nothing to print
    "--log-level": ["", "loud", "INFO", "\udcff"],
}
# Flags without a value, and those that end at once.
SWITCHES = {"--dev", "--help", "-h", "--version", "--compress", "--classroom", "--print-settings"}

Check = Callable[[GameServer], object]
TAKEN: list[tuple[str, str, Check, object]] = [
    ("--max-message", "1024", lambda server: server.limits.message_bytes, 1024),
    ("--max-fragments", "1", lambda server: server.limits.fragments, 1),
    ("--time-limit", "0", lambda server: server.game_settings.time_limit_s, None),
    ("--bots", "0", lambda server: server.settings.bots, 0),
    ("--drain", "86400", lambda server: server.settings.drain_s, 86400),
    ("--max-players", "1000", lambda server: server.settings.max_players, 1000),
    ("--setting", "kill_score=7", lambda server: server.game_settings.kill_score, 7),
    ("--setting", " start_resources = 1, 2, 3, 4 ", lambda server: server.game_settings.start_resources, (1, 2, 3, 4)),
    ("--seed", str(2**63 - 1), lambda server: server.game_settings.seed, 2**63 - 1),
    ("--trusted-proxy", "::ffff:10.0.0.1", lambda server: server.settings.trusted_proxies, ("10.0.0.1",)),
    ("--trusted-proxy", "0:0::1", lambda server: server.settings.trusted_proxies, ("::1",)),
]


def flags_of(parser: argparse.ArgumentParser) -> set[str]:
    return {flag for action in parser._actions for flag in action.option_strings}


def refusal(
    main: Callable[[], int], command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    """Runs a command that must refuse its arguments; returns its standard error."""
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit) as ended:
        sys.exit(main())
    output = capsys.readouterr()
    assert ended.value.code == 2, output
    assert output.out == ""
    return output.err


def test_every_flag_of_the_server_has_a_row() -> None:
    assert flags_of(run_server.make_parser()) == REFUSED.keys() | SWITCHES


@pytest.mark.parametrize(("flag", "value"), [(flag, value) for flag, values in REFUSED.items() for value in values])
def test_a_value_that_makes_no_sense_is_refused_in_one_sentence(
    flag: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    command = ["run_server.py", "--database", ":memory:", "--port", "0", "--host", "127.0.0.1", f"{flag}={value}"]
    said = refusal(run_server.main, command, monkeypatch, capsys)
    assert_one_clear_sentence(said.encode("utf-8", "backslashreplace").decode())
    assert said.rstrip("\n").isprintable()
    assert len(said) < 600
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("flag", "value", "found", "expected"), TAKEN, ids=[f"{flag} {value}" for flag, value, *_ in TAKEN]
)
def test_a_value_at_the_edge_is_taken(flag: str, value: str, found: Check, expected: object) -> None:
    args = run_server.make_parser().parse_args([f"{flag}={value}"])
    assert found(run_server.make_server(args, Game, FORGETFUL)) == expected


@pytest.mark.skipif(os.name == "nt", reason="arguments are text on Windows")
@pytest.mark.parametrize(
    "flag",
    [
        "--host",
        "--host-name",
        "--allow-origin",
        "--admin-token",
        "--trusted-proxy",
        "--trace",
        "--mode",
        "--port",
        "--fly",
    ],
)
def test_bytes_that_are_no_text_are_refused_in_one_sentence(flag: str) -> None:
    command: list[bytes | str] = [sys.executable, str(SCRIPT), "--database", ":memory:", "--port", "0"]
    done = subprocess.run([*command, flag.encode() + b"=\xff\xfe"], capture_output=True, check=False, timeout=30)
    assert done.returncode == 2
    assert_one_clear_sentence(done.stderr.decode())


@pytest.mark.parametrize("token", ["x", "open sesame", "x" * LONGEST_TOKEN, "Schlüssel", "ключ", "鍵", "🔑"])
def test_any_token_that_can_be_typed_is_taken(token: str) -> None:
    run_server.OperatorAuthentication(token)


# Files --------------------------------------------------------------------------------------------------------

SAME_FILE = [
    ("game.db", "game.db"),
    ("game.db", "./game.db"),
    ("game.db", "folder/../game.db"),
    ("game.db", "{folder}/game.db"),
    ("game.db", "game.db-wal"),
    ("game.db", "game.db-shm"),
    ("game.db", "game.db-journal"),
    ("rooms.state.new", "rooms.state"),
    ("linked.db", "target.db"),
    ("target.db", "linked.db"),
    ("through/game.db", "folder/game.db"),
    ("linked.db", "target.db-wal"),
    ("hard.db", "target.db"),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Makes a folder with files that have several names, and works in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "target.db").touch()
    try:
        (tmp_path / "linked.db").symlink_to("target.db")
        (tmp_path / "through").symlink_to("folder", target_is_directory=True)
        os.link("target.db", "hard.db")
    except OSError:
        pytest.skip("this system or user may make no links")
    return tmp_path


@pytest.mark.parametrize(("database", "state"), SAME_FILE)
def test_one_file_for_results_and_rooms_is_refused(
    database: str, state: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(os.listdir(folder))
    state = state.format(folder=folder)
    command = ["run_server.py", "--port", "0", "--database", database, "--restore", state]
    said = refusal(run_server.main, command, monkeypatch, capsys)
    assert_one_clear_sentence(said)
    assert "are one file" in said
    assert sorted(os.listdir(folder)) == before
    assert (folder / "target.db").read_bytes() == b""


@pytest.mark.parametrize("flag", ["--database", "--restore"])
def test_a_settings_file_that_has_another_purpose_is_refused(
    flag: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["run_server.py", "--database", ":memory:", "--settings", "target.db", flag, "linked.db"]
    said = refusal(run_server.main, command, monkeypatch, capsys)
    assert_one_clear_sentence(said)
    assert f"--settings target.db and {flag} linked.db are one file" in said


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("database", "state"),
    [("game.db", "game.state"), ("game.db", "folder/game.db"), ("game.db", "game.db.state"), (":memory:", "game.db")],
)
def test_two_files_are_taken(database: str, state: str) -> None:
    run_server.check_files(database, state)


# The other commands -------------------------------------------------------------------------------------------

DISSECT: list[list[str]] = [
    *([f"--max-message={value}", "81"] for value in [*NO_WHOLE_NUMBER, "-1", "0"]),
    *([f"--max-fragments={value}", "81"] for value in [*NO_WHOLE_NUMBER, "-1", "0"]),
    *([f"--as={value}", "81"] for value in ["", "xml", "\udcff"]),
    ["--client", "--server", "81"],
    ["--fly"],
    ["\udcff"],
    ["81", "no"],
    ["/"],
]
DISSECT_FLAGS = {"-h", "--help", "--client", "--server", "--compressed", "--max-message", "--max-fragments", "--as"}
LEADERBOARD: list[list[str]] = [
    [],
    *(["--leaderboard", f"--limit={value}"] for value in [*NO_WHOLE_NUMBER, *HUGE, "-1", "0", "1000001"]),
    *(
        ["--leaderboard", f"--database={value}"]
        for value in ["", " ", "/", ".", os.devnull, "no/such", "\udcff", ":memory:"]
    ),
    ["--leaderboard", "--fly"],
    ["--leaderboard", "now"],
]


def test_every_flag_of_the_dissector_has_a_row() -> None:
    assert flags_of(dissect_command.make_parser()) == DISSECT_FLAGS


@pytest.mark.parametrize("arguments", DISSECT)
def test_the_dissector_refuses_bad_values_in_one_sentence(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refusal(dissect_command.main, ["dissect", *arguments], monkeypatch, capsys)
    assert len(said.splitlines()) == 1
    assert said.rstrip("\n").isprintable()


def test_the_dissector_without_standard_input_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    said = refusal(dissect_command.main, ["dissect"], monkeypatch, capsys)
    assert "standard input" in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("arguments", LEADERBOARD)
def test_the_leaderboard_refuses_bad_values_in_one_sentence(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    said = refusal(leaderboard.main, ["store", *arguments], monkeypatch, capsys)
    assert len(said.splitlines()) == 1
    assert said.rstrip("\n").isprintable()
    assert os.listdir(tmp_path) == []
