"""Classic mistakes, each made once in the small server of lesson 8: some of its code, and the wrong replacement."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

RIGHT = Path(__file__).parents[2] / "docs" / "lessons" / "small_server.py"


class Mistake(NamedTuple):
    """A mistake. stage: the stage that must catch it. right, wrong: code of the small server, and its replacement."""

    name: str
    stage: str
    right: str
    wrong: str


MISTAKES = (
    Mistake("hex instead of base64", "accept_key", ".digest()).decode()", ".hexdigest().encode()).decode()"),
    Mistake("the GUID before the key", "accept_key", "(key + GUID)", "(GUID + key)"),
    Mistake("the GUID in small letters", "accept_key", "(key + GUID)", "(key + GUID.lower())"),
    Mistake("the key decoded first", "accept_key", "(key + GUID).encode()", "base64.b64decode(key) + GUID.encode()"),
    Mistake("only the first byte of the key", "apply_mask", "key[i % 4]", "key[0]"),
    Mistake(
        "only whole groups of four", "apply_mask", "enumerate(payload))", "enumerate(payload[: len(payload) // 4 * 4]))"
    ),
    Mistake("the key repeats every five bytes", "apply_mask", "key[i % 4]", "(key + key[:1])[i % 5]"),
    Mistake("126 bytes in the short form", "encode_frame", "if length <= 125:", "if length <= 126:"),
    Mistake("125 bytes in the 16-bit form", "encode_frame", "if length <= 125:", "if length < 125:"),
    Mistake("65535 bytes in the 64-bit form", "encode_frame", "elif length <= 0xFFFF:", "elif length < 0xFFFF:"),
    Mistake(
        "the length in the order of this machine",
        "encode_frame",
        '| 126]) + length.to_bytes(2, "big")',
        '| 126]) + length.to_bytes(2, "little")',
    ),
    Mistake("FIN always set", "encode_frame", "bytes([fin << 7 | opcode])", "bytes([0x80 | opcode])"),
    Mistake("the key without the MASK bit", "encode_frame", "0x80 if mask_key else 0", "0"),
    Mistake("reads before all has come", "decode_frame", "    if len(data) < end:\n        return None\n", ""),
    Mistake("throws away what follows", "decode_frame", "data[end:]", 'b""'),
    Mistake("takes frames without a mask", "decode_frame", " or not masked or", " or"),
    Mistake("does not look at RSV", "decode_frame", "if rsv or opcode", "if opcode"),
    Mistake("does not look at RSV2", "decode_frame", "data[0] & 0x70", "data[0] & 0x50"),
    Mistake("takes any opcode", "decode_frame", "opcode not in OPCODES", "opcode > 15"),
    Mistake("takes reserved data opcodes", "decode_frame", "not in OPCODES", "not in (*OPCODES, 4, 5, 6, 7)"),
    Mistake("takes reserved control opcodes", "decode_frame", "not in OPCODES", "not in (*OPCODES, 12, 13, 14, 15)"),
    Mistake("control frames of any length", "decode_frame", "(length > 125 or not fin)", "(not fin)"),
    Mistake("control frames in fragments", "decode_frame", "(length > 125 or not fin)", "(length > 125)"),
    Mistake("a ping in fragments", "decode_frame", "or not fin)", "or not fin and opcode != PING)"),
    Mistake("a close of any length", "decode_frame", "(length > 125 or", "(length > 125 and opcode != CLOSE or"),
    Mistake("refuses a control frame of 125 bytes", "decode_frame", "(length > 125 or", "(length >= 125 or"),
    Mistake("takes lengths in a longer form", "decode_frame", "if length < shortest or ", "if "),
    Mistake("takes 125 bytes in the 16-bit form", "decode_frame", "126: (4, 126)", "126: (4, 125)"),
    Mistake("takes 65535 bytes in the 64-bit form", "decode_frame", "(10, 0x10000)", "(10, 0xFFFF)"),
    Mistake("delivers every fragment", "fragments", "        if fin:\n", "        if True:\n"),
    Mistake("a ping is a fragment", "fragments", "[frame for frame in frames if frame[1] < CLOSE]", "frames"),
    Mistake("a pong is a fragment", "fragments", "if frame[1] < CLOSE]", "if frame[1] not in (CLOSE, PING)]"),
    Mistake(
        "a new message ends the old one",
        "fragments",
        "(opcode == CONTINUATION) != bool(parts)",
        "opcode == 0 and not parts",
    ),
    Mistake(
        "decodes each fragment by itself",
        "fragments",
        "kind, parts = kind or opcode, [*parts, payload]",
        "kind, parts = kind or opcode, [*parts, payload.decode().encode()]",
    ),
    Mistake("takes any bytes for a text", "fragments", "if kind == TEXT:", "if False:"),
    Mistake(
        "takes half a surrogate pair for a text",
        "fragments",
        "message.decode()",
        'message.decode("utf-8", "surrogatepass")',
    ),
    Mistake(
        "takes any close code", "close", "{*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)}", "range(65536)"
    ),
    Mistake("knows no code above 1011", "close", "range(1007, 1015)", "range(1007, 1012)"),
    Mistake("knows a code above 1014", "close", "range(1007, 1015)", "{*range(1007, 1015), 1016}"),
    Mistake(
        "takes half a surrogate pair for a reason",
        "close",
        "payload[2:].decode()",
        'payload[2:].decode("utf-8", "surrogatepass")',
    ),
    Mistake(
        "sends 1005 itself",
        "close",
        "    return payload[:2]\n",
        '    return payload[:2] or (1005).to_bytes(2, "big")\n',
    ),
    Mistake("sends the reason back", "close", "    return payload[:2]\n", "    return payload\n"),
    Mistake(
        "one client at a time",
        "echo_server",
        "threading.Thread(target=serve_client, args=listening.accept()[:1], daemon=True).start()",
        "serve_client(listening.accept()[0])",
    ),
    Mistake("leaves Upgrade out of the 101", "echo_server", r"\r\nUpgrade: websocket\r\n", r"\r\n"),
    Mistake("leaves Connection out of the 101", "echo_server", r"\r\nConnection: Upgrade\r\n", r"\r\n"),
    Mistake(
        "agrees to a subprotocol",
        "echo_server",
        r"{accept}\r\n\r\n",
        r"{accept}\r\nSec-WebSocket-Protocol: chat\r\n\r\n",
    ),
    Mistake("compares headers letter by letter", "echo_server", "{name.lower(): ", "{name: "),
    Mistake("one recv is one frame", "echo_server", "data += received\n        fin", "data = received\n        fin"),
    Mistake(
        "forgets what came with the handshake",
        "echo_server",
        "body = converse(sock, data)",
        'body = converse(sock, b"")',
    ),
    Mistake("pongs with nothing in them", "echo_server", "encode_frame(PONG, payload)", 'encode_frame(PONG, b"")'),
    Mistake("answers a pong", "echo_server", "if opcode == PING:", "if opcode in (PING, PONG):"),
    Mistake("echoes a text as binary", "echo_server", "encode_frame(*message)", "encode_frame(BINARY, message[1])"),
    Mistake(
        "masks what a server sends",
        "echo_server",
        "encode_frame(*message)",
        "encode_frame(*message, mask_key=bytes(4))",
    ),
    Mistake("ends without a close frame", "echo_server", "        if body is not None:\n", "        if False:\n"),
    Mistake("a reason that is not UTF-8", "echo_server", "(CLOSE, body)", r'(CLOSE, body + b"\xff")'),
    Mistake(
        "a close frame with its length in the 16-bit form",
        "echo_server",
        "encode_frame(CLOSE, body)",
        "bytes([0x88, 126, 0, len(body)]) + body",
    ),
    Mistake("closes with bytes unread", "echo_server", "while sock.recv(65536):", "while False:"),
    Mistake("1002 for a bad text", "echo_server", "NOT_UTF8 if isinstance", "PROTOCOL_ERROR if isinstance"),
)


def with_mistake(mistake: Mistake) -> str:
    """Returns the source of the small server with this mistake."""
    source = RIGHT.read_text(encoding="utf-8")
    assert source.count(mistake.right) == 1, f"{mistake.right!r} must stand there once"
    return source.replace(mistake.right, mistake.wrong)
