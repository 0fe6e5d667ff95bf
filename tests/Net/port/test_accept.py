"""Tests of the server's half of the opening handshake, over a real listener."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any, Iterator

import pytest

from Net.address import Address
from Net.deflate import Compression
from Net.errors import ConnectionClosed, HandshakeError
from Net.frames import OPCODE_BINARY, OPCODE_TEXT
from Net.limits import Limits
from Net.port.accept import MOST_CONTEXTS, Endpoint, Site, accept
from Net.port.http import html_page
from Net.port.origin import make_policy
from Net.port.proxy import Caller
from Net.websocket import WebSocket
from tests.Net.support import DEADLINE_S, PATIENT, QUICK, Background, RawPeer, client_frame

PAGES = {"/": html_page("<!DOCTYPE html><title>Game</title>")}
SITE = Site(
    {"/": Endpoint(), "/echo": Endpoint(), "/deflate": Endpoint(Compression.WITH_CONTEXT)}, PAGES, make_policy()
)
CALLER = Caller(Address("192.0.2.1", 7))
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def head(request_line: str = "GET / HTTP/1.1", **fields: str) -> bytes:
    """A request to upgrade, with some fields changed; an empty value leaves the field out."""
    defaults = {
        "Host": "localhost:3000",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec_WebSocket_Key": KEY,
        "Sec_WebSocket_Version": "13",
    }
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in {**defaults, **fields}.items() if value]
    return "\r\n".join([request_line, *lines, "", ""]).encode("latin-1")


PLAIN = {"Upgrade": "", "Connection": "", "Sec_WebSocket_Key": "", "Sec_WebSocket_Version": ""}


@contextlib.contextmanager
def accepting(limits: Limits = PATIENT, site: Site = SITE) -> Iterator[tuple[socket.socket, Background]]:
    """A client's socket, and a server that accepts it."""
    client, server_side = connected_pair()
    with client, server_side:
        yield client, Background(accept, server_side, site, limits, lambda _: CALLER)


