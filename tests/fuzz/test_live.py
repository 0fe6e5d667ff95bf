"""The live server as a target: it survives damaged sessions, and the checks find each fault of a faulty server."""

from __future__ import annotations

import itertools
import time
from random import Random
from typing import Any

import pytest

from gameserver.game import Game
from gameserver.server import GameServer
from Net.frames import OPCODE_BINARY, OPCODE_CLOSE, OPCODE_PONG
from Net.websocket import WebSocket
from tests.fuzz import live
from tests.fuzz.live import live_server
from tests.fuzz.sessions import session
from tests.Net.support import DEADLINE_S, client_frame

ON_ECHO = (
    b"GET /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
ON_ADMIN = ON_ECHO.replace(b"/echo", b"/admin")
HELLO = client_frame(OPCODE_BINARY, b"hello") + client_frame(OPCODE_CLOSE)


def with_a_bug(server: GameServer) -> None:
    """In the server's process."""

    def fail(websocket: WebSocket) -> None:
        raise ZeroDivisionError("a fault for the test")

    server.add_route("/echo", fail)


def with_bad_json(server: GameServer) -> None:
    """In the server's process."""
    server.add_route("/admin", lambda websocket: websocket.send('{"x": NaN}'))


def with_a_bad_page(server: GameServer) -> None:
    """Called in the server's process: a page answers with a status that shows a fault."""
    server.add_page("/rooms.json", lambda: 1 / 0)  # type: ignore[arg-type, return-value]


def with_rooms_that_stall(server: GameServer) -> None:
    """Called in the server's process: ticks are late, and no tick number is left out."""
    update = Game.update

    def update_late(game: Game, delta_time: float) -> None:
        time.sleep(0.3)
        update(game, delta_time)

    Game.update = update_late  # type: ignore[method-assign]


def until_it_fails(check: Any, data: bytes) -> None:
    """Plays the session with different endings, until a check fails; a fault may show only after the next session."""
    deadline_s = time.monotonic() + DEADLINE_S
    for number in itertools.count():
        check(data + number * client_frame(OPCODE_PONG))
        assert time.monotonic() < deadline_s, "nothing was found"
        time.sleep(0.02)


def test_sessions_of_every_path_are_played() -> None:
    random = Random(1)
    made = [session(random) for _ in range(200)]
    for path in (b"/", b"/echo", b"/admin", b"/inspect", b"/lab"):
        assert any(data.startswith(b"GET " + path + b" ") and b"Upgrade: websocket" in data for data in made), path
    assert any(b"Upgrade" not in data for data in made)


@pytest.mark.parametrize(
    ("prepare", "data", "found"),
    [
        (with_a_bug, ON_ECHO + HELLO, "a fault in the server|a fault for the test"),
        (with_bad_json, ON_ADMIN + HELLO, "NaN is not JSON"),
        (with_a_bad_page, b"GET /rooms.json HTTP/1.1\r\nHost: localhost\r\n\r\n", "not a response|ZeroDivision"),
    ],
    ids=["traceback", "bad JSON", "status 500"],
)
def test_what_is_wrong_with_a_server_is_found(prepare: Any, data: bytes, found: str) -> None:
    with live_server(prepare) as check, pytest.raises(AssertionError, match=found):
        until_it_fails(check, data)


def test_a_bystander_who_gets_few_states_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "WINDOW_S", 2.0)
    with live_server(with_rooms_that_stall) as check, pytest.raises(AssertionError, match="the bystander"):
        until_it_fails(check, ON_ECHO + HELLO)


def test_a_server_that_is_gone_is_found() -> None:
    with live_server() as check:
        check(ON_ECHO + HELLO)
    with pytest.raises((OSError, EOFError)):
        check(ON_ECHO + HELLO)
