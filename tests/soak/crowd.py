"""Hundreds of clients, read by one thread that does not look at their packets; some of them read nothing."""

from __future__ import annotations

import contextlib
import functools
import selectors
import socket
import threading
from typing import Iterator
from unittest import mock

from Net.client import connect
from Net.frames import CLOSE, PING, PONG, FrameReader, serialize
from Net.PacketCodes import TO_SERVER, Packet
from Net.websocket import WebSocket
from tests.support import wait_until

PER_ADDRESS = 60  # a server accepts 64 connections from one address
GOODBYE = (1001).to_bytes(2, "big") + b"the server is shutting down"


@contextlib.contextmanager
def coming_from(address: str) -> Iterator[None]:
    """Opens connections from another address of this machine; on Linux it has all of 127.0.0.0/8."""
    from_there = functools.partial(socket.create_connection, source_address=(address, 0))
    with mock.patch.object(socket, "create_connection", from_there):
        yield


class Crowd:
    """`count` clients in rooms of `in_room`; `silent` of them never read after their handshake."""

    def __init__(self, url: str, count: int, silent: int, in_room: int) -> None:
        self.goodbyes = 0
        self.silent = silent
        self._websockets: list[WebSocket] = []
        self._readers: dict[WebSocket, FrameReader] = {}
        self._selector = selectors.DefaultSelector()
        self._stopping = threading.Event()
        for number in range(count):
            with coming_from(f"127.0.0.{2 + number // PER_ADDRESS}"):
                websocket = connect(url)
            self._websockets.append(websocket)
            self._readers[websocket] = FrameReader(masked=False)
            is_silent = number * silent // count < (number + 1) * silent // count  # evenly spread over the rooms
            if not is_silent:
                self._selector.register(websocket._sock, selectors.EVENT_READ, websocket)
            websocket.post(TO_SERVER.encode(Packet("JOIN", (f"P{number}", {"room": f"room {number // in_room}"}))))
            websocket.post(TO_SERVER.encode(Packet("MOVE", (number % 8,))))
        self._thread = threading.Thread(target=self._read, name="crowd", daemon=True)
        self._thread.start()

    def wait_for_the_end(self) -> None:
        """Waits until every client that reads has seen the server's end."""
        wait_until(lambda: not self._selector.get_map(), "everybody who reads has seen the end")

    def stop(self) -> None:
        """Closes all sockets."""
        self._stopping.set()
        self._thread.join()
        self._selector.close()
        for websocket in self._websockets:
            websocket._sock.close()

    def _read(self) -> None:
        while not self._stopping.is_set():
            for key, _ in self._selector.select(timeout=0.1):
                self._read_one(key.data)

    def _read_one(self, websocket: WebSocket) -> None:
        """Reads the bytes that have come, and answers pings and the server's goodbye as any client does."""
        try:
            data = websocket._sock.recv(1 << 18)
        except OSError:
            data = b""
        is_over = not data
        for frame in self._readers[websocket].feed(data):
            if frame.opcode == PING:
                websocket.post_frame(serialize(PONG, frame.payload, mask_key=bytes(4)))
            elif frame.opcode == CLOSE:
                self.goodbyes += frame.payload == GOODBYE
                websocket.begin_close(1001)
                is_over = True
        if is_over:
            self._selector.unregister(websocket._sock)
