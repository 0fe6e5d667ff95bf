"""The project's own code behind the functions of the kata: the checks use it when no file is named."""

from __future__ import annotations

import socket
import threading

from Net.errors import ConnectionClosed, HandshakeError, ProtocolError
from Net.frames import BINARY, CONTROL_BIT, TEXT, FrameReader, apply_mask, parse_header, serialize
from Net.handshake import accept_key
from Net.limits import Limits
from Net.messages import MessageReader, close_payload, parse_close
from Net.port.accept import Endpoint, Site, accept
from Net.port.origin import make_policy

__all__ = ["accept_key", "answer_close", "apply_mask", "assemble", "decode_frame", "encode_frame", "serve"]


def encode_frame(opcode: int, payload: bytes, fin: bool = True, mask_key: bytes | None = None) -> bytes:
    return serialize(opcode, payload, fin, mask_key=mask_key)


def decode_frame(data: bytes) -> tuple[bool, int, bytes, bytes] | None:
    try:
        header = parse_header(data, 0, masked=True)
    except ProtocolError as error:
        raise ValueError(str(error)) from error
    if header is None or len(data) < header.size + header.length:
        return None
    end = header.size + header.length
    (frame,) = FrameReader(masked=True).feed(data[:end])
    return frame.fin, frame.opcode, frame.payload, data[end:]


def assemble(frames: list[tuple[bool, int, bytes]]) -> list[tuple[int, bytes]]:
    data = b"".join(serialize(opcode, payload, fin) for fin, opcode, payload in frames if not opcode & CONTROL_BIT)
    messages: list[tuple[int, bytes]] = []
    try:
        for event in MessageReader(Limits(), masked=False).feed(data):
            messages.append((TEXT, event.encode()) if isinstance(event, str) else (BINARY, bytes(event)))
    except ProtocolError as error:
        raise ValueError(str(error)) from error
    return messages


def answer_close(payload: bytes) -> bytes:
    try:
        return close_payload(parse_close(payload).code)
    except ProtocolError as error:
        return close_payload(error.close_code)


def serve(listening: socket.socket) -> None:
    while True:
        sock, _ = listening.accept()
        threading.Thread(target=_echo, args=(sock,), daemon=True).start()


def _echo(sock: socket.socket) -> None:
    try:
        websocket = accept(sock, Site({"/echo": Endpoint()}, {}, make_policy()), Limits())
        while websocket is not None:
            websocket.send(websocket.receive())
    except (ConnectionClosed, HandshakeError, OSError):
        pass
