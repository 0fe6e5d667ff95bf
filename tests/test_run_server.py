"""Tests of the command line: the lines that it prints, its end, and its answers to mistakes."""

from __future__ import annotations

import contextlib
import functools
import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Iterator

import pytest

import gameserver
import run_server
from gameserver.flags import GROUPS, make_parser
from gameserver.game import Game
from gameserver.results.recorder import FORGETFUL
from gameserver.settings_file.reader import load
from gameserver.world.settings import GameSettings, ServerSettings
from Net.client import connect
from tests.Net.support import DEADLINE_S, wait_until
from tests.support import Player, free_port

SCRIPT = Path(run_server.__file__)
# The longest waits for a person. A busy machine may be slower, and the tests print the times.
START_S, EXIT_S = 3.0, 3.0
SLACK_S = 7.0

needs_posix_signals = pytest.mark.skipif(os.name == "nt", reason="Windows has no signals for other processes")


def run(*flags: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the server to its end."""
    return subprocess.run(
        [sys.executable, str(SCRIPT), *flags],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
        env={**os.environ, **environment},
    )


def assert_one_clear_sentence(error_output: str) -> None:
    assert len(error_output.splitlines()) == 1
    assert error_output.startswith("run_server: ")
    assert "Traceback" not in error_output


class Running:
    """A server in a process of its own. port: the port that it listens on. printed: its lines until it is ready."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.process = process
        self.printed = ""
        for line in process.stdout:
            self.printed += line
            if "Ctrl-C" in line:
                break
        ports = re.findall(r"port (\d+)", self.printed)
        assert ports, f"it printed: {self.printed!r}"
        self.port = int(ports[0])

    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/"

    def status_of(self, page: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_S)
        try:
            connection.request("GET", page)
            return connection.getresponse().status
        finally:
            connection.close()


@contextlib.contextmanager
def running(*flags: str, log: Path | None = None) -> Iterator[Running]:
    """Runs the server on a free port of this machine (unless the flags say otherwise), and ends it if still needed.

    log: a file for its standard error.
    """
    quietly = ["--host", "127.0.0.1", "--port", "0", "--log-level", "warning", "--database", ":memory:"]
    command = [sys.executable, str(SCRIPT), *quietly, *flags]
    with tempfile.TemporaryFile("w+") if log is None else log.open("w+") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        try:
            yield Running(process)
        finally:
            process.kill()
            process.communicate()
            errors.seek(0)
            sys.stderr.write(errors.read())  # pytest shows it if the test fails


# Starting -----------------------------------------------------------------------------------------------------


def test_it_starts_at_once_and_prints_where_it_can_be_opened() -> None:
    started_s = time.monotonic()
    with running("--host", "0.0.0.0") as server:
        took_s = time.monotonic() - started_s
        print(f"started in {took_s:.2f} s")
        assert took_s < START_S + SLACK_S
        assert f"http://localhost:{server.port}" in server.printed
        assert server.status_of("/") == 200


def test_help_shows_every_flag_with_its_default() -> None:
    process = run("--help", COLUMNS="200")
    assert process.returncode == 0
    text = re.sub(r"\n {20,}", " ", process.stdout)  # long flags have their explanation on the next line
    for flag, default in {
        "--host": "0.0.0.0",
        "--port": 3000,
        "--max-players": ServerSettings().max_players,
        "--start-at": 1,
        "--tick-rate": GameSettings().tick_rate,
        "--map-size": GameSettings().map_size,
        "--seed": 0,
        "--time-limit": 300.0,
        "--teams": 0,
        "--max-message": 65536,
        "--log-level": "info",
    }.items():
        assert re.search(rf"^  {flag} .*\(default: {re.escape(str(default))}\)$", text, re.MULTILINE), flag
    assert not re.search(r"default: (None|False|\[\])", text), "only a value is worth a word"


def test_help_shows_the_flags_in_groups() -> None:
    help_text = make_parser().format_help()
    titles = ["network", "match", "your own game", "playing alone", "operator", "classroom", "expert"]
    assert re.findall(r"^(\w[\w ]+):$", help_text, re.MULTILINE)[1:] == titles  # the first one has --help
    assert list(GROUPS) == titles


def test_version_is_that_of_the_package() -> None:
    process = run("--version")
    assert (process.returncode, process.stdout) == (0, f"gameserver {gameserver.__version__}\n")


def test_flags_reach_the_game() -> None:
    flags = "--tick-rate=10 --map-size=2000 --teams=2 --max-players=3 --start-at=2 --time-limit=60"
    with running(*flags.split()) as server:
        player = Player(connect(server.url()))
        packets = player.join("Ann")
        settings = packets[0].args[3]
        assert (settings["tick_rate"], settings["map_size"], settings["teams"]) == (10, 2000, 2)
        assert packets[1].args == ("waiting", 1, 3, 60_000)
        player.hang_up()


def test_a_time_limit_of_0_is_none() -> None:
    server = run_server.make_server(run_server.make_parser().parse_args(["--time-limit", "0"]), Game, FORGETFUL)
    assert server.game_settings.time_limit_s is None


# A settings file ----------------------------------------------------------------------------------------------


def test_the_printed_settings_are_the_defaults_and_a_flag_changes_one(tmp_path: Path) -> None:
    file = tmp_path / "game.ini"
    for flags, settings in (
        ([], GameSettings()),
        (["--teams", "2", "--time-limit", "0"], GameSettings(teams=2, time_limit_s=None)),
    ):
        process = run("--print-settings", *flags)
        assert (process.returncode, process.stderr) == (0, "")
        file.write_text(process.stdout)
        assert load(str(file), GameSettings, {}) == settings
    file.write_text("[game]\nkill_score = 7\n")
    assert "\nkill_score = 7\n" in run("--print-settings", "--settings", str(file)).stdout


@pytest.mark.parametrize("command", [[], ["--print-settings"]], ids=["serve", "print"])
def test_a_mistake_in_the_settings_file_ends_the_start_with_its_line(tmp_path: Path, command: list[str]) -> None:
    file = tmp_path / "game.ini"
    file.write_text("[game]\nkil_score = 7\n")
    process = run(*command, "--settings", str(file), "--port", "0", "--database", ":memory:")
    assert (process.returncode, process.stdout) == (2, "")
    assert_one_clear_sentence(process.stderr)
    assert "game.ini, line 2: there is no setting kil_score (did you mean kill_score?)" in process.stderr


def test_a_running_server_takes_a_change_of_its_settings_file_and_a_flag_wins(tmp_path: Path) -> None:
    file = tmp_path / "game.ini"
    file.write_text("[game]\nmap_size = 2000\nteams = 3\n")
    with running("--settings", str(file), "--teams", "2") as server:
        player = Player(connect(server.url()))
        settings = player.join("Ann")[0].args[3]
        assert (settings["map_size"], settings["teams"]) == (2000, 2)
        file.write_text("[game]\nmap_size = 2000\nteams = 3\nplayer_speed = 500\n")
        settings = player.wait_for("SETTINGS")[0]
        assert (settings["player_speed"], settings["teams"]) == (500, 2)
        player.hang_up()


# Stored results -----------------------------------------------------------------------------------------------


def leaderboard(server: Running) -> list[dict[str, object]]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE_S)
    try:
        connection.request("GET", "/leaderboard.json")
        rows: list[dict[str, object]] = json.loads(connection.getresponse().read())["leaderboard"]
        return rows
    finally:
        connection.close()


