"""A WebSocket echo server in 150 lines: RFC 6455, without extensions. Run it, then: ws://localhost:8080"""

import base64
import contextlib
import hashlib
import socket
import threading

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = OPCODES = (0x0, 0x1, 0x2, 0x8, 0x9, 0xA)
CLOSE_CODES = {*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)}
PROTOCOL_ERROR, NOT_UTF8 = (1002).to_bytes(2, "big"), (1007).to_bytes(2, "big")
LONGEST_HEAD, LONGEST_PAYLOAD = 8192, 2**20


def accept_key(key):
    """The server's proof that it has read the handshake (section 4.2.2)."""
    return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()


def apply_mask(payload, key):
    """Masks or unmasks: the same XOR does both (section 5.3)."""
    return bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


def encode_frame(opcode, payload, fin=True, mask_key=None):
    """The bytes of a frame, its length in the shortest form (section 5.2); only a client gives a key."""
    length, mask_bit = len(payload), 0x80 if mask_key else 0
    if length <= 125:
        lengths = bytes([mask_bit | length])
    elif length <= 0xFFFF:
        lengths = bytes([mask_bit | 126]) + length.to_bytes(2, "big")
    else:
        lengths = bytes([mask_bit | 127]) + length.to_bytes(8, "big")
    return bytes([fin << 7 | opcode]) + lengths + (mask_key + apply_mask(payload, mask_key) if mask_key else payload)


def decode_frame(data):
    """The first frame of a client as (fin, opcode, payload, rest), None if it is not whole; ValueError if it is bad."""
    if len(data) < 2:
        return None
    fin, rsv, opcode = bool(data[0] & 0x80), data[0] & 0x70, data[0] & 0x0F
    masked, length = data[1] & 0x80, data[1] & 0x7F
    if rsv or opcode not in OPCODES or not masked or (opcode >= CLOSE and (length > 125 or not fin)):
        raise ValueError("a reserved bit or opcode, no mask, or a control frame that is too long or fragmented")
    key_at, shortest = {126: (4, 126), 127: (10, 0x10000)}.get(length, (2, 0))
    if len(data) < key_at:
        return None
    if length > 125:
        length = int.from_bytes(data[2:key_at], "big")
    if length < shortest or length > LONGEST_PAYLOAD:
        raise ValueError("a length in a form that is not its shortest, or too long")
    end = key_at + 4 + length
    if len(data) < end:
        return None
    return fin, opcode, apply_mask(data[key_at + 4 : end], data[key_at : key_at + 4]), data[end:]


def assemble(frames):
    """The messages in some frames, as (opcode, payload); ValueError for a frame out of turn (section 5.4)."""
    messages, kind, parts = [], CONTINUATION, []
    for fin, opcode, payload in [frame for frame in frames if frame[1] < CLOSE]:
        if (opcode == CONTINUATION) != bool(parts):
            raise ValueError("a fragment out of turn")
        kind, parts = kind or opcode, [*parts, payload]
        if fin:
            message = b"".join(parts)
            if kind == TEXT:
                message.decode()  # raises UnicodeDecodeError, which is a ValueError (section 8.1)
            messages.append((kind, message))
            kind, parts = CONTINUATION, []
    return messages


def answer_close(payload):
    """The body of our CLOSE in answer to a CLOSE with this body (sections 5.5.1 and 7.4)."""
    if payload and int.from_bytes(payload[:2], "big") not in CLOSE_CODES:
        return PROTOCOL_ERROR
    try:
        payload[2:].decode()
    except UnicodeDecodeError:
        return NOT_UTF8
    return payload[:2]


def answer_handshake(head):
    """The response to a request's head (section 4.2): 101 if it opens a WebSocket."""
    request_line, *lines = head.decode("latin-1").split("\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    is_good = request_line.startswith("GET ") and request_line.endswith(" HTTP/1.1") and "host" in fields
    is_good = is_good and fields.get("upgrade", "").lower() == "websocket" and "connection" in fields
    is_good = is_good and "upgrade" in [item.strip() for item in fields["connection"].lower().split(",")]
    if not is_good or len(fields.get("sec-websocket-key", "")) != 24:
        return "HTTP/1.1 400 Bad Request\r\n\r\nThis server speaks WebSocket."
    if fields.get("sec-websocket-version") != "13":
        return "HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\n\r\n"
    accept = "Sec-WebSocket-Accept: " + accept_key(fields["sec-websocket-key"])
    return f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{accept}\r\n\r\n"


def converse(sock, data):
    """Sends every message back until one side closes; returns the body of our CLOSE (None: the client is gone)."""
    unfinished = []
    while True:
        while (frame := decode_frame(data)) is None:
            if not (received := sock.recv(65536)):
                return None
            data += received
        fin, opcode, payload, data = frame
        if opcode == CLOSE:
            return answer_close(payload)
        if opcode == PING:
            sock.sendall(encode_frame(PONG, payload))
        elif opcode < CLOSE:
            unfinished.append((fin, opcode, payload))
        for message in assemble(unfinished):
            unfinished = []
            sock.sendall(encode_frame(*message))


def serve_client(sock):
    """One connection, from its first byte to its last."""
    with sock, contextlib.suppress(OSError):
        data = b""
        while b"\r\n\r\n" not in data and len(data) < LONGEST_HEAD and (received := sock.recv(LONGEST_HEAD)):
            data += received
        head, _, data = data.partition(b"\r\n\r\n")
        response = answer_handshake(head)
        sock.sendall(response.encode())
        try:
            body = converse(sock, data) if " 101 " in response else None
        except ValueError as error:
            body = NOT_UTF8 if isinstance(error, UnicodeDecodeError) else PROTOCOL_ERROR
        if body is not None:
            sock.sendall(encode_frame(CLOSE, body))
        sock.shutdown(socket.SHUT_WR)
        sock.settimeout(2)
        while sock.recv(65536):
            pass  # what stays unread when we close would take our last words with it


def serve(listening):
    """Accepts for ever; a thread for each client."""
    while True:
        threading.Thread(target=serve_client, args=listening.accept()[:1], daemon=True).start()


if __name__ == "__main__":
    serve(socket.create_server(("", 8080)))
