"""Runs an experiment against any server: the project's own or a student's."""

from __future__ import annotations

import socket
from typing import NamedTuple

from gameserver.classroom.experiments.shelf import Delivery, Experiment
from Net.close_codes import CloseCode
from Net.frames import OPCODE_CLOSE
from tests.Net.support import DEADLINE_S, WireFrame

# So small that the sender of a long row must wait until the server has read most of it or has closed.
_SEND_BUFFER = 64 * 1024
_MOST_BYTES = 2**18  # more than any answer to a row


class Exchange(NamedTuple):
    """All bytes that came back: the head of the response, and the rest behind it.

    is_over: the stream has ended. was_reset: it ended with a reset, as when the server closes with our bytes unread.
    """

    head: bytes
    rest: bytes
    is_over: bool
    was_reset: bool = False


def run(experiment: Experiment, port: int, timeout_s: float = DEADLINE_S) -> Exchange:
    """Sends the bytes of the row, and reads to the end of the stream, or until nothing has come for the time-out.

    It reads up to a limit from a server that never stops sending.
    """
    received = bytearray()
    is_over = was_reset = False
    with socket.create_connection(("127.0.0.1", port), timeout_s) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        try:
            try:
                _send(sock, experiment, f"127.0.0.1:{port}", received)
            except ConnectionError:
                was_reset = True  # the server has closed; its earlier bytes are still to be read
            while len(received) < _MOST_BYTES and not is_over:
                is_over = not _receive(sock, received)
        except ConnectionError:
            is_over = was_reset = True
        except socket.timeout:
            pass
    head, _, rest = bytes(received).partition(b"\r\n\r\n")
    return Exchange(head, rest, is_over, was_reset)


def _send(sock: socket.socket, experiment: Experiment, host: str, received: bytearray) -> None:
    """Sends the handshake and, after its answer, the steps."""
    _deliver(sock, experiment.opening(host), experiment.delivery)
    while experiment.outcome.status == 101 and b"\r\n\r\n" not in received:
        if not _receive(sock, received):
            return
    for step in experiment.sent:
        _deliver(sock, step, experiment.delivery)
    if experiment.hangs_up:
        sock.shutdown(socket.SHUT_WR)


def _deliver(sock: socket.socket, data: bytes, delivery: Delivery) -> None:
    pieces = [data] if delivery is Delivery.WHOLE else [data[i : i + 1] for i in range(len(data))]
    for piece in pieces:
        sock.sendall(piece)


def _receive(sock: socket.socket, received: bytearray) -> bool:
    """Returns True if bytes came, False at the end of the stream. Raises ConnectionError if it was reset."""
    data = sock.recv(65536)
    received += data
    return bool(data)


def close_of(frames: list[WireFrame]) -> tuple[int, str]:
    """Takes the CLOSE off the end of the list; returns its code and reason, with U+FFFD for bytes that are no UTF-8."""
    if not frames or frames[-1].opcode != OPCODE_CLOSE:
        return CloseCode.ABNORMAL, ""
    payload = frames.pop().payload
    return (
        (int.from_bytes(payload[:2], "big"), payload[2:].decode("utf-8", "replace"))
        if payload
        else (CloseCode.NO_STATUS, "")
    )