def test_a_finished_match_outlives_kill_9(tmp_path: Path) -> None:
    database = str(tmp_path / "results.sqlite3")
    with running("--time-limit", "0.5", "--database", database) as server:
        player = Player(connect(server.url()))
        player.join("Ann")
        player.wait_for("GAME_OVER")
        wait_until(lambda: leaderboard(server), "the match is recorded")
        server.process.kill()
        server.process.wait()
        player.hang_up()
    command = [sys.executable, "-m", "gameserver.store", "--leaderboard", "--database", database]
    shown = subprocess.run(command, capture_output=True, text=True, cwd=SCRIPT.parent, check=False)
    assert shown.returncode == 0, shown.stderr
    assert "Ann" in shown.stdout


def test_the_operator_gets_in_with_the_printed_token_or_a_given_one() -> None:
    for flags in ([], ["--admin-token", "open sesame"]):
        with running(*flags) as server:
            (token,) = re.findall(r"token for /admin: (.*)", server.printed)
            assert not flags or token == flags[1]
            websocket = connect(f"{server.url()}admin")
            websocket.send(json.dumps({"token": token}))
            assert json.loads(websocket.receive(DEADLINE_S)) == {"ok": True}
            websocket.close()


def test_a_classroom_is_there_only_if_it_is_asked_for() -> None:
    pages = ["/lessons", "/lessons/", "/lab", "/inspect"]
    with running() as server:
        assert [server.status_of(page) for page in pages] == [404] * 4
        assert "class" not in server.printed
    with running("--classroom") as server:
        assert [server.status_of(page) for page in pages] == [200] * 4
        assert f"http://localhost:{server.port}/lessons" in server.printed


