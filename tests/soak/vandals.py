"""Clients that misbehave, each in a thread, all in one process. A client that is thrown out comes again."""

from __future__ import annotations

import array
import contextlib
import multiprocessing
import select
import socket
import sys
import threading
import time
from multiprocessing.connection import Connection
from typing import Any, Callable, NamedTuple

from Net.client import connect
from Net.errors import HandshakeError
from Net.frames import PONG, TEXT, serialize
from Net.limits import Limits
from Net.messages import Close, MessageReader, Ping
from tests.benchmarks import machine
from tests.soak.players import Diary, Reader, join_packet
from tests.support import DEADLINE_S

READ_BYTES_PER_S = 1000
STEPS_PER_S = 10
SMALL_BUFFER = 4096  # as of a device with little memory
AGAIN_AFTER_S = 1.0
PONG_FRAME = serialize(PONG, b"", mask_key=bytes(4))
FLOOD = 100 * serialize(TEXT, b'["MOVE",[3]]', mask_key=bytes(4))


class Fate(NamedTuple):
    """How one connection ended. stuck_s: the time without progress before that. code: of the close frame, or 0.

    is_interrupted: the connection was ended by the end of the run.
    """

    lived_s: float
    stuck_s: float
    code: int
    diary: Diary
    is_interrupted: bool


def call(url: str, receive_buffer: int = 0) -> socket.socket:
    """Returns a bare socket whose WebSocket is open, and which has sent JOIN."""
    websocket = connect(url)
    sock = websocket._sock.dup()  # so that nothing of ours reads or writes on it
    websocket._sock.close()
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    sock.settimeout(DEADLINE_S)
    packet = join_packet("Eve", "den")
    sock.sendall(serialize(TEXT if isinstance(packet, str) else 2, packet, mask_key=bytes(4)))
    return sock


def stay_silent(url: str, stopping: threading.Event) -> Fate:
    """Reads nothing, with the socket open, until the server ends the connection."""
    started_s = progress_s = time.monotonic()
    waiting = 0
    with call(url, SMALL_BUFFER) as sock:
        poller = select.poll()
        poller.register(sock, select.POLLRDHUP)
        while not stopping.is_set() and not poller.poll(250):
            with contextlib.suppress(OSError):
                sock.send(PONG_FRAME)  # a sign of life; if the server's kernel has given up, its reset answers
            now_waiting = _bytes_waiting(sock)
            if now_waiting != waiting:
                waiting, progress_s = now_waiting, time.monotonic()
        now_s = time.monotonic()
        return Fate(now_s - started_s, now_s - progress_s, 0, Reader().diary, stopping.is_set())


def read_slowly(url: str, stopping: threading.Event, receive_buffer: int = 0) -> Fate:
    """Reads a thousand bytes a second, and answers each PING when it has read that far."""
    started_s = progress_s = time.monotonic()
    reader, messages = Reader(), MessageReader(Limits(), masked=False)
    with call(url, receive_buffer) as sock:
        while not stopping.wait(1 / STEPS_PER_S):
            try:
                data = sock.recv(READ_BYTES_PER_S // STEPS_PER_S, socket.MSG_DONTWAIT)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            if not data:
                break
            progress_s = time.monotonic()
            for event in messages.feed(data):
                if isinstance(event, (str, bytes)):
                    reader.note(event, progress_s)
                elif isinstance(event, Ping):
                    with contextlib.suppress(OSError):
                        sock.send(serialize(PONG, event.payload, mask_key=bytes(4)))
        now_s = time.monotonic()
        return Fate(now_s - started_s, now_s - progress_s, 0, reader.diary, stopping.is_set())


def read_slowly_into_little(url: str, stopping: threading.Event) -> Fate:
    """Reads a thousand bytes a second into a small receive buffer."""
    return read_slowly(url, stopping, SMALL_BUFFER)


def flood(url: str, stopping: threading.Event) -> Fate:
    """Sends as much as the server takes, and reads the answers."""
    started_s = time.monotonic()
    messages, code, is_open = MessageReader(Limits(), masked=False), 0, True
    with call(url) as sock:
        while is_open and not stopping.is_set():
            try:
                with contextlib.suppress(BlockingIOError):
                    sock.send(FLOOD, socket.MSG_DONTWAIT)
                data = sock.recv(65536) if select.select([sock], [], [], 0.01)[0] else None
            except OSError:
                data = b""
            is_open = data != b""
            for event in messages.feed(data or b""):
                if isinstance(event, Close):
                    code, is_open = event.code, False
        return Fate(time.monotonic() - started_s, 0.0, code, Reader().diary, is_open)


KINDS: dict[str, Callable[[str, threading.Event], Fate]] = {
    "silent": stay_silent,
    "slow": read_slowly,
    "cramped": read_slowly_into_little,
    "flood": flood,
}


def _bytes_waiting(sock: socket.socket) -> int:
    """The number of bytes that have come and were not read (FIONREAD)."""
    import fcntl
    import termios

    size = array.array("i", [0])
    fcntl.ioctl(sock, termios.FIONREAD, size)
    return size[0]


class Vandals:
    """Clients of each kind, until `stop`. counts: kind -> number of clients."""

    def __init__(self, url: str, counts: dict[str, int]) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, far = context.Pipe()
        self._process = context.Process(target=_rage, args=(url, counts, far), daemon=True)
        self._process.start()
        far.close()

    def stop(self) -> dict[str, list[Fate]]:
        """Ends them; returns the fate of each connection, including those that were open until now."""
        self._pipe.send("stop")
        if not self._pipe.poll(3 * DEADLINE_S):
            raise RuntimeError("the vandals' process does not answer")
        fates: dict[str, list[Fate]] = self._pipe.recv()
        self._process.join(DEADLINE_S)
        self._pipe.close()
        return fates


def _rage(url: str, counts: dict[str, int], pipe: Connection) -> None:
    machine.step_back()  # the clients must harm the server, not the other programs of this machine
    stopping = threading.Event()
    fates: dict[str, list[Fate]] = {kind: [] for kind in counts}

    def live(kind: str) -> None:
        while not stopping.is_set():
            try:
                fates[kind].append(KINDS[kind](url, stopping))
            except (OSError, HandshakeError) as error:
                print(f"{kind}: {error}", file=sys.stderr)
            stopping.wait(AGAIN_AFTER_S)

    threads: list[Any] = [
        threading.Thread(target=live, args=(kind,)) for kind, count in counts.items() for _ in range(count)
    ]
    for thread in threads:
        thread.start()
    pipe.recv()
    stopping.set()
    for thread in threads:
        thread.join()
    pipe.send(fates)
