"""Tests that no answer tells a stranger a path or a traceback of the machine when something fails.

The server is a process of its own. Its files lie in a folder with a name that appears nowhere else, and its database
cannot be opened. The tests ask for every page by every method that means something else, and send every packet and
every command, good and bad. Then they search all the answers.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
from pathlib import Path
from typing import Any, Callable, Iterable, Iterator, Mapping

import msgpack
import pytest

from gameserver import pages
from gameserver.admin.console import COMMANDS as OPERATORS_COMMANDS
from gameserver.admission.rates import BAD_PACKETS
from gameserver.classroom.classroom import INSPECT, LAB
from gameserver.classroom.experiments.shelf import EXPERIMENTS
from gameserver.classroom.inspect.inspector import COMMANDS as INSPECTORS_COMMANDS
from gameserver.classroom.lab.laboratory import COMMANDS as LABS_COMMANDS
from gameserver.classroom.lessons.lessons import lesson_pages
from gameserver.classroom.shell import shell
from gameserver.game import Game
from gameserver.results.store import Store, StoreError
from gameserver.server import CONSOLE_RATES
from Net.frames import OPCODE_BINARY, OPCODE_CLOSE, OPCODE_TEXT
from Net.PacketCodes import TO_SERVER
from Net.port.http import Page
from tests.attacks.support import Log, answers, logged, opening
from tests.Net.support import DEADLINE_S, client_frame, parse_all
from tests.test_run_server import SCRIPT, Running, running

FOLDER = "velvet-otter"  # the folder of the server's files
PLUGGED_IN = ("/rooms.json", "/leaderboard.json", "/qr.svg", INSPECT, LAB)
ODD_VALUES: list[Any] = [None, True, -1, 1e308, 2**64 - 1, "", "/", "../..", "\x00", [], {}, [[1]], {"a": None}]
SECRETS = (FOLDER, str(SCRIPT.parent), json.dumps(str(SCRIPT.parent))[1:-1], "Traceback (most", 'File "')
MOST_BYTES = 2**24


class Told:
    """The server's answers to a stranger, by the request."""

    def __init__(self, server: Running) -> None:
        self.answers: dict[str, bytes] = {}
        self._server = server

    def ask(self, request: bytes) -> bytes:
        """Sends a request, and keeps and returns the bytes that come back before the server hangs up."""
        with socket.create_connection(("127.0.0.1", self._server.port), DEADLINE_S) as sock:
            answer = b""
            with contextlib.suppress(ConnectionError):
                sock.sendall(request)
                sock.shutdown(socket.SHUT_WR)
                while len(answer) < MOST_BYTES:
                    data = sock.recv(65536)
                    if not data:
                        break
                    answer += data
        self.answers[f"{len(self.answers)}: {request[-200:]!r}"] = answer
        return answer

    def converse(self, path: str, messages: Iterable[str | bytes]) -> list[bytes]:
        """Opens a WebSocket, sends messages and a close frame; returns the payloads that come back."""
        frames = [client_frame(*_framed(message)) for message in messages]
        answer = self.ask(opening(path) + b"".join(frames) + client_frame(OPCODE_CLOSE))
        head, _, rest = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head
        return [frame.payload for frame in parse_all(rest)]

    def those_with_secrets(self) -> dict[str, str]:
        """Returns the answers that contain a secret, cut to the words around it."""
        return {
            asked: answer[max(0, answer.find(secret.encode()) - 60) :][:200].decode("latin-1")
            for asked, answer in self.answers.items()
            for secret in SECRETS
            if secret.encode() in answer
        }


def _framed(message: str | bytes) -> tuple[int, bytes]:
    return (OPCODE_TEXT, message.encode("utf-8")) if isinstance(message, str) else (OPCODE_BINARY, message)


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    folder = tmp_path / FOLDER
    folder.mkdir()
    log = tmp_path / "log"
    files = ["--database", str(folder / "nowhere" / "results.sqlite3"), "--restore", str(folder / "rooms")]
    with running(*files, "--classroom", log=log) as server:
        told = Told(server)
        yield told
        assert told.those_with_secrets() == {}
        assert log.read_text(encoding="utf-8").count(FOLDER) >= 1, "the operator is told"
        assert "Traceback" not in log.read_text(encoding="utf-8")


# Pages and handshakes ---------------------------------------------------------------------------------------------


def requests() -> Iterator[bytes]:
    for path in sorted(
        {*pages.make_pages(Game.page), *lesson_pages(shell), *PLUGGED_IN, "/nope", "/echo", "/../x", "/%00"}
    ):
        for method in ("GET", "HEAD", "POST", "OPTIONS"):
            yield f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode("latin-1")
    for path in ("/", "/echo", "/admin", LAB, INSPECT, "/nope"):
        yield opening(path).replace(b"Version: 13", b"Version: 8")
        yield opening(path, "Origin: http://evil.example")
        yield opening(path, "Sec-WebSocket-Extensions: ;;;")
        yield opening(path) + b"\xff\xff\xff\xff"
    for experiment in EXPERIMENTS.values():
        if experiment.handshake:
            yield experiment.opening("127.0.0.1")


