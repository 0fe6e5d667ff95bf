"""Tests of the client's half of the opening handshake, and of both halves against another implementation."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import socket
import threading
from typing import Any, Callable, Iterator

import pytest

from Net import sockets
from Net.client import connect
from Net.deflate import Compression
from Net.errors import ConnectionClosed, HandshakeError
from Net.frames import OPCODE_TEXT
from Net.limits import Limits
from Net.port.accept import Endpoint, Site, accept
from Net.port.origin import make_policy
from tests.Net.support import DEADLINE_S, PATIENT, QUICK, Background, frame_bytes

SITE = Site({"/": Endpoint(), "/deflate": Endpoint(Compression.WITH_CONTEXT)}, {}, make_policy())


@contextlib.contextmanager
def answering(answer: Callable[[socket.socket], Any]) -> Iterator[tuple[str, Background]]:
    """Yields the URL of a server that takes one connection and sends this answer."""

    def serve() -> Any:
        sock, _ = listener.accept()
        with sock:
            sock.settimeout(DEADLINE_S)
            return answer(sock)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(DEADLINE_S)
        yield f"ws://127.0.0.1:{listener.getsockname()[1]}", Background(serve)


def read_request(sock: socket.socket) -> list[str]:
    received = b""
    while not received.endswith(b"\r\n\r\n"):
        received += sock.recv(1)
    return received.decode("latin-1").split("\r\n")[:-2]


def accept_line(request: list[str]) -> str:
    (key,) = (line.partition(": ")[2] for line in request if line.startswith("Sec-WebSocket-Key"))
    digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
    return f"Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}\r\n"


def good_response(request: list[str], more: str = "") -> bytes:
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"{accept_line(request)}{more}\r\n"
    ).encode()


# The request ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "target"),
    [("", "/"), ("/", "/"), ("/a/b?x=1&y=2", "/a/b?x=1&y=2"), ("?x", "/?x"), ("/a b/ü", "/a%20b/%C3%BC")],
)
def test_the_request_asks_for_the_path_of_the_url(path: str, target: str) -> None:
    def answer(sock: socket.socket) -> list[str]:
        request = read_request(sock)
        sock.sendall(good_response(request))
        return request

    with answering(answer) as (url, server):
        websocket = connect(url + path, PATIENT, headers=[("X-Test", "yes")])
        request = server.result()
        websocket.abort("end of the test")
        websocket.close()
        assert request[0] == f"GET {target} HTTP/1.1"
        assert f"Host: {url[5:]}" in request
        assert "X-Test: yes" in request
        assert not any(line.lower().startswith("sec-websocket-extensions") for line in request)


def test_each_connection_has_a_new_key() -> None:
    def key_of_one_connection() -> str:
        with answering(read_request) as (url, server):
            with pytest.raises(OSError):  # noqa: PT011
                connect(url)
            return next(line for line in server.result() if line.startswith("Sec-WebSocket-Key"))

    assert key_of_one_connection() != key_of_one_connection()


@pytest.mark.parametrize("url", ["http://localhost", "wss://localhost", "localhost:3000", "ws://", "ws:///path", ""])
def test_another_kind_of_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="ws://host"):
        connect(url)


@pytest.mark.parametrize(
    ("headers", "named"),
    [
        ([("X-Test", "a\r\nHost: evil.example")], "X-Test"),
        ([("X-Test", "a\nb")], "X-Test"),
        ([("X-Test", "a\x00b")], "X-Test"),
        ([("X-Test", "\u20ac")], "X-Test"),
        ([("X-Test\r\nHost", "a")], "token"),
        ([("Sec-WebSocket-Protocol", "chat\r\nX: y")], "Sec-WebSocket-Protocol"),
        ([("Sec-WebSocket-Protocol", "ch\x00at")], "Sec-WebSocket-Protocol"),
        ([("Host", "evil.example")], "Host"),
        ([("SEC-WEBSOCKET-KEY", "x")], "SEC-WEBSOCKET-KEY"),
        ([("Sec-WebSocket-Extensions", "permessage-deflate")], "Sec-WebSocket-Extensions"),
    ],
)
def test_headers_that_cannot_be_sent_are_refused_by_name_before_connecting(
    headers: list[tuple[str, str]], named: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with pytest.raises(ValueError, match=f"headers: .*{named}"):
            connect(f"ws://127.0.0.1:{listener.getsockname()[1]}", headers=headers)
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize("path", ["/\r\nX: y", "/\x00", "/#part", "/\ud800"])
def test_a_path_that_cannot_be_sent_is_refused_before_connecting(path: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with pytest.raises(ValueError, match="the URL must"):
            connect(f"ws://127.0.0.1:{listener.getsockname()[1]}{path}")
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_a_user_and_a_password_are_not_sent_as_a_part_of_host() -> None:
    with pytest.raises(ValueError, match="Authorization") as refused:
        connect("ws://me:secret@127.0.0.1:1/")
    assert "secret" not in str(refused.value)


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 on this machine")
def test_an_ipv6_address_stands_in_brackets_in_host() -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 on this machine")
    with listener:
        listener.settimeout(DEADLINE_S)
        asking = Background(connect, f"ws://[::1]:{listener.getsockname()[1]}/", PATIENT)
        sock, _ = listener.accept()
        with sock:
            sock.settimeout(DEADLINE_S)
            request = read_request(sock)
            assert f"Host: [::1]:{listener.getsockname()[1]}" in request
            sock.sendall(good_response(request))
            websocket = asking.result()
            websocket.abort("end of the test")
            websocket.close()


# The answer ----------------------------------------------------------------------------------------------------


def test_frames_right_behind_the_answer_are_delivered() -> None:
    def answer(sock: socket.socket) -> None:
        sock.sendall(good_response(read_request(sock)) + frame_bytes(OPCODE_TEXT, b"welcome"))
        sock.recv(1)

    with answering(answer) as (url, server):
        websocket = connect(url)
        assert websocket.receive(DEADLINE_S) == "welcome"
        websocket.abort("end of the test")
        websocket.close()
        server.result()


INTERIM = {
    "none": "",
    "100": "HTTP/1.1 100 Continue\r\n\r\n",
    "103": "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n",
    "both": "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n",
    "as many as allowed": PATIENT.interim_answers * "HTTP/1.1 102 Processing\r\n\r\n",
}


@pytest.mark.parametrize("piece", [1, 1000], ids=["byte by byte", "at once"])
@pytest.mark.parametrize("interim", INTERIM.values(), ids=INTERIM)
def test_interim_answers_before_the_answer_are_passed_over(interim: str, piece: int) -> None:
    def answer(sock: socket.socket) -> None:
        whole = interim.encode() + good_response(read_request(sock)) + frame_bytes(OPCODE_TEXT, b"welcome")
        for start in range(0, len(whole), piece):
            sock.sendall(whole[start : start + piece])
        sock.recv(1)

    with answering(answer) as (url, server):
        websocket = connect(url, PATIENT)
        assert websocket.receive(DEADLINE_S) == "welcome"
        websocket.abort("end of the test")
        websocket.close()
        server.result()


def test_interim_answers_do_not_prolong_the_handshake() -> None:
    def answer(sock: socket.socket) -> None:
        read_request(sock)
        with contextlib.suppress(OSError):
            # So slow that the time-out ends the handshake before the allowed number of interim answers has come.
            while not sockets.wait_readable(sock, 2 * QUICK.handshake_timeout_s / QUICK.interim_answers):
                sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    with answering(answer) as (url, server):
        with pytest.raises(HandshakeError, match="408"):
            connect(url, QUICK)
        server.result()


def test_an_offered_subprotocol_may_be_answered() -> None:
    def answer(sock: socket.socket) -> None:
        sock.sendall(good_response(read_request(sock), "Sec-WebSocket-Protocol: soap\r\n"))
        sock.recv(1)

    with answering(answer) as (url, server):
        websocket = connect(url, PATIENT, headers=[("Sec-WebSocket-Protocol", "chat, soap")])
        websocket.abort("end of the test")
        websocket.close()
        server.result()


BAD_ANSWERS: dict[str, Callable[[list[str]], bytes]] = {
    "404": lambda _: b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    "no HTTP": lambda _: b"SSH-2.0-OpenSSH_9.0\r\n\r\n",
    "a bare line feed": lambda _: b"SSH-2.0-OpenSSH_9.0\n",
    "the answer to another key": lambda _: good_response(["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="]),
    "an interim answer and then 404": lambda _: b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\n\r\n",
    "too many interim answers": lambda request: (
        (PATIENT.interim_answers + 1) * b"HTTP/1.1 100 Continue\r\n\r\n" + good_response(request)
    ),
    "an interim answer without end": lambda _: b"HTTP/1.1 103 Early Hints\r\n" + b"Link: x\r\n" * 10_000,
    "an interim answer of HTTP/1.0": lambda request: b"HTTP/1.0 100 Continue\r\n\r\n" + good_response(request),
    "an empty subprotocol": lambda request: good_response(request, "Sec-WebSocket-Protocol:\r\n"),
    "a head without end": lambda _: b"HTTP/1.1 101 " + b"x" * 100_000,
    "an extension nobody offered": lambda request: good_response(
        request, "Sec-WebSocket-Extensions: permessage-deflate\r\n"
    ),
    "a subprotocol nobody offered": lambda request: good_response(request, "Sec-WebSocket-Protocol: chat\r\n"),
}


@pytest.mark.parametrize("make_answer", BAD_ANSWERS.values(), ids=BAD_ANSWERS)
def test_a_bad_answer_is_a_handshake_error_and_hangs_up(make_answer: Callable[[list[str]], bytes]) -> None:
    def answer(sock: socket.socket) -> bytes:
        sock.sendall(make_answer(read_request(sock)))
        with contextlib.suppress(ConnectionResetError):
            return sock.recv(1)
        return b""

    with answering(answer) as (url, server):
        with pytest.raises(HandshakeError):
            connect(url, PATIENT)
        assert server.result() == b""


def test_an_answer_to_our_offer_that_it_does_not_allow_is_refused() -> None:
    def answer(sock: socket.socket) -> None:
        sock.sendall(good_response(read_request(sock), "Sec-WebSocket-Extensions: permessage-deflate; x=1\r\n"))

    with answering(answer) as (url, server):
        with pytest.raises(HandshakeError):
            connect(url, PATIENT, compress=True)
        server.result()


def test_the_client_gives_up_when_the_server_never_answers() -> None:
    with answering(lambda sock: sock.recv(10_000) and sock.recv(1)) as (url, server):
        with pytest.raises(HandshakeError, match="408"):
            connect(url, QUICK)
        assert server.result() == b""


def test_a_server_that_hangs_up_is_an_os_error() -> None:
    with answering(read_request) as (url, server):
        with pytest.raises(ConnectionError):
            connect(url)
        server.result()


def test_a_port_where_nobody_listens_is_an_os_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(OSError):  # noqa: PT011
        connect(f"ws://127.0.0.1:{port}")


# Both halves ---------------------------------------------------------------------------------------------------

MESSAGES = ["Grüße", b"\x00\xff", "", b"", "x" * 60_000, b"x" * 65_536, b"x" * 125, "x" * 126]


def echo_one_client(listener: socket.socket, limits: Limits = PATIENT) -> None:
    sock, _ = listener.accept()
    websocket = accept(sock, SITE, limits)
    assert websocket is not None
    for message in websocket:
        websocket.send(message)


@contextlib.contextmanager
def our_echo_server() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(DEADLINE_S)
        serving = Background(echo_one_client, listener)
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        serving.result()


@pytest.mark.parametrize(("path", "compress"), [("/", False), ("/", True), ("/deflate", True)])
def test_our_client_talks_to_our_server(path: str, compress: bool) -> None:
    with our_echo_server() as address:
        websocket = connect(f"ws://{address}{path}", PATIENT, compress=compress)
        assert websocket.path == path
        for message in MESSAGES:
            websocket.send(message)
            assert websocket.receive(DEADLINE_S) == message
        websocket.close(4000)
        with pytest.raises(ConnectionClosed) as closed:
            websocket.receive()
        assert closed.value.code == 4000


@pytest.mark.parametrize("path", ["/", "/deflate"])
def test_another_client_talks_to_our_server(path: str) -> None:
    other = pytest.importorskip("websockets.sync.client", reason="the websockets package is a test extra")
    with our_echo_server() as address:
        host, port = address.split(":")
        sock = socket.create_connection((host, int(port)))
        with other.connect(f"ws://{address}{path}", sock=sock) as websocket:
            for message in MESSAGES:
                websocket.send(message)
                assert websocket.recv(DEADLINE_S) == message
            websocket.send(iter(["frag", "ment", "ed"]))
            assert websocket.recv(DEADLINE_S) == "fragmented"
            assert websocket.ping().wait(DEADLINE_S)
        assert websocket.protocol.close_code == 1000


@pytest.mark.parametrize("compress", [False, True])
def test_our_client_talks_to_another_server(compress: bool) -> None:
    other = pytest.importorskip("websockets.sync.server", reason="the websockets package is a test extra")
    pongs: list[bool] = []

    def echo(websocket: Any) -> None:
        pong = websocket.ping()
        websocket.send("hello")
        pongs.append(pong.wait(DEADLINE_S))
        for message in websocket:
            websocket.send(message)

    with other.serve(echo, "127.0.0.1", 0) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        websocket = connect(f"ws://127.0.0.1:{server.socket.getsockname()[1]}/x", PATIENT, compress=compress)
        assert websocket.receive(DEADLINE_S) == "hello"
        for message in MESSAGES:
            websocket.send(message)
            assert websocket.receive(DEADLINE_S) == message
        websocket.ping(b"are you there?")
        websocket.close(1000, "bye")
        with pytest.raises(ConnectionClosed) as closed:
            websocket.receive()
        server.shutdown()
        serving.join(DEADLINE_S)
    assert closed.value.code == 1000
    assert pongs == [True]


@pytest.mark.parametrize(("code", "reason"), [(1001, "going away"), (4999, "")])
def test_the_close_of_another_server_is_understood(code: int, reason: str) -> None:
    other = pytest.importorskip("websockets.sync.server", reason="the websockets package is a test extra")
    with other.serve(lambda websocket: websocket.close(code, reason), "127.0.0.1", 0) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        websocket = connect(f"ws://127.0.0.1:{server.socket.getsockname()[1]}", PATIENT)
        with pytest.raises(ConnectionClosed) as closed:
            websocket.receive(DEADLINE_S)
        server.shutdown()
        serving.join(DEADLINE_S)
    assert (closed.value.code, closed.value.reason) == (code, reason)
