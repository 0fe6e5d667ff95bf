"""Tests of a server behind a reverse proxy: limits, bans, logs and privileges use the address of the real client."""

from __future__ import annotations

import contextlib
import logging
from typing import Any, Iterator

import pytest

from gameserver.world_manager import GameWorldManager
from Net.client import connect
from Net.errors import HandshakeError
from Net.websocket import WebSocket
from tests.Net.support import DEADLINE_S, wait_until
from tests.support import Arena, serving

TRUSTING = {"trusted_proxies": ("127.0.0.1",)}
ANN, BOB = "203.0.113.9", "2001:db8::9"


@contextlib.contextmanager
def opened(arena: Arena, *addresses: str, path: str = "/echo", **fields: str) -> Iterator[WebSocket]:
    """Opens a connection as a proxy does. addresses: those in its X-Forwarded-For."""
    headers = [("X-Forwarded-For", ", ".join(addresses))] if addresses else []
    headers += [(name.replace("_", "-"), value) for name, value in fields.items()]
    websocket = connect(arena.url(path), headers=headers)
    try:
        websocket.send("here")
        assert websocket.receive(DEADLINE_S) == "here"
        yield websocket
    finally:
        websocket.close()


def server_end(arena: Arena) -> WebSocket:
    """Returns the server's end of the only connection."""
    (websocket,) = arena.server.listener.websockets()
    return websocket


def test_the_limit_per_address_counts_clients_behind_the_proxy() -> None:
    with serving(max_connections_per_address=1, **TRUSTING) as arena, opened(arena, ANN), opened(arena, BOB):
        with pytest.raises(HandshakeError, match="503"), opened(arena, ANN):
            pass
        with opened(arena, ANN, "198.51.100.1"):
            pass
        # A refused client counts for the proxy's own address until its connection is gone.
        wait_until(lambda: arena.server.listener.connections() == 2, "only those who stay are there")
        with opened(arena):  # a client on the proxy's machine that does not come through the proxy
            pass


def test_a_place_is_free_again_when_a_client_behind_the_proxy_leaves() -> None:
    with serving(max_connections_per_address=1, **TRUSTING) as arena:
        for _ in range(5):
            with opened(arena, ANN):
                pass
            wait_until(lambda: arena.server.listener.connections() == 0, "the connection is gone")
            assert [arena.server.listener.connections_of(host) for host in (ANN, "127.0.0.1")] == [0, 0]


def test_nobody_gets_more_places_by_claiming_to_be_a_proxy() -> None:
    with serving(max_connections_per_address=1) as arena, opened(arena, ANN), pytest.raises(
        HandshakeError, match="503"
    ):
        connect(arena.url(), headers=[("X-Forwarded-For", BOB)])


@pytest.mark.parametrize("node", ["unknown", "_hidden", f"[{BOB}]:4711", "203.0.113.7:80", '"', "fe80::1%eth0"])
@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded"])
def test_no_client_is_refused_for_the_words_of_the_proxy(name: str, node: str) -> None:
    value = f'for="{node}"' if name == "Forwarded" else node
    with serving(max_connections_per_address=1, **TRUSTING) as arena, opened(arena, ANN):
        websocket = connect(arena.url("/echo"), headers=[(name, value), ("X-Test", "yes")])
        websocket.send("here")
        assert websocket.receive(DEADLINE_S) == "here"
        websocket.close()


def test_clients_that_the_proxy_does_not_name_share_the_places_of_its_address() -> None:
    with serving(max_connections_per_address=2, **TRUSTING) as arena, opened(arena, "unknown"), opened(arena, "_x"):
        with pytest.raises(HandshakeError, match="503"), opened(arena, "unknown"):
            pass
        with opened(arena, ANN):
            pass


def test_a_ban_hits_one_client_behind_the_proxy_and_not_the_others() -> None:
    with serving(**TRUSTING) as arena:
        for banned, other in ((ANN, BOB), (BOB, ANN)):
            websocket = connect(arena.url(), headers=[("X-Forwarded-For", banned)])
            websocket.send('["JOIN",["Mallory"]]')
            wait_until(lambda: arena.server.lobby.players, "Mallory is in")
            (player_id,) = arena.server.lobby.players
            manager = GameWorldManager(arena.server)
            assert banned in manager.ban(player_id)
            websocket.close()
            with pytest.raises(HandshakeError, match="403"), opened(arena, banned):
                pass
            with opened(arena, other):
                pass
            manager.unban(banned)
            with opened(arena, banned):
                pass


def test_the_log_names_the_client_that_the_proxy_asks_for(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with serving(**TRUSTING) as arena:
        with opened(arena, "198.51.100.1", ANN):
            assert server_end(arena).host == ANN
        for fields in (
            [("X-Forwarded-For", ANN), ("Origin", "http://evil.example")],
            [("X-Forwarded-For", "\x85forged"), ("Origin", "http://evil.example")],
        ):
            with pytest.raises(HandshakeError):
                connect(arena.url(), headers=fields)
        wait_until(lambda: len(caplog.messages) >= 2, "both are logged")
    # The lines may come in either order: each is logged by a thread of its own.
    assert sorted(message.partition(":")[0] for message in caplog.messages) == ["127.0.0.1", ANN]
    assert all(message.isprintable() for message in caplog.messages)


@pytest.mark.parametrize(
    ("settings", "addresses", "is_this_machine"),
    [({}, [], True), ({}, ["127.0.0.1"], False), (TRUSTING, [], False), (TRUSTING, ["127.0.0.1"], False)],
    ids=["straight", "by a proxy nobody named", "from the proxy's machine", "by the proxy"],
)
def test_only_a_direct_connection_from_this_machine_counts_as_this_machine(
    settings: dict[str, Any], addresses: list[str], is_this_machine: bool
) -> None:
    with serving(**settings) as arena, opened(arena, *addresses):
        assert server_end(arena).is_this_machine is is_this_machine


@pytest.mark.parametrize(("scheme", "is_let_in"), [("https", True), ("http", False)])
def test_behind_tls_a_page_that_came_without_it_is_a_foreign_page(scheme: str, is_let_in: bool) -> None:
    with serving(host_names=("game.example",), **TRUSTING) as arena:
        fields = {"X_Forwarded_Proto": "https", "Origin": f"{scheme}://127.0.0.1:{arena.port}"}
        outcome = contextlib.nullcontext() if is_let_in else pytest.raises(HandshakeError, match="403")
        with outcome, opened(arena, ANN, **fields):
            pass