@answers("CWE-209")
def test_no_page_and_no_refusal_tells_where_the_server_lies(told: Told) -> None:
    for request in requests():
        told.ask(request)
    answer = told.ask(b"GET /leaderboard.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    assert json.loads(answer.partition(b"\r\n\r\n")[2]) == {
        "leaderboard": [],
        "error": "the results cannot be read just now",
    }


# Packets and commands ---------------------------------------------------------------------------------------------


def packets() -> Iterator[Any]:
    """Yields every packet to the server with every odd value in every place, and values that are no packet."""
    for row in TO_SERVER.rows:
        for value in ODD_VALUES:
            yield [row.id, [value] * len(row.args)]
            yield [row.id, value]
    for value in ODD_VALUES:
        yield value
        yield [value, [value]]


@answers("CWE-209")
@pytest.mark.parametrize("encode", [json.dumps, msgpack.packb], ids=["JSON", "MessagePack"])
def test_no_answer_to_a_packet_tells_where_the_server_lies(told: Told, encode: Callable[[Any], str | bytes]) -> None:
    bad = [encode(packet) for packet in packets()] + ["", "{", b"", b"\xc1"]
    size = BAD_PACKETS.burst - 5  # more bad packets at once close the connection
    seen = 0
    for start in range(0, len(bad), size):
        payloads = told.converse("/", [encode(["JOIN", ["Ann"]]), *bad[start : start + size], encode(["LEAVE", []])])
        seen += sum(b"BAD_" in payload for payload in payloads)
    assert seen > len(bad) / 3


def commands(table: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """Yields every command with every odd value in every place, and texts that are no command."""
    for name, arguments in table.items():
        yield json.dumps({"id": 1, "do": name})
        for value in ODD_VALUES:
            yield json.dumps({"id": 1, "do": name, **dict.fromkeys(arguments, value)})
    for value in ODD_VALUES:
        yield json.dumps({"id": 1, "do": value})
        yield json.dumps(value)
    yield from ("", "{", "\x00")


@answers("CWE-209")
def test_a_client_that_is_no_operator_is_not_told_where_the_server_lies(told: Told) -> None:
    all_commands = [*commands(OPERATORS_COMMANDS)]
    for first in [*(json.dumps({"token": value}) for value in ODD_VALUES), *all_commands[::20]]:
        payloads = told.converse("/admin", [first, *all_commands[:10]])
        assert b"error" in payloads[0]


@answers("CWE-209")
@pytest.mark.parametrize(("path", "table"), [(LAB, LABS_COMMANDS), (INSPECT, INSPECTORS_COMMANDS)])
def test_the_classroom_does_not_tell_where_the_server_lies(
    told: Told, path: str, table: Mapping[str, Iterable[str]]
) -> None:
    broken = opening("/nope").hex()
    good = [
        {"do": "run", "opening": broken, "steps": [], "byte_by_byte": False, "hangs_up": False},
        {"do": "run_experiment", "experiment": "handshake-unknown-path"},
        {"do": "explain", "wire": "ffffffff"},
        {"do": "watch", "connections": None, "hides_text": False},
        {"do": "search", "words": "a"},
        {"do": "capture", "connections": None},
    ]
    messages = [*map(json.dumps, good), *commands(table)]
    size = CONSOLE_RATES["burst_frames"] // 2  # commands that come faster get no answer
    seen = 0
    for start in range(0, len(messages), size):
        payloads = told.converse(path, ['{"token": ""}', *messages[start : start + size]])
        assert json.loads(payloads[0]) == {"ok": True}
        seen += sum(b'"error"' in payload for payload in payloads)
    assert seen > len(messages) / 2


# The operator -----------------------------------------------------------------------------------------------------


def leaderboard_of(path: Path, spoil: Callable[[Path], None]) -> tuple[Page, Log]:
    """Spoils the file of a store, asks for its page three times, and returns the page and the log."""
    with logged() as log:
        store = Store(str(path))
        try:
            spoil(path)
            answered = {pages.leaderboard_page(store) for _ in range(3)}
        finally:
            store.close()
    (page,) = answered
    return page, log


def _remove(path: Path) -> None:
    path.unlink()
    path.mkdir()


@answers("CWE-209")
@pytest.mark.parametrize(
    "spoil", [_remove, lambda path: path.write_bytes(b"no database at all" * 100)], ids=["a folder", "another file"]
)
def test_the_operator_alone_is_told_once_why_the_results_cannot_be_read(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    folder = tmp_path / FOLDER
    folder.mkdir()
    page, log = leaderboard_of(folder / "results.sqlite3", spoil)
    assert json.loads(page.body)["error"]
    assert FOLDER.encode() not in page.body
    told = [line for line in log.lines if re.match(r"store: (there is no database|.* can ?not be read)", line)]
    assert len(told) == 1
    assert FOLDER in told[0]


def test_a_store_that_was_read_again_tells_of_the_next_fault(tmp_path: Path) -> None:
    path = tmp_path / "results.sqlite3"
    with logged() as log:
        store = Store(str(path))
        assert store.flush(DEADLINE_S)
        for _ in range(2):
            away = path.rename(tmp_path / "away")
            for _ in range(3):
                with pytest.raises(StoreError):
                    store.leaderboard()
            away.rename(path)
            assert store.leaderboard() == []
        store.close()
    assert len([line for line in log.lines if line.startswith("store: there is no database")]) == 2