def test_a_database_that_is_none_is_refused_in_one_sentence(tmp_path: Path) -> None:
    other = tmp_path / "letter.txt"
    other.write_text("Dear Ann, this is not a database. " * 100)
    process = run("--port", "0", "--database", str(other))
    assert process.returncode == 2
    assert_one_clear_sentence(process.stderr)
    assert other.read_text().startswith("Dear Ann")


# Tracing ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("flags", "words"), [([], "FIN TEXT 5 bytes: Hello"), (["--trace-as", "full"], "|F|R|R|R|")])
def test_the_frames_of_a_client_are_printed_live(flags: list[str], words: str) -> None:
    with running("--trace", "127.0.0.1", *flags) as server:
        websocket = connect(f"{server.url()}echo")
        websocket.send("Hello")
        websocket.close()
        assert server.process.stdout is not None
        assert any(words in line for line in server.process.stdout)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--trace", "localhost"], "trace must be all, an address"),
        (["--trace", "127.0.0.1", "--trace", "nonsense"], "not 'nonsense'"),
        (["--trace-as", "full"], "without --trace nothing is printed"),
    ],
)
def test_a_trace_that_would_print_nothing_is_refused(flags: list[str], words: str) -> None:
    process = run("--port", "0", "--database", ":memory:", *flags)
    assert process.returncode == 2
    assert_one_clear_sentence(process.stderr)
    assert words in process.stderr


@needs_posix_signals
def test_a_reader_who_has_seen_enough_does_not_end_the_server() -> None:
    command = [sys.executable, str(SCRIPT), "--host", "127.0.0.1", "--port", "0", "--database", ":memory:", "--trace"]
    reader, printer = os.pipe()
    os.close(reader)
    with subprocess.Popen(command, stdout=printer, stderr=subprocess.PIPE, text=True) as process:
        os.close(printer)
        assert process.stderr is not None
        lines = []
        for line in process.stderr:
            lines.append(line)
            if "is lost (" in line:
                process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE_S) == 0
    assert "".join(lines).count("is lost (") == 1, "once"
    assert "Traceback" not in "".join(lines)


def test_the_operators_token_is_not_in_a_trace() -> None:
    with running("--trace", "--admin-token", "open sesame") as server:
        operator = connect(f"{server.url()}admin")
        operator.send('{"token": "open sesame"}')
        assert "ok" in str(operator.receive(DEADLINE_S))
        operator.close()
        echo = connect(f"{server.url()}echo")
        echo.send("the last word")
        assert server.process.stdout is not None
        told = []
        for line in server.process.stdout:
            told.append(line)
            if "the last word" in line:
                break
        echo.close()
    assert any("nothing more is told" in line for line in told)
    assert "open sesame" not in "".join(told)


@needs_posix_signals
def test_a_terminal_that_was_stopped_does_not_keep_the_server_from_ending() -> None:
    with running("--trace", "--trace-as", "full") as server:
        websocket = connect(f"{server.url()}echo")
        for _ in range(60):  # more text than a pipe holds, and nobody reads it
            websocket.send("x" * 100)
            websocket.receive(DEADLINE_S)
        websocket.close()
        signalled_s = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(DEADLINE_S) == 0
        assert time.monotonic() - signalled_s < EXIT_S + SLACK_S


# Mistakes -----------------------------------------------------------------------------------------------------


def test_a_port_that_is_taken_is_said_in_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = run("--host", "127.0.0.1", "--port", str(port))
    assert process.returncode == 2
    assert_one_clear_sentence(process.stderr)
    assert f"port {port}" in process.stderr
    assert process.stdout == ""


def test_a_missing_msgpack_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "msgpack.py").write_text("raise ImportError('no such package')\n")
    process = run("--port", "0", PYTHONPATH=str(tmp_path))
    assert process.returncode == 2
    assert_one_clear_sentence(process.stderr)
    assert "pip install msgpack" in process.stderr


