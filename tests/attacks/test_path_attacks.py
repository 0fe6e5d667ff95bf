"""Tests of attacks on the files of the server's machine: no text of a client ever becomes a path.

Python itself reports every file that is opened (`sys.addaudithook`). During an attack no file may be opened.
"""

from __future__ import annotations

import contextlib
import json
import sys
import threading
from typing import Any, Iterator

import pytest

from gameserver.admin.authentication import OperatorAuthentication
from gameserver.admin.console import COMMANDS, Console
from gameserver.world_manager import GameWorldManager
from Net.client import connect
from Net.errors import HandshakeError
from Net.PacketCodes import TO_SERVER
from tests.attacks.support import Target, answers, opening, under_attack
from tests.Net.support import DEADLINE_S

TOKEN = "open sesame"

# Targets that would lead out of a folder of pages: plain, encoded once and twice, in bytes that are no UTF-8, with
# the separators of other systems, and with names that a file system treats specially.
TARGETS = [
    "/../setup.cfg",
    "/web/../../setup.cfg",
    "/web/../pages.py",
    "/web//../pages.py",
    "/web/admin/../../pages.py",
    "/%2e%2e/setup.cfg",
    "/%2e%2e%2fsetup.cfg",
    "/web/%2e%2e/pages.py",
    "/web/..%2fpages.py",
    "/web/..%5cpages.py",
    "/web/%252e%252e/pages.py",
    "/web/%c0%ae%c0%ae/pages.py",
    "/web/..;/pages.py",
    "/web/..\\pages.py",
    "/web/....//pages.py",
    "/web/main.js%00.html",
    "/web/main.js/",
    "/web/main.js/.",
    "/web/./main.js",
    "/web/",
    "/web",
    "/WEB/main.js",
    "/web/main.js::$DATA",
    "//etc/passwd",
    "/etc/passwd",
    "/C:/boot.ini",
    "/.git/config",
    "/.well-known/../setup.cfg",
    "/gameserver.sqlite3",
    "/proc/self/environ",
    "http://127.0.0.1/../setup.cfg",
]
# Targets that are no paths. The server refuses them before it looks for a page.
NO_PATHS = ["setup.cfg", "../setup.cfg", "*", "file:///etc/passwd", "127.0.0.1:80", "\\\\host\\share", "?../setup.cfg"]
METHODS = [
    "POST",
    "PUT",
    "DELETE",
    "PATCH",
    "OPTIONS",
    "TRACE",
    "PROPFIND",
    "MOVE",
    "PURGE",
    "BREW",
    "get",
    "HEADER",
    "X" * 99,
]

