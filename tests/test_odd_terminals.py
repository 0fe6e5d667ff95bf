"""Tests of the server and the commands in processes of their own, with each kind of output that cannot be written.

No such output may keep the server from starting, playing and ending, or show a traceback.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any, Callable, Iterator, Union

import pytest

from gameserver.lan_announce import qr_for_terminal
from gameserver.results.store import Store
from Net.client import connect
from Net.errors import ConnectionClosed
from Net.websocket import WebSocket
from tests.Net.support import DEADLINE_S, wait_until
from tests.support import Player, free_port

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell, pipes and signals")
needs_full_device = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")

# The server takes 30 frames a second of a client.
ECHO_EVERY_S = 0.1

Stream = Union[int, IO[Any]]
Exits = contextlib.ExitStack


# Streams ------------------------------------------------------------------------------------------------------


def full_device(exits: Exits) -> Stream:
    return exits.enter_context(open("/dev/full", "wb"))


def read_only(exits: Exits) -> Stream:
    return exits.enter_context(open(os.devnull, "rb"))


def pipe_without_a_reader(exits: Exits) -> Stream:
    reader, writer = os.pipe()
    os.close(reader)
    exits.callback(os.close, writer)
    return writer


def pipe_that_nobody_reads(exits: Exits) -> Stream:
    """A pipe that is already full."""
    reader, writer = os.pipe()
    exits.callback(os.close, reader)
    exits.callback(os.close, writer)
    os.set_blocking(writer, False)
    for size in (65536, 1):
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writer, b"x" * size)
    os.set_blocking(writer, True)
    return writer


def full_pipe_that_does_not_block(exits: Exits) -> Stream:
    writer = pipe_that_nobody_reads(exits)
    assert isinstance(writer, int)
    os.set_blocking(writer, False)  # for every process that shares the pipe
    return writer


def socket_that_is_closed(exits: Exits) -> Stream:
    ours, theirs = socket.socketpair()
    ours.close()
    exits.enter_context(theirs)
    return theirs.fileno()


STREAMS: list[Any] = [
    pytest.param(full_device, marks=needs_full_device),
    read_only,
    pipe_without_a_reader,
    pipe_that_nobody_reads,
    full_pipe_that_does_not_block,
    socket_that_is_closed,
]
each_stream = pytest.mark.parametrize("make_stream", STREAMS, ids=lambda make: make.__name__)
each_closing = pytest.mark.parametrize("closing", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])


def closed(closing: str, command: list[str]) -> list[str]:
    """Returns the command with some streams closed: then `sys.stdout` is None, as under pythonw."""
    return ["sh", "-c", f'exec "$@" {closing}', "sh", *command]


# The server ---------------------------------------------------------------------------------------------------


def server_command(port: int, *flags: str) -> list[str]:
    fixed = ["--host", "127.0.0.1", "--port", str(port), "--database", ":memory:"]
    return [sys.executable, str(ROOT / "run_server.py"), *fixed, *flags]


def connect_soon(process: subprocess.Popen[bytes], port: int) -> WebSocket:
    found: list[WebSocket] = []

    def try_to() -> bool:
        assert process.poll() is None, f"it has ended with status {process.returncode}"
        with contextlib.suppress(OSError, ConnectionClosed):
            found.append(connect(f"ws://127.0.0.1:{port}/"))
        return bool(found)

    wait_until(try_to, "the server listens")
    return found[0]


def assert_it_plays_and_ends(command: list[str], port: int, **popen: Any) -> None:
    process = subprocess.Popen(command, **popen)
    try:
        player = Player(connect_soon(process, port))
        player.join("Ann")
        for _ in range(3):
            player.wait_for("STATE")
        process.send_signal(signal.SIGTERM)
        assert player.receive_to_the_end()[1].code == 1001
        assert process.wait(DEADLINE_S) == 0
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def error_file(path: Path) -> Iterator[IO[bytes]]:
    """Yields a file for standard error. At the end it must have no traceback."""
    with path.open("wb") as file:
        yield file
    assert "Traceback" not in path.read_text(errors="replace")


@each_stream
def test_the_server_plays_though_its_output_cannot_be_written(
    make_stream: Callable[[Exits], Stream], tmp_path: Path
) -> None:
    port = free_port()
    with contextlib.ExitStack() as exits, error_file(tmp_path / "errors") as errors:
        streams = {"stdout": make_stream(exits), "stderr": errors}
        assert_it_plays_and_ends(server_command(port, "--trace"), port, **streams)
    is_full = make_stream in (pipe_that_nobody_reads, full_pipe_that_does_not_block)
    assert (tmp_path / "errors").read_text().count("is lost (") == (0 if is_full else 1), "a reader may come back"


@each_stream
def test_the_server_plays_though_nothing_at_all_can_be_written(make_stream: Callable[[Exits], Stream]) -> None:
    port = free_port()
    with contextlib.ExitStack() as exits:
        streams = {"stdout": make_stream(exits), "stderr": make_stream(exits)}
        assert_it_plays_and_ends(server_command(port, "--trace", "--log-level", "debug"), port, **streams)


@each_closing
def test_the_server_plays_without_its_streams(closing: str, tmp_path: Path) -> None:
    port = free_port()
    with error_file(tmp_path / "errors") as errors:
        command = closed(closing, server_command(port, "--trace", "--log-level", "debug"))
        assert_it_plays_and_ends(command, port, stdout=errors, stderr=errors)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_no_file_or_socket_takes_the_place_of_a_closed_stream() -> None:
    port = free_port()
    process = subprocess.Popen(closed("<&- >&- 2>&-", server_command(port)))
    try:
        connect_soon(process, port).close()
        places = [os.readlink(f"/proc/{process.pid}/fd/{descriptor}") for descriptor in range(3)]
        assert places == [os.devnull] * 3
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp932", "utf-8"])
def test_letters_that_the_output_does_not_have_are_replaced(encoding: str, tmp_path: Path) -> None:
    port = free_port()
    printed = tmp_path / "printed"
    with printed.open("wb") as out, error_file(tmp_path / "errors") as errors:
        streams = {"stdout": out, "stderr": errors, "env": {**os.environ, "PYTHONIOENCODING": encoding}}
        command = server_command(port, "--host", "0.0.0.0", "--admin-token", "schlüssel")  # a QR code is for others
        assert_it_plays_and_ends(command, port, **streams)
    text = printed.read_bytes().decode(encoding)
    token = "schlüssel".encode(encoding, "backslashreplace").decode(encoding)
    assert f"Operator's token for /admin: {token}\n" in text
    code = qr_for_terminal("http://127.0.0.1")
    if code is not None and "on other machines" in text:
        has_letters = code.encode(encoding, "ignore").decode(encoding) == code
        assert ("/qr.svg" not in text) == has_letters
        assert "\\u2588" not in text, "a code of escapes is of no use"


@pytest.mark.skipif(sys.platform != "linux", reason="makes a terminal of its own")
def test_a_terminal_that_is_gone_ends_the_server_in_good_order(tmp_path: Path) -> None:
    database = tmp_path / "results.sqlite3"
    port = free_port()
    ours, terminal = os.openpty()

    # The first terminal that the leader of a new session opens is the one that sends it SIGHUP.
    in_terminal = f'exec "$@" <{os.ttyname(terminal)} >{os.ttyname(terminal)} 2>&1'
    command = [*server_command(port, "--trace", "--log-level", "debug"), "--database", str(database)]
    process = subprocess.Popen(["sh", "-c", in_terminal, "sh", *command], start_new_session=True)
    try:
        player = Player(connect_soon(process, port))
        player.join("Ann")
        player.wait_for("STATE")
        os.close(terminal)
        os.close(ours)  # now the server gets SIGHUP, and EIO at each write
        packets, closing = player.receive_to_the_end()
        assert "SHUTDOWN" in {packet.id for packet in packets}
        assert closing.code == 1001
        assert process.wait(DEADLINE_S) == 0
    finally:
        process.kill()
        process.wait()
    with contextlib.closing(sqlite3.connect(str(database))) as db:
        assert db.execute("SELECT count(*) FROM matches").fetchone() == (1,)


def test_a_reader_who_comes_back_learns_how_much_is_missing(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    port = free_port()
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(fifo, os.O_WRONLY)
    process = subprocess.Popen(server_command(port, "--trace"), stdout=writer, stderr=subprocess.DEVNULL)
    try:
        os.close(writer)
        websocket = connect_soon(process, port)
        os.close(reader)
        echoes = connect(f"ws://127.0.0.1:{port}/echo")
        for _ in range(10):  # some of the lines are lost
            echoes.send("lost")
            echoes.receive(DEADLINE_S)
            time.sleep(ECHO_EVERY_S)
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        text = b""

        def has_come() -> bool:
            nonlocal text
            echoes.send("the last word")
            echoes.receive(DEADLINE_S)
            time.sleep(ECHO_EVERY_S)
            with contextlib.suppress(BlockingIOError):
                text += os.read(reader, 65536)
            return b"the last word" in text

        wait_until(has_come, "it is written again")
        assert re.search(rb"\.\.\. [1-9]\d* lines are missing here", text)
        websocket.close()
        echoes.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE_S) == 0
    finally:
        process.kill()
        process.wait()
        os.close(reader)


# Commands -----------------------------------------------------------------------------------------------------

HELP = ["run_server.py", "--help"]
VERSION = ["run_server.py", "--version"]
SLIP = ["run_server.py", "--fly"]
REFUSAL = ["run_server.py", "--port", "0", "--database", ":memory:", "--tick-rate", "0"]
SOUND_FRAME = ["-m", "Net.dissect", "81", "00"]
BROKEN_FRAME = ["-m", "Net.dissect", "83", "00"]
LEADERBOARD = ["-m", "gameserver.store", "--leaderboard", "--database", "{database}"]
# Each command with the exit status that it has when its output can be written.
COMMANDS: list[Any] = [
    pytest.param(HELP, 0, id="help"),
    pytest.param(VERSION, 0, id="version"),
    pytest.param(SLIP, 2, id="slip"),
    pytest.param(REFUSAL, 2, id="refusal"),
    pytest.param(SOUND_FRAME, 0, id="sound frame"),
    pytest.param(BROKEN_FRAME, 1, id="broken frame"),
    pytest.param(LEADERBOARD, 0, id="leaderboard"),
]
each_command = pytest.mark.parametrize(("command", "status"), COMMANDS)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = str(tmp_path_factory.mktemp("store") / "results.sqlite3")
    Store(path).close(DEADLINE_S)
    return path


@pytest.fixture
def run(database: str) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a command to its end."""

    def run_it(command: list[str], closing: str = "", **options: Any) -> subprocess.CompletedProcess[str]:
        arguments = [argument.format(database=database) for argument in command]
        options = {"stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, **options}
        return subprocess.run(
            closed(closing, [sys.executable, *arguments]),
            cwd=str(ROOT),
            text=True,
            timeout=DEADLINE_S,
            check=False,
            **options,
        )

    return run_it


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@needs_full_device
@each_command
def test_a_command_whose_output_cannot_be_written_says_so_in_one_sentence(
    command: list[str], status: int, run: Run
) -> None:
    with open("/dev/full", "w") as full:
        done = run(command, stdout=full)
    prints = status != 2
    assert done.returncode == (status or 1)
    assert done.stderr.count("the output cannot be written: No space left on device") == (1 if prints else 0)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@each_command
def test_a_command_whose_reader_has_gone_ends_without_a_word(command: list[str], status: int, run: Run) -> None:
    with contextlib.ExitStack() as exits:
        done = run(command, stdout=pipe_without_a_reader(exits))
    assert done.returncode == (status or 1)
    assert (done.stderr == "") == (status != 2)
    assert "Traceback" not in done.stderr


@each_closing
@each_command
def test_a_command_without_its_streams_ends_as_with_them(
    command: list[str], status: int, closing: str, run: Run
) -> None:
    done = run(command, closing, stdout=subprocess.PIPE)
    assert done.returncode == status
    assert "Traceback" not in done.stderr


@needs_full_device
@each_command
def test_a_command_ends_as_ever_though_standard_error_cannot_be_written(
    command: list[str], status: int, run: Run
) -> None:
    with open("/dev/full", "w") as full:
        done = run(command, stdout=subprocess.PIPE, stderr=full)
    assert done.returncode == status


@each_command
def test_a_command_replaces_letters_that_the_output_does_not_have(command: list[str], status: int, run: Run) -> None:
    done = run(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == status
    assert done.stdout.isascii()
    assert "Traceback" not in done.stderr


def test_a_command_without_standard_input_says_so(run: Run) -> None:
    done = run(["-m", "Net.dissect"], "<&-", stdout=subprocess.PIPE)
    assert done.returncode == 2
    assert "there is no standard input" in done.stderr.splitlines()[-1]


# Sources ------------------------------------------------------------------------------------------------------

SOURCES = [ROOT / "run_server.py", *sorted(ROOT.glob("Net/**/*.py")), *sorted(ROOT.glob("gameserver/**/*.py"))]


def test_every_command_runs_with_streams_that_are_safe_to_write() -> None:
    commands = {path.name: path.read_text(encoding="utf-8").partition("if __name__ ==")[2] for path in SOURCES}
    commands = {name: rest for name, rest in commands.items() if rest}
    assert set(commands) >= {"run_server.py", "__main__.py", "store.py"}
    assert [name for name, rest in commands.items() if "run_command(" not in rest] == []


def test_one_place_writes_to_the_terminal() -> None:
    past_the_streams = re.compile(r"os\.write\(|std(?:out|err)\.(?:buffer|fileno|reconfigure|flush)|__std(?:out|err)__")
    writers = {path.name for path in SOURCES if past_the_streams.search(path.read_text(encoding="utf-8"))}
    assert writers <= {"terminal.py"}