@pytest.mark.parametrize(
    ("flag", "value", "named"),
    [
        ("--port", "65536", "port"),
        ("--port", "-1", "port"),
        ("--host", "192.0.2.1", "192.0.2.1"),  # an address reserved for documentation: no machine has it
        ("--max-players", "0", "max_players"),
        ("--start-at", "0", "start_at"),
        ("--start-at", "41", "start_at"),
        ("--tick-rate", "0", "tick_rate"),
        ("--tick-rate", "1000", "tick_rate"),
        ("--map-size", "10", "map_size"),
        ("--map-size", "nan", "map_size"),
        ("--map-size", "1e9", "map_size"),
        ("--seed", "-1", "seed"),
        ("--time-limit", "-5", "time_limit_s"),
        ("--time-limit", "inf", "time_limit_s"),
        ("--time-limit", "nan", "time_limit_s"),
        ("--score-limit", "0", "score_limit"),
        ("--teams", "1", "teams"),
        ("--teams", "9", "teams"),
        ("--max-message", "0", "max_message"),
        ("--drain", "-1", "drain"),
        ("--drain", "nan", "drain"),
        ("--restore", "/", "/ is a folder"),
        ("--restore", "no/such/folder", "cannot keep the rooms in no/such/folder"),
    ],
)
def test_a_value_that_can_not_be_is_said_in_one_sentence(
    flag: str, value: str, named: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["run_server.py", "--port", "0", flag, value])
    assert run_server.main() == 2
    output = capsys.readouterr()
    assert_one_clear_sentence(output.err)
    assert named in output.err
    assert output.out == ""


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--port", "http"], "--port"),
        (["--tick-rate", "2.5"], "--tick-rate"),
        (["--log-level", "loud"], "--log-level"),
        (["--fly"], "--fly"),
        (["--teams"], "--teams"),
        (["now"], "now"),
    ],
)
def test_a_flag_that_can_not_be_read_is_said_with_exit_status_2(
    flags: list[str], named: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["run_server.py", *flags])
    with pytest.raises(SystemExit) as ended:
        run_server.main()
    assert ended.value.code == 2
    assert named in capsys.readouterr().err.splitlines()[-1]


# Ending -------------------------------------------------------------------------------------------------------


def connect_from(address: str, url: str, monkeypatch: pytest.MonkeyPatch) -> Player:
    """Connects from another address of this machine: the server takes 64 connections from each."""
    with monkeypatch.context() as patch:
        from_there = functools.partial(socket.create_connection, source_address=(address, 0))
        patch.setattr(socket, "create_connection", from_there)
        return Player(connect(url))


@needs_posix_signals
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8 from the start")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_a_signal_says_goodbye_to_200_clients_and_ends_it_in_time(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running() as server, contextlib.ExitStack() as stack:
        players = [connect_from(f"127.0.0.{2 + i % 4}", server.url(), monkeypatch) for i in range(200)]
        for player in players:
            stack.callback(player.hang_up)
        for i, player in enumerate(players):
            player.as_text = i % 2 == 0
            player.send("JOIN", f"P{i}")
        for player in players:
            player.wait_for("STATE")
        signalled_s = time.monotonic()
        server.process.send_signal(number)
        for player in players:
            packets, closed = player.receive_to_the_end()
            assert "SHUTDOWN" in [packet.id for packet in packets]
            assert closed.code == 1001
        assert server.process.wait(DEADLINE_S) == 0
        took_s = time.monotonic() - signalled_s
        print(f"ended in {took_s:.2f} s")
        assert took_s < EXIT_S + SLACK_S


@needs_posix_signals
def test_a_terminal_that_is_closed_ends_it_with_its_results_stored(tmp_path: Path) -> None:
    database = tmp_path / "results.sqlite3"
    with running("--database", str(database)) as server:
        player = Player(connect(server.url()))
        player.join("Ann")
        player.wait_for("STATE")
        for _ in range(2):  # the shell and the kernel each send one
            server.process.send_signal(signal.SIGHUP)
        packets, closed = player.receive_to_the_end()
        assert "SHUTDOWN" in {packet.id for packet in packets}
        assert closed.code == 1001
        assert server.process.wait(DEADLINE_S) == 0
        player.hang_up()
    with contextlib.closing(sqlite3.connect(str(database))) as db:
        assert db.execute("SELECT count(*) FROM matches").fetchone() == (1,)


@needs_posix_signals
def test_a_terminal_that_is_closed_does_not_cut_short_the_end_that_sigterm_has_begun() -> None:
    with running("--drain", "1000") as server:
        player = Player(connect(server.url()))
        player.join("Ann")
        server.process.send_signal(signal.SIGTERM)
        assert player.wait_for("NOTICE") == ("the server stops after this round",)
        server.process.send_signal(signal.SIGHUP)
        player.wait_for("STATE")
        player.send("LEAVE")
        assert player.receive_to_the_end()[1].code == 1001
        assert server.process.wait(DEADLINE_S) == 0


