"""Attackers in a process of their own: one thread sends buffers made in advance, as fast as the kernel takes them.

The process has a low priority, runs on other CPUs than the server, and ends by itself after LONGEST_S.
"""

from __future__ import annotations

import contextlib
import errno
import multiprocessing
import os
import re
import selectors
import socket
import time
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from Net.frames import PING, PONG, FrameReader, serialize
from tests.benchmarks import machine
from tests.soak.attack_kinds import KINDS, Kind, Leaves
from tests.support import DEADLINE_S

# The pause before the next connection in a place that is free again: a refused attacker must not spin.
AGAIN_AFTER_S = 0.002
FULL_S = 0.05  # when the kernel has taken nothing for so long, the buffers of both ends are full
LONGEST_S = 300.0  # the process ends after so long, even if the process that started it is gone
_BEAT_S = 0.02
_RECEIVE_BYTES = 256 * 1024
_RESET = b"\x01\0\0\0\0\0\0\0"  # struct linger: on, 0 seconds
_TAIL_BYTES = 256
_CLOSED_1008 = re.compile(rb"\x88.\x03\xf0", re.DOTALL)
_REFUSED = re.compile(rb"HTTP/1\.1 (?:4|5)\d\d ")


class Crowd(NamedTuple):
    """The number of connections at a time, and of the addresses of this machine that they come from."""

    connections: int
    addresses: int = 1

    def __str__(self) -> str:
        return f"{self.connections}" if self.addresses == 1 else f"{self.connections} of {self.addresses}"

    def source(self, number: int) -> str:
        """The address of connection `number`; Linux has all of 127.0.0.0/8. Players come from 127.0.0.1."""
        return f"127.0.0.{2 + number % self.addresses}"


class Tally(NamedTuple):
    """Counts of the attackers' connections."""

    opened: int
    refused: int  # with a status of 400 or more
    closed_1008: int
    sent_bytes: int


class _Slot:
    """The place of one connection: when the connection ends, the next one is opened."""

    def __init__(self, number: int, kind: Kind, source: str, port: int, selector: selectors.BaseSelector) -> None:
        self.due_s = 0.0  # when to open the next connection; used only while there is none
        self.sock: socket.socket | None = None
        self.opened = self.refused = self.closed_1008 = self.sent_bytes = 0
        self._kind = kind
        self._first = kind.first(number)
        self._source = source
        self._port = port
        self._selector = selector
        self._waiting = b""
        self._taken_s = 0.0  # when the kernel last took something
        self._head = self._tail = b""
        self._is_writing = True
        self._frames: FrameReader | None = None  # for the bytes behind the head, if PINGs are to be answered

    def connect(self) -> None:
        """Opens a connection; its first bytes are sent when the kernel is ready for them."""
        sock = socket.socket()
        sock.setblocking(False)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            sock.bind((self._source, 0))
            code = sock.connect_ex(("127.0.0.1", self._port))
            if code not in (0, errno.EINPROGRESS):
                raise OSError(code, os.strerror(code))
        except OSError:
            sock.close()
            self.due_s = time.monotonic() + AGAIN_AFTER_S
            return
        self.sock = sock
        self._waiting, self._head, self._tail = self._first, b"", b""
        self._taken_s = time.monotonic()
        self._is_writing, self._frames = True, None
        self._selector.register(sock, selectors.EVENT_READ | selectors.EVENT_WRITE, self)

    def on_ready(self, mask: int) -> None:
        """Reads the bytes that have come, and writes as many as the kernel takes."""
        try:
            if mask & selectors.EVENT_READ and not self._read():
                self.end()
            elif mask & selectors.EVENT_WRITE:
                self._write()
        except OSError:
            self.end()

    def end_if_full(self, now_s: float) -> None:
        """Resets a connection of a kind that leaves when the kernel has taken nothing for a while."""
        if self._kind.leaves is Leaves.WHEN_FULL and now_s - self._taken_s > FULL_S:
            self.end()

    def end(self) -> None:
        """Resets the connection."""
        if self.sock is None:
            return
        self._selector.unregister(self.sock)
        self.sock.close()
        self.sock = None
        self.due_s = time.monotonic() + AGAIN_AFTER_S
        self.opened += 1
        self.refused += _REFUSED.match(self._head) is not None
        self.closed_1008 += _CLOSED_1008.search(self._tail) is not None

    def _read(self) -> bool:
        """Throws the bytes away that have come; returns False when the connection is over."""
        assert self.sock is not None
        data = self.sock.recv(_RECEIVE_BYTES)
        self._tail = (self._tail + data)[-_TAIL_BYTES:]
        if self._kind.answers_pings:
            self._answer_pings(data)
        self._head = self._head or data[:_TAIL_BYTES]
        is_seated = self._kind.leaves is Leaves.WHEN_SEATED and (b"WELCOME" in data or b"ERROR" in data)
        return bool(data) and not is_seated

    def _answer_pings(self, data: bytes) -> None:
        """Answers PINGs. The head of the response must come in one piece, as it does over the loopback."""
        assert self.sock is not None
        if self._frames is None:
            _, _, data = data.partition(b"\r\n\r\n")
            self._frames = FrameReader(masked=False)
        for frame in self._frames.feed(data):
            if frame.opcode == PING:
                self.sock.send(serialize(PONG, frame.payload, mask_key=bytes(4)))

    def _write(self) -> None:
        assert self.sock is not None
        if self._kind.leaves is Leaves.AT_ONCE:
            self.end()
            return
        if self._waiting:
            sent = self.sock.send(self._waiting)
            self.sent_bytes += sent
            self._taken_s = time.monotonic()
            self._waiting = self._waiting[sent:]
        self._waiting = self._waiting or self._kind.again
        if not self._waiting and self._is_writing:
            self._is_writing = False
            self._selector.modify(self.sock, selectors.EVENT_READ, self)


