"""Runs an experiment against any server: the project's own, or a student's."""

from __future__ import annotations

import contextlib
import socket
from typing import NamedTuple

from gameserver.classroom.experiments import Delivery, Experiment
from Net.frames import CLOSE
from Net.messages import ABNORMAL, NO_STATUS
from tests.Net.support import DEADLINE_S, WireFrame


class Exchange(NamedTuple):
    """All that came back: the head of the response, and what followed it. is_over: the stream has ended."""

    head: bytes
    rest: bytes
    is_over: bool


def run(experiment: Experiment, port: int, timeout_s: float = DEADLINE_S) -> Exchange:
    """Sends what the row says, and reads to the end of the stream, or until nothing has come for the time-out."""
    received = bytearray()
    is_over = True
    with socket.create_connection(("127.0.0.1", port), timeout_s) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with contextlib.suppress(ConnectionError):  # the server may have heard enough
                _send(sock, experiment, f"127.0.0.1:{port}", received)
            while _receive(sock, received):
                pass
        except socket.timeout:
            is_over = False
    head, _, rest = bytes(received).partition(b"\r\n\r\n")
    return Exchange(head, rest, is_over)


def _send(sock: socket.socket, experiment: Experiment, host: str, received: bytearray) -> None:
    """The handshake, and when it has been answered the steps."""
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
    """Returns whether something came; False at the end of the stream."""
    try:
        data = sock.recv(65536)
    except ConnectionError:
        return False
    received += data
    return bool(data)


def close_of(frames: list[WireFrame]) -> tuple[int, str]:
    """The code and reason of the CLOSE at the end, which is taken off the list."""
    if not frames or frames[-1].opcode != CLOSE:
        return ABNORMAL, ""
    payload = frames.pop().payload
    return (int.from_bytes(payload[:2], "big"), payload[2:].decode()) if payload else (NO_STATUS, "")