@needs_posix_signals
@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_a_closed_terminal_does_not_count_as_the_first_signal_of_a_person(
    second: signal.Signals,
) -> None:
    with running("--drain", "1000") as server:
        player = Player(connect(server.url()))
        player.join("Ann")
        server.process.send_signal(signal.SIGHUP)
        assert player.wait_for("NOTICE") == ("the server stops after this round",)
        server.process.send_signal(second)
        for _ in range(20):
            player.wait_for("STATE")
        assert server.process.poll() is None
        server.process.send_signal(second)
        assert server.process.wait(DEADLINE_S) == 128 + second
        player.hang_up()


@needs_posix_signals
def test_under_nohup_it_goes_on_without_its_terminal() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # nohup does the same for the process that it starts
    try:
        with running() as server:
            server.process.send_signal(signal.SIGHUP)
            player = Player(connect(server.url()))
            player.join("Ann")
            player.wait_for("STATE")
            server.process.send_signal(signal.SIGTERM)
            player.receive_to_the_end()
            assert server.process.wait(DEADLINE_S) == 0
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.skipif(os.name != "nt", reason="only Windows has Ctrl-Break")
def test_ctrl_break_is_handled_like_ctrl_c() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGBREAK)}
    stopped: list[bool] = []
    try:
        run_server.stop_on_signals(lambda: stopped.append(True))
        signal.raise_signal(signal.SIGBREAK)
        wait_until(lambda: stopped, "it is told to stop")
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@needs_posix_signals
def test_it_ends_in_time_though_clients_do_not_answer() -> None:
    with running() as server:
        players = [Player(connect(server.url())) for _ in range(10)]
        for player in players:
            player.join()
        signalled_s = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(DEADLINE_S) == 0
        assert time.monotonic() - signalled_s < EXIT_S + SLACK_S
        for player in players:
            player.hang_up()


@needs_posix_signals
def test_a_client_that_reads_late_still_learns_why_it_ended() -> None:
    with running() as server:
        player = Player(connect(server.url()))
        player.join("Ann")
        player.wait_for("STATE")
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(DEADLINE_S) == 0  # the player reads nothing and answers no close frame
        player.websocket.ping()  # a client that writes to a connection that was reset loses what it has not read
        packets, closed = player.receive_to_the_end()
        assert "SHUTDOWN" in {packet.id for packet in packets}
        assert closed.code == 1001


@needs_posix_signals
def test_a_second_signal_ends_it_at_once_though_a_match_may_still_end() -> None:
    with running("--drain", "1000", "--time-limit", "0") as server:
        player = Player(connect(server.url()))
        player.join()
        server.process.send_signal(signal.SIGTERM)
        assert player.wait_for("NOTICE") == ("the server stops after this round",)
        player.wait_for("STATE")
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(DEADLINE_S) == 128 + signal.SIGINT
        player.hang_up()


@needs_posix_signals
def test_a_match_may_end_before_the_server_does(tmp_path: Path) -> None:
    database = tmp_path / "results.sqlite3"
    with running("--drain", "1000", "--time-limit", "2", "--database", str(database)) as server:
        player = Player(connect(server.url()))
        player.join()
        server.process.send_signal(signal.SIGTERM)
        player.wait_for("GAME_OVER")
        wait_until(lambda: leaderboard(server), "the match is recorded")
        player.send("LEAVE")  # no player is left to see the results
        assert player.receive_to_the_end()[1].code == 1001
        assert server.process.wait(DEADLINE_S) == 0


@needs_posix_signals
def test_it_starts_again_on_the_same_port_at_once() -> None:
    flags = ["--port", str(free_port())]
    with running(*flags) as first:
        player = Player(connect(first.url()))
        player.join()
        first.process.send_signal(signal.SIGTERM)
        player.receive_to_the_end()
        assert first.process.wait(DEADLINE_S) == 0
        with running(*flags) as second:
            assert second.status_of("/") == 200


@needs_posix_signals
def test_nothing_is_printed_by_an_orderly_end(capfd: pytest.CaptureFixture[str]) -> None:
    with running() as server:
        server.process.send_signal(signal.SIGINT)
        wait_until(lambda: server.process.poll() is not None, "it has ended")
        assert server.process.returncode == 0
    assert capfd.readouterr().err == ""
