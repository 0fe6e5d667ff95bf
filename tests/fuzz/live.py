"""A real server in a process of its own, which receives whole sessions over sockets.

After each session the server must live, must have logged no traceback, and must have released the connection. All its
answers must be readable, and a bystander must get its STATEs. The bytes of a session decide how it is split into pieces
and how it ends. They do not decide the state that earlier sessions left in the server, so a fault may need the seed to
be seen again.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import sys
import time
from random import Random
from typing import Any, Callable, Iterator

from gameserver.admin.authentication import OperatorAuthentication
from gameserver.admin.console import Console
from gameserver.classroom.classroom import Classroom
from gameserver.server import GameServer
from gameserver.world_manager import GameWorldManager
from Net.deflate import Inflater, check_answer
from Net.errors import PacketError, ProtocolError
from Net.extensions import parse_extensions
from Net.limits import Limits
from Net.messages import Close, MessageReader
from Net.PacketCodes import TO_CLIENT
from tests.delivery import delivery
from tests.fuzz.sessions import TOKEN
from tests.Net.support import parse_all
from tests.soak.bystander import Bystander
from tests.soak.server import ServerProcess
from tests.support import DEADLINE_S

WINDOW_S = 5.0  # in this time the bystander must get its STATEs, of 100
LEAST_STATES_PER_S = 4.0
_LINGER_S = 0.06  # a room sends a STATE to a new player within this time
_HEAD = re.compile(
    rb"HTTP/1\.1 (101|200|304|4\d\d|503|505) [A-Za-z ]+\r\n((?:[A-Za-z-]+: [\x20-\x7e\xa0-\xff]*\r\n)*)\r\n"
)
_EXTENSIONS = re.compile(rb"Sec-WebSocket-Extensions: ([^\r]*)\r\n")
_PATH = re.compile(rb"(?:\r?\n)*[A-Z]+ ([^ ?]*)")
_ANSWER_LIMITS = Limits(message_bytes=2**24, fragments=2**16)
_INTERNAL_ERROR = 1011
_RESET = b"\x01\0\0\0\0\0\0\0"  # struct linger: on, 0 seconds


def plug_in(server: GameServer) -> None:
    """Called in the server's process: adds all of run_server.py's plug-ins that read bytes of strangers."""
    authentication = OperatorAuthentication(TOKEN)
    server.add_route("/admin", Console(GameWorldManager(server), authentication).converse)
    listen = server.listen

    def listen_with_classroom(host: str, port: int) -> Any:
        address = listen(host, port)
        Classroom(server, authentication, "127.0.0.1", address[1])
        return address

    server.listen = listen_with_classroom  # type: ignore[method-assign]


@contextlib.contextmanager
def live_server(prepare: Callable[[GameServer], None] = plug_in) -> Iterator[Callable[[bytes], None]]:
    """Serves, and yields the check of one session. prepare: called in the server's process, before it serves."""
    with ServerProcess(prepare=prepare, reconnect_s=1.0) as server:
        bystander = Bystander(server.url(), "quiet corner")
        try:
            yield _LiveServer(server, bystander).check
        finally:
            bystander.stop()


class _LiveServer:
    def __init__(self, server: ServerProcess, bystander: Bystander) -> None:
        self._server = server
        self._bystander = bystander
        self._began_s = time.monotonic()

    def check(self, data: bytes) -> None:
        """Plays one session, then checks the server and the bystander."""
        answer, is_whole = _play(self._server.port, data, Random(data))
        _check_answer(answer, is_whole, _path_of(data))
        described = self._server.ask("describe")  # fails if the server is dead
        assert described["faults"] == 0, f"a traceback in the log: {described['latest_fault']}"
        self._check_bystander()

    def _check_bystander(self) -> None:
        now_s = time.monotonic()
        if now_s - self._began_s > WINDOW_S:
            seen = delivery(self._bystander.states_at_s[-200:], now_s - WINDOW_S, now_s)
            assert seen.states_per_s >= LEAST_STATES_PER_S, f"the bystander: {seen}"


def _play(port: int, data: bytes, random: Random) -> tuple[bytes, bool]:
    """Sends a session in pieces; returns the answer, and whether it was read to the end of the stream."""
    with socket.socket() as sock:
        sock.settimeout(DEADLINE_S)
        sock.bind((_source(random), 0))
        sock.connect(("127.0.0.1", port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for piece in _pieces(data, random):
                sock.sendall(piece)
                if random.random() < 0.1:
                    time.sleep(0.001)
            if random.random() < 0.1:
                time.sleep(_LINGER_S)
            if random.random() < 0.1:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                return b"", False
            sock.shutdown(socket.SHUT_WR)
        except OSError:  # the server closed the connection before all was sent
            pass
        return _read_to_the_end(sock)


def _read_to_the_end(sock: socket.socket) -> tuple[bytes, bool]:
    answer = b""
    try:
        while True:
            data = sock.recv(1 << 18)
            if not data:
                return answer, True
            answer += data
    except socket.timeout:
        raise AssertionError(f"the server keeps a connection whose client has gone for {DEADLINE_S:g} s") from None
    except OSError:  # a reset: the kernel may have thrown away bytes under way
        return answer, False


def _source(random: Random) -> str:
    """An address for each session, because of the limits per address; Linux has all of 127.0.0.0/8."""
    return (
        f"127.{random.randint(1, 254)}.{random.randint(0, 255)}.{random.randint(1, 254)}" if _HAS_MANY else "127.0.0.1"
    )


_HAS_MANY = sys.platform == "linux"


def _pieces(data: bytes, random: Random) -> Iterator[bytes]:
    cuts = sorted(random.choices(range(len(data) + 1), k=random.choice((0, 0, 1, 3, 10))))
    for start, end in zip([0, *cuts], [*cuts, len(data)]):
        yield data[start:end]


def _path_of(data: bytes) -> bytes:
    match = _PATH.match(data)
    return match.group(1) if match else b""


def _check_answer(answer: bytes, is_whole: bool, path: bytes) -> None:
    """Raises for an answer that a client cannot read."""
    if not answer:
        return  # the connection ended inside the handshake
    head = _HEAD.match(answer)
    assert head, f"not a response: {answer!r:.300}"
    if head.group(1) != b"101":
        return
    try:
        _check_frames(answer[head.end() :], _inflater(head.group(2)), is_whole, path)
    except (ProtocolError, PacketError, ValueError) as error:
        raise AssertionError(f"the server's frames on {path.decode('latin-1')} cannot be read: {error}") from error


def _inflater(fields: bytes) -> Inflater | None:
    agreed = _EXTENSIONS.search(fields)
    if agreed is None:
        return None
    parameters = check_answer(parse_extensions([agreed.group(1).decode("latin-1")]))
    assert parameters is not None
    return Inflater(parameters.server_max_window_bits, not parameters.server_no_context_takeover)


def _check_frames(data: bytes, inflater: Inflater | None, is_whole: bool, path: bytes) -> None:
    if is_whole:
        parse_all(data)  # fails for an unfinished frame
    reader = MessageReader(_ANSWER_LIMITS, False, inflater)
    for event in reader.feed(data):
        if isinstance(event, Close):
            assert event.code != _INTERNAL_ERROR, "closed with 1011: a fault in the server"
        elif isinstance(event, (str, bytes)) and path == b"/":
            TO_CLIENT.decode(event)
        elif isinstance(event, str) and path in (b"/admin", b"/inspect", b"/lab"):
            json.loads(event, parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
