"""Tests of captures: Wireshark opens them, and reads the same content in each frame as our dissector does."""

from __future__ import annotations

import shutil
import struct
import subprocess
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any, Iterable, NamedTuple

import pytest

from Net.address import Address
from Net.client import connect
from Net.deflate import Parameters, make_codecs
from Net.dissect.conversation import Conversation
from Net.dissect.pcapng import SEGMENT_BYTES, Chunk, Connection, capture
from Net.dissect.records import Frame, Handshake
from Net.frames import OPCODE_BINARY, OPCODE_CLOSE, OPCODE_CONTINUATION, OPCODE_PING, OPCODE_PONG, OPCODE_TEXT, RSV1
from Net.handshake import switching_protocols, upgrade_request
from Net.tap import Tap
from tests.Net.support import client_frame, close_body, frame_bytes, wait_until
from tests.support import Player, serving

pytestmark = pytest.mark.slow

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
DEFLATE = [("Sec-WebSocket-Extensions", "permessage-deflate")]
CLIENT, SERVER = Address("192.0.2.7", 50123), Address("192.0.2.1", 3000)

needs_tshark = pytest.mark.skipif(
    shutil.which("tshark") is None, reason="tshark is not installed (.ci/install_tshark installs it)"
)


class Seen(NamedTuple):
    """A frame, as either of the two dissectors reads it. content: unmasked; inflated if the message is compressed."""

    from_client: bool
    fin: bool
    rsv: int
    opcode: int
    mask_key: str
    length: int
    content: str


# The frames in Wireshark ---------------------------------------------------------------------------------------


def run_tshark(file: Path, *flags: str) -> str:
    checks = ["-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE"]
    command = ["tshark", "-n", "-r", str(file), *checks, *flags]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def values(nodes: Iterable[ElementTree.Element], name: str, attribute: str = "value") -> list[str]:
    return [found.get(attribute, "") for node in nodes for found in node.iter("field") if found.get("name") == name]


def value(nodes: Iterable[ElementTree.Element], name: str, default: Any = "") -> Any:
    found = values(nodes, name)
    return found[0] if found else default


def seen_by_wireshark(file: Path) -> list[Seen]:
    """All frames, in order."""
    frames: list[Seen] = []
    for packet in ElementTree.fromstring(run_tshark(file, "-T", "pdml")).iter("packet"):
        protocols = list(packet)
        starts = [i for i, protocol in enumerate(protocols) if protocol.get("name") == "websocket"]
        from_client = values(protocols, "tcp.dstport", "show") == [str(SERVER.port)]
        for start, end in zip(starts, [*starts[1:], len(protocols)]):
            # The fields of a frame come first, then those of its decoded payload.
            put_together(frames, wireshark_frame(protocols[start:end], from_client), protocols[start:end])
    return frames


def wireshark_frame(nodes: list[ElementTree.Element], from_client: bool) -> Seen:
    extended = [f"websocket.payload_length_ext_{bits}" for bits in (16, 64)]
    (length,) = [
        values(nodes, name, "show") for name in [*extended[::-1], "websocket.payload_length"] if values(nodes, name)
    ][:1]
    names = ("payload.text", "payload.ping", "payload.pong", "payload.close.status_code", "payload.close.reason")
    content = "".join(value(nodes, f"websocket.{name}") for name in names) or value(nodes, "data")
    assert value(nodes, "websocket.mask") == str(int(from_client))
    return Seen(
        from_client,
        value(nodes, "websocket.fin") == "1",
        int(values(nodes, "websocket.rsv", "show")[0], 16),
        int(values(nodes, "websocket.opcode", "show")[0]),
        value(nodes, "websocket.masking_key"),
        int(length[0]),
        content,
    )


def put_together(frames: list[Seen], frame: Seen, nodes: list[ElementTree.Element]) -> None:
    """Adds a frame. Wireshark shows the unmasked payloads of all fragments with the last fragment of the message."""
    frames.append(frame)
    fragments = values(nodes, "websocket.fragment")
    if fragments:
        own = [
            i
            for i, other in enumerate(frames)
            if other.from_client == frame.from_client and other.opcode < OPCODE_CLOSE
        ]
        for i, content in zip(own[-len(fragments) :], fragments):
            frames[i] = frames[i]._replace(content=content)


