"""Tests of the reserve: a few places beyond all limits, so that the operator can always reach the console."""

from __future__ import annotations

import contextlib
import json
import socket
from typing import Iterator

import pytest

from gameserver.admin.authentication import OperatorAuthentication
from gameserver.admin.console import Console
from gameserver.admission.operators import REMEMBERED_S, Operators, is_for_console, is_loopback
from gameserver.world_manager import GameWorldManager
from Net.client import connect
from Net.errors import HandshakeError
from Net.port.reserve import PLACES, PLACES_OF_PROXIES, Reserve
from Net.websocket import WebSocket
from tests.Net.support import DEADLINE_S, wait_until
from tests.support import Arena, plain_world, serving

TOKEN = "open sesame"
ANN = "203.0.113.9"


@contextlib.contextmanager
def serving_console(**settings: object) -> Iterator[Arena]:
    with serving(plain_world(), **settings) as arena:
        arena.server.add_route(
            "/admin", Console(GameWorldManager(arena.server), OperatorAuthentication(TOKEN)).converse
        )
        yield arena


@contextlib.contextmanager
def operator(arena: Arena, *headers: tuple[str, str]) -> Iterator[WebSocket]:
    """Yields the connection of an operator who is logged in."""
    websocket = connect(arena.url("/admin"), headers=headers)
    try:
        websocket.send(json.dumps({"token": TOKEN}))
        assert json.loads(websocket.receive(DEADLINE_S)) == {"ok": True}
        yield websocket
    finally:
        websocket.close()


def status_of(arena: Arena, path: str) -> int:
    with socket.create_connection(("127.0.0.1", arena.port), DEADLINE_S) as sock:
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        return int(sock.recv(65536).split(b" ")[1])


def assert_only_the_console_is_open(arena: Arena, status: int) -> None:
    for path in ("/admin", "/web/admin/admin.js", "/web/lib/dom.js"):
        assert status_of(arena, path) == 200, path
    for path in ("/", "/rooms.json", "/packets.json"):
        assert status_of(arena, path) == status, path
    for path in ("/", "/echo"):
        with pytest.raises(HandshakeError, match=str(status)):
            connect(arena.url(path))
    with operator(arena):
        pass


def test_this_machine_reaches_the_console_of_a_full_server() -> None:
    with serving_console(max_connections=2) as arena:
        arena.join("Ann")
        arena.join("Bob")
        assert_only_the_console_is_open(arena, 503)


def test_this_machine_reaches_the_console_when_its_address_is_at_its_limit() -> None:
    with serving_console(max_connections_per_address=2) as arena:
        arena.join("Ann")
        arena.join("Bob")
        assert_only_the_console_is_open(arena, 503)


def test_this_machine_reaches_the_console_when_it_is_banned() -> None:
    with serving_console() as arena:
        ann = arena.join("Ann")
        with operator(arena) as boss:
            boss.send(json.dumps({"id": 1, "do": "ban", "player_id": ann.id}))
            assert ann.receive_to_the_end()[1].code == 1008
            assert_only_the_console_is_open(arena, 403)
            boss.send(json.dumps({"id": 2, "do": "unban", "address": "127.0.0.1"}))
            wait_until(lambda: status_of(arena, "/") == 200, "the ban is lifted")


def test_behind_a_proxy_an_operator_comes_back_to_the_console_that_it_has_left() -> None:
    with serving_console(trusted_proxies=("127.0.0.1",), max_connections=2) as arena:
        forwarded = ("X-Forwarded-For", ANN)
        with operator(arena, forwarded):
            pass
        wait_until(lambda: arena.server.describe()["connections"] == 0, "its place is free again")
        players = [connect(arena.url("/echo"), headers=[("X-Forwarded-For", f"198.51.100.{n}")]) for n in range(2)]
        with operator(arena, forwarded):
            pass
        for headers in ([("X-Forwarded-For", "198.51.100.9")], [("X-Forwarded-For", f"{ANN}, 198.51.100.9")]):
            with pytest.raises(HandshakeError, match="503"):
                connect(arena.url("/admin"), headers=headers)
        for player in players:
            player.close()


def test_an_operator_behind_a_proxy_reaches_the_console_when_its_address_was_banned_before() -> None:
    with serving_console(trusted_proxies=("127.0.0.1",)) as arena, arena.server.operators.present(ANN):
        arena.server.lobby.measures.add("ban", ANN)
        with operator(arena, ("X-Forwarded-For", ANN)):
            pass
        with pytest.raises(HandshakeError, match="403"):
            connect(arena.url("/"), headers=[("X-Forwarded-For", ANN)])


def test_places_of_the_reserve_are_free_again() -> None:
    with serving_console(max_connections=1) as arena:
        arena.join("Ann")
        for _ in range(2 * PLACES):
            assert status_of(arena, "/admin") == 200
            assert status_of(arena, "/") == 503
        wait_until(lambda: arena.server.describe()["connections"] == 1, "all have gone")
        consoles = [connect(arena.url("/admin")) for _ in range(PLACES)]
        with pytest.raises(HandshakeError, match="503"):
            connect(arena.url("/admin"))
        for console in consoles:
            console.close()


def test_the_reserve_is_for_certain_addresses_and_has_a_few_places() -> None:
    reserve = Reserve(lambda host: host == ANN, lambda path: path == "/admin")
    assert not reserve.take("198.51.100.1")
    assert [reserve.take("10.0.0.1", is_proxy=True) for _ in range(PLACES_OF_PROXIES + 1)][-1] is False
    assert [reserve.take(ANN) for _ in range(PLACES - PLACES_OF_PROXIES + 1)] == [True] * PLACES_OF_PROXIES + [False]
    reserve.give_back()
    assert reserve.take(ANN)


class Clock:
    """A clock that a test sets."""

    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def test_an_operators_address_is_remembered_for_a_while_after_the_last_has_left() -> None:
    clock = Clock()
    operators = Operators(clock)
    with operators.present(ANN):
        with operators.present(ANN):
            pass
        clock.now_s += 10 * REMEMBERED_S
        assert operators.are_at(ANN)
    clock.now_s += REMEMBERED_S - 1
    assert operators.are_at(ANN)
    clock.now_s += 2
    assert not operators.are_at(ANN)


def test_an_address_that_only_guesses_tokens_is_no_operators_address() -> None:
    with serving_console() as arena:
        websocket = connect(arena.url("/admin"))
        websocket.send(json.dumps({"token": "wrong"}))
        assert "error" in json.loads(websocket.receive(DEADLINE_S))
        assert not arena.server.operators.are_at("127.0.0.1")
        websocket.close()


def test_paths_and_addresses_of_the_console() -> None:
    assert [is_for_console(path) for path in ("/admin", "/web/lib/dom.js", "/", "/admin/x", "/echo")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert [is_loopback(host) for host in ("127.0.0.1", "127.3.2.1", "::1", ANN, "fe80::1%eth0", "")] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]