class Assault:
    """Attackers, who wait until `begin`. cpus: the CPUs that they may use."""

    def __init__(self, crowd: Crowd, port: int, cpus: machine.Cpus = ()) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, far = context.Pipe()
        self._process = context.Process(target=_attack, args=(crowd, port, cpus, far), daemon=True)
        self._process.start()
        far.close()
        self._receive()  # waits until the process is ready

    @property
    def pid(self) -> int:
        """The number of their process."""
        assert self._process.pid is not None
        return self._process.pid

    def begin(self, kind: str) -> None:
        """Starts an attack. kind: one of KINDS."""
        self._pipe.send(kind)

    def pause(self) -> Tally:
        """Ends all their connections with a reset; returns the counts since `begin`."""
        self._pipe.send("")
        tally: Tally = self._receive()
        return tally

    def stop(self) -> None:
        """Ends their process."""
        self._pipe.close()
        self._process.join(DEADLINE_S)
        self._process.kill()
        self._process.join()

    def _receive(self) -> Any:
        if not self._pipe.poll(3 * DEADLINE_S):
            raise RuntimeError("the attackers' process does not answer")
        try:
            return self._pipe.recv()
        except EOFError:
            raise RuntimeError("the attackers' process has died; its traceback is on standard error") from None


def _attack(crowd: Crowd, port: int, cpus: machine.Cpus, pipe: Connection) -> None:
    machine.step_back()  # attackers must harm the server, not the other programs of this machine
    machine.pin(cpus)
    machine.allow_many_files()
    ends_s = time.monotonic() + LONGEST_S
    pipe.send(None)
    with contextlib.suppress(EOFError, BrokenPipeError):  # the other end of the pipe is closed
        while True:
            pipe.send(_play(KINDS[pipe.recv()], crowd, port, pipe, ends_s))


def _play(kind: Kind, crowd: Crowd, port: int, pipe: Connection, ends_s: float) -> Tally:
    """Attacks until a message comes on the pipe."""
    with selectors.DefaultSelector() as selector:
        slots = [_Slot(n, kind, crowd.source(n), port, selector) for n in range(crowd.connections)]
        while not pipe.poll() and time.monotonic() < ends_s:
            is_complete = len(selector.get_map()) == len(slots)
            for key, mask in selector.select(_BEAT_S if is_complete else AGAIN_AFTER_S):
                key.data.on_ready(mask)
            now_s = time.monotonic()
            for slot in slots:
                if slot.sock is not None:
                    slot.end_if_full(now_s)
                elif now_s >= slot.due_s:
                    slot.connect()
        for slot in slots:
            slot.end()
    pipe.recv()
    counts = [(slot.opened, slot.refused, slot.closed_1008, slot.sent_bytes) for slot in slots]
    return Tally(*map(sum, zip(*counts)))
