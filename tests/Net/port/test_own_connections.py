"""Tests of the process's own connections: they are registered beforehand, and no stranger can pretend to be one."""

from __future__ import annotations

import socket

from Net.address import Address
from Net.client import connect
from Net.port.own_connections import OwnConnections
from tests.Net.support import wait_until
from tests.support import serving


def test_a_connection_is_own_from_the_moment_it_is_expected_until_it_leaves() -> None:
    own = OwnConnections()
    with socket.socket() as sock:
        address = own.expect(sock, ("127.0.0.1", 9))
        assert address == sock.getsockname()
        assert not own.arrive(Address("127.0.0.1", 1))
        assert address not in own
        assert own.arrive(address)
        assert address in own
        own.leave(address)
        assert address not in own
        assert not own.arrive(address), "an address is expected once"


def test_a_connection_that_is_not_made_is_not_expected_any_more() -> None:
    own = OwnConnections()
    with socket.socket() as sock:
        address = own.expect(sock, ("127.0.0.1", 9))
        own.forget(address)
        assert not own.arrive(address)


def test_own_connections_do_not_count_in_the_per_address_limit() -> None:
    with serving(max_connections_per_address=2) as arena:
        own = [connect(arena.url("/echo"), dial=arena.server.own_connections.dial) for _ in range(5)]
        ann, bob = arena.join("Ann"), arena.join("Bob")
        for websocket in own:
            websocket.send("still here")
            assert websocket.receive() == "still here"
            websocket.close()
        wait_until(lambda: arena.server.describe()["connections"] == 2, "only people are left")
        ann.sync()
        bob.sync()


def test_own_connections_count_in_the_limit_of_the_whole_server() -> None:
    with serving(max_connections=3) as arena:
        own = [connect(arena.url("/echo"), dial=arena.server.own_connections.dial) for _ in range(3)]
        status = _status_of_one_more(arena.port)
        assert status == 503
        for websocket in own:
            websocket.close()


def _status_of_one_more(port: int) -> int:
    with socket.create_connection(("127.0.0.1", port), 10) as sock:
        sock.sendall(b"GET /rooms.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        return int(sock.recv(4096).split(b" ")[1])
