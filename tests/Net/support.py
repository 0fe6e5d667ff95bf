"""Helpers for the tests of Net: frames written and read in the slow, obvious way, and real sockets."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import Any, Callable, Iterable, Iterator, NamedTuple

from Net.frames import OPCODE_CONTINUATION, Frame
from Net.limits import Limits
from Net.tap import Tap
from Net.websocket import WebSocket

# Longest wait of a test: long enough for a busy machine. A test that waits longer has failed.
DEADLINE_S = 20.0

KEY = bytes.fromhex("37fa213d")  # the masking key of RFC 6455 section 5.7

# Time-outs so short that a test can wait for them to expire.
QUICK = Limits(handshake_timeout_s=0.3, stall_timeout_s=0.3, close_timeout_s=0.3)
# Time-outs that never expire during a test.
PATIENT = Limits(handshake_timeout_s=60, stall_timeout_s=60, close_timeout_s=60)


class WireFrame(NamedTuple):
    """A frame as the independent parser of these tests reads it."""

    fin: bool
    rsv: int
    opcode: int
    payload: bytes
    mask_key: bytes


def mask_byte_by_byte(payload: bytes, key: bytes) -> bytes:
    """RFC 6455 section 5.3, to the letter."""
    return bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


def frame_bytes(opcode: int, payload: bytes = b"", fin: bool = True, rsv: int = 0, key: bytes = b"") -> bytes:
    """Builds a frame without any code of Net; masked if there is a key."""
    length = len(payload)
    mask_bit = 0x80 if key else 0
    if length <= 125:
        lengths = bytes([mask_bit | length])
    elif length <= 65535:
        lengths = bytes([mask_bit | 126]) + length.to_bytes(2, "big")
    else:
        lengths = bytes([mask_bit | 127]) + length.to_bytes(8, "big")
    return bytes([fin << 7 | rsv | opcode]) + lengths + key + (mask_byte_by_byte(payload, key) if key else payload)


def client_frame(opcode: int, payload: bytes = b"", fin: bool = True, rsv: int = 0) -> bytes:
    """A frame as a client sends it."""
    return frame_bytes(opcode, payload, fin, rsv, KEY)


def close_body(code: int, reason: str = "") -> bytes:
    return code.to_bytes(2, "big") + reason.encode()


def parse_one(data: bytes) -> tuple[WireFrame | None, bytes]:
    """Returns the first frame and the bytes after it; or None and all bytes, if the first frame is incomplete."""
    if len(data) < 2:
        return None, data
    length, at = data[1] & 0x7F, 2
    if length > 125:
        at = 4 if length == 126 else 10
        length = int.from_bytes(data[2:at], "big")
    key_size = 4 if data[1] & 0x80 else 0
    end = at + key_size + length
    if len(data) < max(end, at):
        return None, data
    key, payload = data[at : at + key_size], data[at + key_size : end]
    if key:
        payload = mask_byte_by_byte(payload, key)
    return WireFrame(data[0] >= 0x80, data[0] & 0x70, data[0] & 0x0F, payload, key), data[end:]


def parse_all(data: bytes) -> list[WireFrame]:
    """Returns all frames of the bytes. The bytes must end with the last frame."""
    frames = []
    while data:
        frame, data = parse_one(data)
        assert frame is not None, f"{len(data)} bytes at the end are no frame"
        frames.append(frame)
    return frames


def join_pieces(frames: Iterable[Frame]) -> Iterator[Frame]:
    """Joins the pieces that `FrameReader` passes on into the frames that were sent."""
    pieces: list[Frame] = []
    for frame in frames:
        pieces.append(frame)
        if frame.to_come:
            continue
        first = pieces[0]
        assert all(piece.opcode == OPCODE_CONTINUATION and not piece.rsv for piece in pieces[1:])
        assert not any(piece.fin for piece in pieces[:-1])
        yield Frame(frame.fin, first.rsv, first.opcode, b"".join(piece.payload for piece in pieces))
        pieces = []


def wait_until(condition: Callable[[], Any], what: str) -> None:
    """Returns as soon as the condition holds; fails the test after DEADLINE_S."""
    deadline_s = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline_s, f"still not so: {what}"
        time.sleep(0.002)


class Background(threading.Thread):
    """A call in another thread. `result` waits for its end, and returns or raises the outcome."""

    def __init__(self, call: Callable[..., Any], *args: Any) -> None:
        super().__init__(daemon=True)
        self._call, self._args = call, args
        self._value: Any = None
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self._value = self._call(*self._args)
        except BaseException as error:
            self._error = error

    def result(self) -> Any:
        self.join(DEADLINE_S)
        assert not self.is_alive(), "the call does not return"
        if self._error is not None:
            raise self._error
        return self._value


def tcp_pair(buffer_bytes: int | None = None) -> tuple[socket.socket, socket.socket]:
    """Two connected TCP sockets, with small kernel buffers if the test asks for them."""
    with socket.socket() as listener:
        near = socket.socket()
        if buffer_bytes is not None:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
            near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer_bytes)
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        near.connect(listener.getsockname())
        far, _ = listener.accept()
    return near, far


class RawPeer:
    """The other end of a connection, written without any code of Net."""

    def __init__(self, sock: socket.socket, masks: bool) -> None:
        self.sock = sock
        self.sock.settimeout(DEADLINE_S)
        self._key = KEY if masks else b""
        self._received = b""

    def send(self, opcode: int, payload: bytes = b"", fin: bool = True) -> None:
        self.sock.sendall(self.frame(opcode, payload, fin))

    def frame(self, opcode: int, payload: bytes = b"", fin: bool = True) -> bytes:
        return frame_bytes(opcode, payload, fin, key=self._key)

    def send_bytes(self, data: bytes) -> None:
        self.sock.sendall(data)

    def receive(self) -> WireFrame | None:
        """Returns the next frame, or None at a clean end of the stream."""
        while True:
            frame, self._received = parse_one(self._received)
            if frame is not None:
                return frame
            data = self.sock.recv(65536)
            if not data:
                assert not self._received, "the stream ended inside a frame"
                return None
            self._received += data

    def receive_to_the_end(self) -> list[WireFrame]:
        """All frames up to the end of the stream."""
        return list(iter(self.receive, None))

    def vanish(self) -> None:
        """Resets the TCP connection."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        self.sock.close()


@contextlib.contextmanager
def raw_connection(
    is_client: bool = False,
    limits: Limits = PATIENT,
    buffer_bytes: int | None = None,
    early: bytes = b"",
    tap: Tap | None = None,
) -> Iterator[tuple[WebSocket, RawPeer]]:
    """A WebSocket of ours and a raw peer at its other end."""
    near, far = tcp_pair(buffer_bytes)
    with near, far:
        yield WebSocket(near, limits, is_client, early, tap=tap), RawPeer(far, masks=not is_client)


@contextlib.contextmanager
def both_ends(limits: Limits = PATIENT) -> Iterator[tuple[WebSocket, WebSocket]]:
    """Two WebSockets of ours: the server's end and the client's."""
    near, far = tcp_pair()
    with near, far:
        yield WebSocket(near, limits), WebSocket(far, limits, is_client=True)