def connected_pair() -> tuple[socket.socket, socket.socket]:
    """Returns a client's socket and the server's socket of one connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname(), DEADLINE_S)
        return client, listener.accept()[0]


def read_all(sock: socket.socket) -> bytes:
    return b"".join(iter(lambda: sock.recv(65536), b""))


def read_head(sock: socket.socket) -> bytes:
    received = b""
    while not received.endswith(b"\r\n\r\n"):
        received += sock.recv(1)
    return received


def status_of(response: bytes) -> int:
    return int(response.split(b" ")[1])


# Upgrades ------------------------------------------------------------------------------------------------------


def test_a_handshake_opens_a_websocket() -> None:
    with accepting() as (client, server):
        client.sendall(head("GET /echo?x=1 HTTP/1.1"))
        response = read_head(client)
        assert response.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
        assert b"\r\nSec-WebSocket-Accept: " + ACCEPT + b"\r\n" in response
        websocket = server.result()
        assert isinstance(websocket, WebSocket)
        assert (websocket.path, websocket.address) == ("/echo", CALLER.address)
        client.sendall(client_frame(OPCODE_TEXT, b"hello"))
        assert websocket.receive(DEADLINE_S) == "hello"
        websocket.send("hello yourself")
        frame = RawPeer(client, masks=True).receive()
        assert frame is not None
        assert frame.payload == b"hello yourself"


def test_frames_right_behind_the_head_are_delivered() -> None:
    with accepting() as (client, server):
        client.sendall(head() + client_frame(OPCODE_TEXT, b"early") + client_frame(OPCODE_TEXT, b"bird")[:7])
        websocket = server.result()
        assert websocket.receive(DEADLINE_S) == "early"
        client.sendall(client_frame(OPCODE_TEXT, b"bird")[7:])
        assert websocket.receive(DEADLINE_S) == "bird"


def test_a_violation_right_behind_the_head_is_answered_after_the_handshake() -> None:
    with accepting() as (client, server):
        client.sendall(head() + b"\xff\xff")
        websocket = server.result()
        receiving = Background(websocket.receive)
        read_head(client)
        (close,) = RawPeer(client, masks=True).receive_to_the_end()
        assert close.payload[:2] == (1002).to_bytes(2, "big")
        client.close()
        with pytest.raises(ConnectionClosed):
            receiving.result()


def test_a_head_may_come_byte_by_byte() -> None:
    with accepting() as (client, server):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in head():
            client.sendall(bytes([byte]))
        assert status_of(read_head(client)) == 101
        assert isinstance(server.result(), WebSocket)


def test_a_websocket_waits_longer_than_the_handshake_may_take() -> None:
    with accepting(Limits(handshake_timeout_s=1)) as (client, server):
        client.sendall(head())
        websocket = server.result()
        receiving = Background(websocket.receive)
        receiving.join(1.2)
        assert receiving.is_alive()
        client.sendall(client_frame(OPCODE_TEXT, b"late"))
        assert receiving.result() == "late"


@pytest.mark.parametrize(
    ("path", "offer", "is_agreed"),
    [
        ("/deflate", "permessage-deflate", True),
        ("/deflate", "", False),
        ("/deflate", "x-other", False),
        ("/", "permessage-deflate", False),
    ],
)
def test_compression_is_agreed_on_where_it_is_offered_by_both(path: str, offer: str, is_agreed: bool) -> None:
    with accepting() as (client, server):
        client.sendall(head(f"GET {path} HTTP/1.1", Sec_WebSocket_Extensions=offer))
        response = read_head(client)
        assert status_of(response) == 101
        assert (b"Sec-WebSocket-Extensions: permessage-deflate" in response) is is_agreed
        server.result()


# Plain HTTP ----------------------------------------------------------------------------------------------------


def test_a_plain_get_is_answered_with_the_page() -> None:
    with accepting() as (client, server):
        client.sendall(head(**PLAIN))
        response_head, _, body = read_all(client).partition(b"\r\n\r\n")
        client.close()
        assert server.result() is None
    assert response_head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nContent-Length: %d\r\n" % len(body) in response_head
    assert body == PAGES["/"].body


def test_a_plain_head_is_answered_without_the_page() -> None:
    with accepting() as (client, server):
        client.sendall(head("HEAD / HTTP/1.1", **PLAIN))
        response = read_all(client)
        client.close()
        assert server.result() is None
    assert status_of(response) == 200
    assert response.endswith(b"\r\n\r\n")


# Refusals ------------------------------------------------------------------------------------------------------

REFUSED = {
    "no such page": (404, head("GET /nowhere HTTP/1.1", **PLAIN)),
    "no WebSocket at this path": (404, head("GET /nowhere HTTP/1.1")),
    "POST of a page": (405, head("POST / HTTP/1.1", **PLAIN)),
    "POST to upgrade": (405, head("POST / HTTP/1.1")),
    "OPTIONS *": (405, head("OPTIONS * HTTP/1.1", **PLAIN)),
    "OPTIONS * to upgrade": (405, head("OPTIONS * HTTP/1.1")),
    "a WebSocket without Upgrade": (426, head("GET /echo HTTP/1.1", **PLAIN)),
    "a handshake without Upgrade": (426, head("GET /echo HTTP/1.1", Upgrade="", Connection="keep-alive")),
    "a handshake without Upgrade where there is a page": (426, head(Upgrade="", Connection="keep-alive")),
    "version 8": (426, head(Sec_WebSocket_Version="8")),
    "no key": (400, head(Sec_WebSocket_Key="")),
    "page of another site": (403, head(Origin="http://evil.example")),
    "sandboxed page": (403, head(Origin="null")),
    "foreign name, to upgrade": (421, head(Host="evil.example")),
    "foreign name with its own page": (421, head(Host="evil.example", Origin="http://evil.example")),
    "foreign name, plain": (421, head(Host="evil.example", **PLAIN)),
    "no Host": (400, head(Host="")),
    "HTTP/1.0": (505, head("GET / HTTP/1.0")),
    "a body": (400, head(Content_Length="5") + b"hello"),
    "nonsense": (400, b"hello\r\n\r\n"),
    "TLS": (400, bytes.fromhex("16030100") + b"\n" + bytes(200)),
    "head too long": (431, b"GET /" + b"x" * PATIENT.head_bytes),
    "too many fields": (431, head(**{f"X{number}": "y" for number in range(PATIENT.head_fields)})),
    "bad offer of extensions": (400, head(Sec_WebSocket_Extensions=";;;")),
}


@pytest.mark.parametrize(("status", "request_bytes"), REFUSED.values(), ids=REFUSED)
def test_a_request_is_refused_with_a_response_and_an_error(status: int, request_bytes: bytes) -> None:
    with accepting() as (client, server):
        client.sendall(request_bytes)
        response = read_all(client)
        client.close()
        with pytest.raises(HandshakeError) as refused:
            server.result()
    assert status_of(response) == refused.value.status == status
    response_head, _, body = response.partition(b"\r\n\r\n")
    assert b"\r\nContent-Length: %d\r\n" % len(body) in response_head
    assert refused.value.reason in body.decode()


def test_a_refused_client_that_goes_on_sending_still_gets_the_response() -> None:
    with accepting() as (client, server):
        client.sendall(b"GET /" + bytes(200_000))
        assert status_of(read_all(client)) == 431
        client.close()
        with pytest.raises(HandshakeError):
            server.result()


@pytest.mark.parametrize(
    "sent", [b"G", b"\r\n", b"GET / HT", head()[:-2]], ids=["a byte", "an empty line", "a little", "nearly all"]
)
def test_a_slow_head_is_refused(sent: bytes) -> None:
    with accepting(QUICK) as (client, server):
        client.sendall(sent)
        assert status_of(read_all(client)) == 408
        client.close()
        with pytest.raises(HandshakeError, match="408"):
            server.result()


def test_a_head_that_drips_is_refused_in_the_same_time() -> None:
    with accepting(QUICK) as (client, server):
        while server.is_alive():
            with contextlib.suppress(OSError):
                client.sendall(b"x")
            server.join(0.02)
        with pytest.raises(HandshakeError, match="408"):
            server.result()


def test_a_connection_without_a_request_is_closed_without_an_answer() -> None:
    """Chromium opens spare connections, and repeats its request on another one when a spare connection is closed."""
    with accepting(QUICK) as (client, server):
        assert read_all(client) == b""
        assert server.result() is None


@pytest.mark.parametrize("leave", ["close", "reset"])
def test_a_client_that_leaves_without_sending_a_byte_is_no_error(leave: str) -> None:
    with accepting() as (client, server):
        if leave == "reset":
            RawPeer(client, masks=True).vanish()
        client.close()
        assert server.result() is None


@pytest.mark.parametrize("sent", [b"G", b"GET / HT", head()[:-2]], ids=["a byte", "a little", "nearly all"])
@pytest.mark.parametrize("leave", ["close", "reset"])
def test_a_client_that_leaves_inside_the_handshake_is_an_os_error(sent: bytes, leave: str) -> None:
    with accepting() as (client, server):
        client.sendall(sent)
        if leave == "reset":
            RawPeer(client, masks=True).vanish()
        client.close()
        with pytest.raises(OSError):  # noqa: PT011
            server.result()


def test_the_socket_is_closed_unless_it_was_upgraded() -> None:
    def is_closed_after(request_bytes: bytes, error: Any = None) -> bool:
        near, far = socket.socketpair()
        with near, far:
            far.sendall(request_bytes)
            far.shutdown(socket.SHUT_WR)
            if error:
                with pytest.raises(error):
                    accept(near, SITE, PATIENT)
            else:
                accept(near, SITE, PATIENT)
            return near.fileno() == -1

    assert is_closed_after(head(**PLAIN))
    assert is_closed_after(head(Host=""), HandshakeError)
    assert is_closed_after(b"GET", ConnectionResetError)
    assert is_closed_after(b"")


def test_only_so_many_connections_of_a_path_keep_a_deflate_context() -> None:
    site = Site({"/": Endpoint(Compression.WITH_CONTEXT)}, {}, make_policy())
    offer = {"Sec_WebSocket_Extensions": "permessage-deflate"}
    with contextlib.ExitStack() as exits:
        forgets = []
        for _ in range(MOST_CONTEXTS + 2):
            client, server = exits.enter_context(accepting(site=site))
            client.sendall(head(**offer))
            forgets.append(b"client_no_context_takeover" in read_head(client))
            exits.callback(server.result().abort, "the test is over")
        assert forgets == [False] * MOST_CONTEXTS + [True, True]


class Dawdler:
    """A tap that stops its connection just after the answer to the handshake."""

    def __init__(self, go_on: threading.Event) -> None:
        self._go_on = go_on

    def received(self, data: bytes) -> None:
        pass

    def sent(self, data: bytes) -> None:
        self._go_on.wait(DEADLINE_S)

    def ended(self) -> None:
        pass


def test_a_context_is_counted_before_the_client_hears_of_it() -> None:
    site = Site({"/": Endpoint(Compression.WITH_CONTEXT)}, {}, make_policy())
    go_on = threading.Event()
    with contextlib.ExitStack() as exits:
        opened = []
        forgets = []
        for _ in range(MOST_CONTEXTS + 1):
            client, server_side = (exits.enter_context(sock) for sock in connected_pair())
            opened.append(Background(accept, server_side, site, PATIENT, lambda _: CALLER, Dawdler(go_on)))
            client.sendall(head(Sec_WebSocket_Extensions="permessage-deflate"))
            forgets.append(b"client_no_context_takeover" in read_head(client))
        go_on.set()
        for server in opened:
            server.result().abort("the test is over")
    assert forgets == [False] * MOST_CONTEXTS + [True]


def test_the_context_of_a_connection_that_has_ended_is_free_for_another() -> None:
    site = Site({"/": Endpoint(Compression.WITH_CONTEXT)}, {}, make_policy())
    for _ in range(2 * MOST_CONTEXTS):
        with accepting(site=site) as (client, server):
            client.sendall(head(Sec_WebSocket_Extensions="permessage-deflate"))
            assert b"no_context_takeover" not in read_head(client)
            server.result().abort("the test is over")


def test_a_path_has_limits_of_its_own() -> None:
    site = Site({"/": Endpoint(limits=Limits(message_bytes=10))}, {}, make_policy())
    with accepting(site=site) as (client, server):
        client.sendall(head() + client_frame(OPCODE_BINARY, bytes(11)))
        websocket = server.result()
        with pytest.raises(ConnectionClosed, match="a message may have 10 bytes"):
            websocket.receive()