PATHS = [
    *("../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "C:\\boot.ini", "\\\\host\\share\\x", "~/.ssh/id_rsa"),
    *("$(id)", "`id`", "|id", "; ls", "%s%n%p", "{0.__class__}", "__class__", "' OR 1=1 --", "gameserver.sqlite3", "*"),
]
# Python's audit events about files, folders, programs and databases.
TELLTALES = (
    "open",
    "os.",
    "shutil.",
    "glob.",
    "tempfile.",
    "subprocess.",
    "sqlite3.",
    "import",
    "exec",
    "ctypes.",
    "pty.",
)


class Watch:
    """Records every use of a file by a thread of the server."""

    def __init__(self) -> None:
        self.is_watching = False
        self.seen: list[str] = []
        sys.addaudithook(self._hear)  # an audit hook stays until the process ends

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if self.is_watching and event.startswith(TELLTALES) and threading.current_thread().name != "MainThread":
            self.seen.append(f"{threading.current_thread().name}: {event} {args[:1]!r}")

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        self.seen.clear()
        self.is_watching = True
        try:
            yield
        finally:
            self.is_watching = False


@pytest.fixture(scope="module")
def watch() -> Watch:
    return Watch()


def status(target: Target, request: bytes) -> int:
    return int(target.ask(request).split(b" ", 2)[1])


def plain(method: str, path: str) -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode("latin-1")


@answers("CWE-22")
def test_no_path_leads_out_of_the_table_of_pages_and_none_opens_a_file(watch: Watch) -> None:
    with under_attack() as target:
        assert status(target, plain("GET", "/web/main.js")) == 200
        with watch.watching():
            pages = {path: status(target, plain("GET", path)) for path in TARGETS}
            heads = {path: status(target, plain("HEAD", path)) for path in TARGETS}
            websockets = {path: status(target, opening(path)) for path in TARGETS}
            others = {path: status(target, plain("GET", path)) for path in NO_PATHS}
        expected = dict.fromkeys(TARGETS, 404)
        assert pages == heads == websockets == expected
        assert others == dict.fromkeys(NO_PATHS, 400)
        assert watch.seen == []


@answers("CWE-650")
@pytest.mark.parametrize("path", ["/", "/nowhere"])
def test_no_other_method_does_anything(path: str) -> None:
    with under_attack() as target:
        for method in METHODS:
            answer = target.ask(plain(method, path))
            assert answer.startswith(b"HTTP/1.1 405 "), method
            assert b"\r\nAllow: GET, HEAD\r\n" in answer
            upgrade = opening(path).replace(b"GET", method.encode(), 1)
            assert target.ask(upgrade).startswith(b"HTTP/1.1 405 "), method
        for method in ("", "G T", "GET\t", "G\x85T", "(GET)"):
            assert target.ask(plain(method, path)).startswith(b"HTTP/1.1 400 "), method


def hostile_packets() -> Iterator[str]:
    """Every packet to the server, with paths in every place."""
    for row in TO_SERVER.rows:
        for path in PATHS:
            for count in range(4):
                yield json.dumps([row.id, [path] * count])
    for path in PATHS:
        yield json.dumps([path, [path]])
        yield json.dumps(["JOIN", [path[:16]]])
        yield json.dumps(["CHAT", [path]])
        yield json.dumps(["LEAVE", []])
        yield from (json.dumps(["JOIN", ["Mallory", {key: path}]]) for key in ("room", "token", "team", path))
        yield json.dumps(["LEAVE", []])


@answers("CWE-22")
def test_no_packet_opens_a_file(watch: Watch) -> None:
    with under_attack() as target:

        def send_all(messages: list[str]) -> None:
            """Sends the messages in portions, each on its own connection: too many bad packets end a connection."""
            for begin in range(0, len(messages), 15):
                websocket = connect(target.arena.url())
                for message in messages[begin : begin + 15]:
                    websocket.send(message)
                websocket.send('["PING",[7]]')
                while not str(websocket.receive(DEADLINE_S)).startswith('["PONG",[7,'):
                    pass
                websocket.close()

        messages = list(hostile_packets())
        send_all(messages[:15])  # once before, so that Python has done all its imports
        with watch.watching():
            send_all(messages)
        assert watch.seen == []


@answers("CWE-22")
def test_no_command_of_the_operator_opens_a_file(watch: Watch) -> None:
    with under_attack() as target:
        target.server.add_route(
            "/admin", Console(GameWorldManager(target.server), OperatorAuthentication(TOKEN)).converse
        )
        operator = connect(target.arena.url("/admin"))

        def do(command: Any) -> dict[str, Any]:
            operator.send(json.dumps({"id": 1, **command}))
            while True:
                answer: dict[str, Any] = json.loads(operator.receive(DEADLINE_S))
                if "id" in answer:
                    return answer

        operator.send(json.dumps({"token": TOKEN}))
        assert json.loads(operator.receive(DEADLINE_S)) == {"ok": True}
        with watch.watching():
            for path in PATHS:
                assert "error" in do({"do": path})
                assert "error" in do({"do": "change_setting", "room": "room-1", "name": path, "value": 1})
                for name, arguments in COMMANDS.items():
                    do({"do": name, **dict.fromkeys(arguments, path)})
        operator.close()
        assert watch.seen == []


def test_a_file_that_is_opened_would_be_noticed(watch: Watch) -> None:
    with watch.watching():
        thread = threading.Thread(target=lambda: open(__file__).close(), name="client")
        thread.start()
        thread.join()
    assert len(watch.seen) == 1
    assert watch.seen[0].startswith("client: open ")


def test_a_refused_path_is_not_repeated_in_the_answer() -> None:
    with under_attack() as target:
        answer = target.ask(plain("GET", "/<script>alert(1)</script>"))
    assert b"script" not in answer


def test_a_handshake_for_a_path_is_refused_before_anything_is_done_with_it() -> None:
    with under_attack() as target, pytest.raises(HandshakeError, match="404"):
        connect(target.arena.url("/../admin"))