# The frames in our dissector -----------------------------------------------------------------------------------


def seen_by_us(chunks: Iterable[Chunk]) -> list[Seen]:
    conversation = Conversation()
    records = [record for chunk in chunks for record in conversation.feed(chunk.from_client, chunk.data)]
    frames = [record for record in records if isinstance(record, Frame)]
    assert [type(record) for record in records[:2]] == [Handshake, Handshake]
    assert [frame.violation for frame in frames] == [None] * len(frames)
    return [
        Seen(
            frame.from_client,
            frame.fin,
            frame.rsv >> 4,
            frame.opcode,
            frame.mask_key.hex(),
            frame.length,
            (frame.message.payload if frame.message and frame.message.is_compressed else frame.payload).hex(),
        )
        for frame in frames
    ]


def write(folder: Path, chunks: list[Chunk], client: Address = CLIENT) -> Path:
    file = folder / "connection.pcapng"
    file.write_bytes(capture([Connection(client, SERVER, chunks)]))
    return file


def conversation_of(*data: tuple[bool, bytes], deflate: bool = False) -> list[Chunk]:
    """A handshake and then these chunks, a millisecond apart."""
    extra = DEFLATE if deflate else []
    opening = [
        (True, upgrade_request("192.0.2.1:3000", "/", KEY, extra)),
        (False, switching_protocols(KEY, extra)),
    ]
    return [Chunk(1_700_000_000 + i / 1000, *chunk) for i, chunk in enumerate([*opening, *data])]


LONG = bytes(range(256)) * 280  # 70 KiB: many segments, and a 64-bit length
EVERY_KIND = conversation_of(
    (True, client_frame(OPCODE_TEXT, "Grüße".encode())),
    (False, frame_bytes(OPCODE_TEXT, b"Hello")),
    (True, client_frame(OPCODE_BINARY, b"\x00\x01\x02\x03\x04") + client_frame(OPCODE_PING, b"two in one piece")),
    (False, frame_bytes(OPCODE_PONG, b"two in one piece")),
    (True, client_frame(OPCODE_TEXT, b"in ", fin=False)),
    (True, client_frame(OPCODE_PING, b"between") + client_frame(OPCODE_CONTINUATION, b"three ", fin=False)),
    (False, frame_bytes(OPCODE_PONG, b"between")),
    (True, client_frame(OPCODE_CONTINUATION, b"parts")),
    (False, frame_bytes(OPCODE_TEXT, b"a" * 125) + frame_bytes(OPCODE_TEXT, b"b" * 126)),
    (True, client_frame(OPCODE_TEXT, b"c" * 300)),
    (False, frame_bytes(OPCODE_TEXT, b"cut anyw")[:5]),
    (False, frame_bytes(OPCODE_TEXT, b"cut anyw")[5:]),
    (True, client_frame(OPCODE_PING)),
    (True, client_frame(OPCODE_CLOSE, close_body(1000, "bye"))),
    (False, frame_bytes(OPCODE_CLOSE, close_body(1000))),
)


@needs_tshark
def test_wireshark_and_we_agree_frame_by_frame(tmp_path: Path) -> None:
    ours = seen_by_us(EVERY_KIND)
    assert len(ours) == 17
    assert seen_by_wireshark(write(tmp_path, EVERY_KIND)) == ours


@needs_tshark
def test_wireshark_and_we_agree_on_a_frame_of_many_segments(tmp_path: Path) -> None:
    chunks = conversation_of(
        (False, frame_bytes(OPCODE_TEXT, b"x" * 70000)), (False, frame_bytes(OPCODE_TEXT, b"behind it"))
    )
    assert seen_by_wireshark(write(tmp_path, chunks)) == seen_by_us(chunks)


@needs_tshark
def test_wireshark_and_we_agree_on_compressed_frames(tmp_path: Path) -> None:
    deflater, _ = make_codecs(Parameters(), is_client=True)
    texts = [deflater.deflate(text) for text in (b"Hello", b"Hello", b"Hello, Hello")]
    chunks = conversation_of(*((True, client_frame(OPCODE_TEXT, text, rsv=RSV1)) for text in texts), deflate=True)
    ours = seen_by_us(chunks)
    assert [bytes.fromhex(frame.content) for frame in ours] == [b"Hello", b"Hello", b"Hello, Hello"]
    assert seen_by_wireshark(write(tmp_path, chunks)) == ours


class Recording:
    """A tap that keeps chunks."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.chunks: list[Chunk] = []
        self.has_ended = False

    def received(self, data: bytes) -> None:
        self.chunks.append(Chunk(time.time(), True, data))

    def sent(self, data: bytes) -> None:
        self.chunks.append(Chunk(time.time(), False, data))

    def ended(self) -> None:
        self.has_ended = True


@needs_tshark
def test_wireshark_and_we_agree_on_a_player_of_the_game(tmp_path: Path) -> None:
    taps: list[Recording] = []

    def make_tap(address: Address) -> Tap:
        taps.append(Recording(address))
        return taps[-1]

    with serving() as arena:
        arena.server.add_tap(make_tap)
        player = Player(connect(arena.url()), as_text=True)
        player.join("Ann")
        player.send("MOVE", 0)
        player.sync()
        player.hang_up()
        wait_until(lambda: taps[0].has_ended, "the end is heard")
    ours = seen_by_us(taps[0].chunks)
    assert len(ours) > 8
    assert seen_by_wireshark(write(tmp_path, taps[0].chunks, taps[0].address)) == ours


@needs_tshark
@pytest.mark.parametrize(
    ("client", "server"),
    [
        (CLIENT, SERVER),
        (Address("2001:db8::7", 50123), Address("2001:db8::1", 3000)),
        (Address("::1", 50123), Address("127.0.0.1", 3000)),
    ],
    ids=["IPv4", "IPv6", "both"],
)
def test_wireshark_finds_nothing_wrong_with_ip_and_tcp(tmp_path: Path, client: Any, server: Any) -> None:
    file = tmp_path / "connection.pcapng"
    file.write_bytes(capture([Connection(client, server, [*EVERY_KIND, Chunk(1_700_000_001, False, LONG)])]))
    assert (
        run_tshark(
            file, "-Y", "ip.checksum.status == 0 || tcp.checksum.status == 0 || tcp.analysis.flags || _ws.malformed"
        )
        == ""
    )
    statuses = run_tshark(file, "-T", "fields", "-e", "tcp.checksum.status").split()
    assert set(statuses) == {"1"}  # good
    assert run_tshark(file, "-Y", "http.response.code == 101").count("\n") == 1


@needs_tshark
def test_times_are_kept(tmp_path: Path) -> None:
    times = run_tshark(write(tmp_path, EVERY_KIND), "-T", "fields", "-e", "frame.time_epoch").split()
    # Behind the three packets that open the connection, which have the first chunk's time.
    assert [float(time_s) for time_s in times] == pytest.approx(
        [EVERY_KIND[0].time_s] * 3 + [c.time_s for c in EVERY_KIND]
    )


# Without Wireshark ---------------------------------------------------------------------------------------------


def blocks_of(file: bytes) -> list[tuple[int, bytes]]:
    blocks = []
    while file:
        kind, length = struct.unpack_from("<II", file)
        assert length % 4 == 0
        assert file[length - 4 : length] == file[4:8]
        blocks.append((kind, file[8 : length - 4]))
        file = file[length:]
    return blocks


def test_every_byte_is_in_the_capture_once_and_in_order() -> None:
    chunks = [Chunk(1.5, True, LONG), Chunk(2.5, False, b"answer"), Chunk(3.5, True, b"end")]
    section, interface, *packets = blocks_of(capture([Connection(CLIENT, SERVER, chunks)]))
    assert (section[0], interface[0]) == (0x0A0D0D0A, 1)
    sent = {True: b"", False: b""}
    for kind, body in packets:
        assert kind == 6
        length = struct.unpack_from("<I", body, 12)[0]
        ip = body[20 : 20 + length]
        assert len(ip) - 40 <= SEGMENT_BYTES
        sent[ip[12:16] == bytes([192, 0, 2, 7])] += ip[40:]
    assert sent == {True: LONG + b"end", False: b"answer"}


def test_a_capture_without_connections_is_a_whole_file() -> None:
    assert [kind for kind, _ in blocks_of(capture([]))] == [0x0A0D0D0A, 1]
