"""Tests of attacks on resources: connections, threads, memory, time, the length of the log."""

from __future__ import annotations

import gc
import itertools
import json
import time
import tracemalloc
import weakref

import msgpack
import pytest

from gameserver.server import GAME_MESSAGE_BYTES
from Net.errors import ProtocolError
from Net.frames import OPCODE_BINARY, OPCODE_CLOSE, OPCODE_PING, OPCODE_TEXT
from Net.limits import Limits
from Net.messages import MessageReader
from Net.port import keepalive
from Net.sockets import wait_readable
from tests.attacks.support import Attacker, Flood, Target, answers, opening, under_attack
from tests.Net.support import DEADLINE_S, client_frame, close_body, frame_bytes, wait_until

# Time-outs so short that a test can wait for them, and so long that a bystander on a busy machine keeps them.
SHORT_HANDSHAKE = Limits(handshake_timeout_s=0.5)
SHORT_SILENCE = Limits(ping_after_s=0.2, dead_after_s=1.5)
SHORT_STALL = Limits(stall_timeout_s=0.3)
SHORT_CLOSE = Limits(close_timeout_s=0.3)
PINGS = 500 * client_frame(OPCODE_PING, bytes(125))
JOIN = client_frame(OPCODE_TEXT, b'["JOIN",["Eve"]]')


@pytest.fixture
def tended_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the keepalive thread look for silent and stuck connections fifty times a second, not once."""
    monkeypatch.setattr(keepalive, "KEEPALIVE_EVERY_S", 0.02)


def assert_dropped(target: Target, attacker: Attacker, reason: str) -> None:
    """Asserts that the server ends the connection by itself and logs this reason."""
    wait_until(lambda: target.log.has(f"^{attacker.name}: .*{reason}"), f"the server drops it: {reason}")


# Slowness ------------------------------------------------------------------------------------------------------


@answers("slowloris, CVE-2007-6750")
def test_slow_heads_are_dropped_after_the_handshake_time_out_and_others_come_in_meanwhile() -> None:
    with under_attack(SHORT_HANDSHAKE) as target:
        waiting = attackers = [target.call() for _ in range(20)]
        deadline_s = time.monotonic() + DEADLINE_S
        while waiting and time.monotonic() < deadline_s:  # no attacker is ever silent for the whole time-out
            waiting = [attacker for attacker in waiting if not wait_readable(attacker.sock, 0)]
            for attacker in waiting:
                attacker.send(b"G")
            assert target.open().send(client_frame(OPCODE_CLOSE))
            time.sleep(0.02)
        assert not waiting
        for attacker in attackers:
            assert attacker.read_bytes_to_the_end().startswith(b"HTTP/1.1 408 ")


@answers("slowloris, CVE-2007-6750")
@pytest.mark.parametrize(
    "sent", [b"\r\n", b"GET ", opening()[:-2]], ids=["an empty line", "a word", "all but the last line"]
)
def test_a_head_that_never_ends_is_given_up(sent: bytes) -> None:
    with under_attack(SHORT_HANDSHAKE) as target:
        assert target.ask(sent).startswith(b"HTTP/1.1 408 ")


@answers("slowloris, CVE-2007-6750")
def test_connections_that_say_nothing_are_given_up_without_a_line_of_the_log() -> None:
    with under_attack(SHORT_HANDSHAKE) as target:
        attackers = [target.call() for _ in range(40)]
        assert [attacker.read_bytes_to_the_end() for attacker in attackers] == 40 * [b""]
        assert [line for line in target.log.lines if line.startswith(tuple(a.name for a in attackers))] == []


@answers("slowloris, CVE-2007-6750")
@pytest.mark.usefixtures("tended_often")
@pytest.mark.parametrize("path", ["/", "/echo"])
def test_an_incomplete_frame_that_arrives_slowly_is_no_sign_of_life(path: str) -> None:
    with under_attack(SHORT_SILENCE) as target:
        attacker = target.open(path)
        if path == "/":
            attacker.send(JOIN)
        frame = client_frame(OPCODE_TEXT, 2_000 * b"x")
        flood = Flood(attacker, _dripping(frame))
        assert_dropped(target, attacker, "the peer did not answer our ping")
        flood.wait()
        assert flood.sent_bytes < len(frame)


def _dripping(data: bytes):  # type: ignore[no-untyped-def]
    for byte in data:
        yield bytes([byte])
        time.sleep(0.01)


@answers("slowloris, CVE-2007-6750")
@pytest.mark.usefixtures("tended_often")
def test_a_connection_that_never_joins_is_closed() -> None:
    with under_attack(SHORT_CLOSE, join_timeout_s=0.1) as target:
        attacker = target.open("/")
        (close,) = attacker.read_to_the_end()
        assert close.payload == close_body(1008, "no JOIN within 0.1 s")


# Peers that do not read ------------------------------------------------------------------------------------------


@answers("websockets, threaded: a client that never reads")
def test_a_flood_of_pings_from_a_client_that_never_reads_the_pongs_ends_at_the_outbox_limit() -> None:
    with under_attack() as target:
        attacker = target.open()
        websocket = target.end_of(attacker)
        flood = Flood(attacker, itertools.repeat(PINGS))
        most_waiting = 0
        while not target.log.has(f"^{attacker.name}: .*reads too slowly"):
            most_waiting = max(most_waiting, websocket.outbox.waiting_bytes)
            time.sleep(0.001)
        flood.wait()
        assert 0 < most_waiting <= Limits().outbox_bytes
        assert target.open().send(client_frame(OPCODE_CLOSE))  # nobody else is kept waiting


@answers("websockets, threaded: a client that never reads")
@pytest.mark.usefixtures("tended_often")
def test_a_player_who_never_reads_its_states_is_dropped() -> None:
    with under_attack(SHORT_STALL, animals=2000) as target:
        target.shrink_buffers()
        attacker = target.call()
        attacker.send(opening("/") + JOIN)
        assert_dropped(target, attacker, "the peer does not read")


@answers("websockets, threaded: a client that never reads")
def test_an_echo_that_is_never_read_ends_after_the_stall_time_out() -> None:
    with under_attack(SHORT_STALL) as target:
        attacker = target.open("/echo")
        flood = Flood(attacker, itertools.repeat(client_frame(OPCODE_BINARY, bytes(60_000))))
        assert_dropped(target, attacker, "the peer does not read")
        flood.wait()


# Floods ----------------------------------------------------------------------------------------------------------


FLOODS = {
    "moves": b'["MOVE",[3]]',
    "chat": b'["CHAT",["spam"]]',
    "joins": b'["JOIN",["Eve"]]',
    "shots": b'["SHOOT",[0]]',
    "pings": b'["PING",[1]]',
    "nonsense": b"nonsense",
    "unknown packets": b'["DROP TABLE",[]]',
}


@answers("message flood")
@pytest.mark.usefixtures("tended_often")
@pytest.mark.parametrize("packet", FLOODS.values(), ids=FLOODS)
def test_a_flood_of_packets_is_closed_with_1008(packet: bytes) -> None:
    with under_attack(SHORT_CLOSE) as target:
        attacker = target.open("/")
        attacker.send(JOIN)
        flood = Flood(attacker, itertools.repeat(100 * client_frame(OPCODE_TEXT, packet)))
        *_, close = attacker.read_to_the_end()
        assert (close.opcode, close.payload) == (OPCODE_CLOSE, close_body(1008, "too many bad packets"))
        flood.wait()
        assert len(target.bystander.chats) <= 10


def nested(depth: int) -> bytes:
    return depth * b"[" + depth * b"]"


# Packets that claim too much: MessagePack with a declared size that never comes, and JSON that is slow to read.
DECLARED: dict[str, str | bytes] = {
    "an array of 4 thousand million": b"\xdd\xff\xff\xff\xff",
    "an array in the arguments": b"\x92\x01\xdd\x7f\xff\xff\xff",
    "a map of 4 thousand million": b"\x92\x01\x91\xdf\xff\xff\xff\xff",
    "a text of 4 GiB": b"\x92\x01\x91\xdb\xff\xff\xff\xff",
    "bytes of 4 GiB": b"\x92\x01\x91\xc6\xff\xff\xff\xff",
    "an extension of 4 GiB": b"\x92\x01\x91\xc9\xff\xff\xff\xff\x01",
    "a timestamp": msgpack.packb([1, [msgpack.Timestamp(1)]]),
    "a map with a list for a key": b"\x92\x01\x91\x81\x90\xc0",
    "arrays 2,000 deep": 2_000 * b"\x91" + b"\xc0",
    "maps 600 deep": 600 * b"\x81\xa1x" + b"\xc0",
    "two packets": 2 * b"\x92\x09\x91\x01",
    "text that is no UTF-8": b"\x92\x01\x91\xa1\xff",
    "an array of 1,500": b"\x92\x01\xdc\x05\xdc" + 1_500 * b"\xc0",
    "lists 1,000 deep": nested(1_000).decode(),
    "objects 300 deep": 300 * '{"x":' + "0" + 300 * "}",
    "a number of 2,000 digits": '["PING",[' + 2_000 * "9" + "]]",
    "a fraction of 2,000 digits": '["AIM",[0.' + 2_000 * "1" + "e9999]]",
    "an infinite number": '["AIM",[1e999]]',
    "not a number": '["AIM",[NaN]]',
    "half a surrogate pair": '["JOIN",["\\ud800"]]',
    "a name of two lines": '["JOIN",["Eve\\nERROR the disk is full"]]',
    "a name of 2,000 letters": json.dumps(["JOIN", [2_000 * "x"]]),
    "a list of 500": json.dumps(["JOIN", 500 * [0]]),
}
# The same, longer than any packet of the game: the server does not read the contents.
LONG: dict[str, str | bytes] = {
    "arrays 60,000 deep": 60_000 * b"\x91" + b"\xc0",
    "maps 20,000 deep": 20_000 * b"\x81\xa1x" + b"\xc0",
    "an array of 60,000": b"\x92\x01\xdc\xea\x60" + 60_000 * b"\xc0",
    "lists 30,000 deep": nested(30_000).decode(),
    "a number of 60,000 digits": '["PING",[' + 60_000 * "9" + "]]",
    "a name of 60,000 letters": json.dumps(["JOIN", [60_000 * "x"]]),
    "a byte too many": bytes(GAME_MESSAGE_BYTES + 1),
}


@answers("declared sizes, deep and long values")
@pytest.mark.parametrize("message", DECLARED.values(), ids=DECLARED)
def test_a_packet_that_claims_too_much_gets_an_error_and_the_connection_lives(message: str | bytes) -> None:
    with under_attack() as target:
        player = target.arena.connect(as_text=isinstance(message, str))
        player.send_raw(message)
        assert player.wait_for("ERROR")[0] in ("BAD_PACKET", "BAD_ARGUMENT")
        player.sync()
        player.hang_up()


@answers("junk as long as the limit")
@pytest.mark.parametrize("message", LONG.values(), ids=LONG)
def test_a_message_longer_than_any_packet_is_refused_by_its_length(
    message: str | bytes,
) -> None:
    with under_attack(SHORT_CLOSE) as target:
        attacker = target.open("/")
        payload = message.encode() if isinstance(message, str) else message
        attacker.send(
            client_frame(OPCODE_TEXT if isinstance(message, str) else OPCODE_BINARY, payload)[:10]
        )  # the header alone
        (close,) = attacker.read_to_the_end()
        assert close.payload == close_body(1009, "a message may have 2048 bytes")


# Connections -----------------------------------------------------------------------------------------------------


@answers("connection flood")
def test_an_address_gets_64_connections_and_others_are_let_in_nevertheless() -> None:
    with under_attack() as target:
        attackers = [target.open() for _ in range(63)]  # with the bystander 64
        assert target.ask(opening()).startswith(b"HTTP/1.1 503 ")
        elsewhere = target.call(source="127.0.0.2")
        elsewhere.send(opening())
        assert elsewhere.read_head().startswith(b"HTTP/1.1 101 ")
        attackers[0].vanish(with_reset=True)
        wait_until(lambda: target.connections() == 64, "a place is free")
        target.open()


@answers("connection flood")
def test_a_thousand_connections_that_come_and_go_leave_nothing_behind() -> None:
    with under_attack() as target:
        for number in range(1000):
            attacker = target.call()
            attacker.send((b"", b"GET ", opening(), opening() + JOIN[:5])[number % 4])
            attacker.vanish(with_reset=number % 3 == 0)
        target.bystander.wait_for_ticks()


@answers("half-open handshakes")
@pytest.mark.parametrize("with_reset", [False, True], ids=["end of stream", "reset"])
@pytest.mark.parametrize(
    ("sent", "lines"), [(b"", 0), (b"GET / HT", 1), (opening()[:-1], 1)], ids=["nothing", "some", "all but a byte"]
)
def test_a_client_that_leaves_inside_its_handshake_costs_one_line_of_the_log(
    sent: bytes, lines: int, with_reset: bool
) -> None:
    with under_attack() as target:
        attacker = target.call()
        attacker.send(sent)
        wait_until(lambda: target.connections() == 2, "the server has noticed it")
        attacker.vanish(with_reset)
        wait_until(lambda: target.connections() == 1, "the server has let it go")
        assert len([line for line in target.log.lines if line.startswith(attacker.name)]) == lines


DEATHS = {
    "closed": client_frame(OPCODE_CLOSE, close_body(1000)),
    "bad frame": frame_bytes(OPCODE_TEXT, b"not masked"),
    "bad text": client_frame(OPCODE_TEXT, b"\xff"),
    "too long": client_frame(OPCODE_BINARY, bytes(70_000)),
    "in a message": client_frame(OPCODE_BINARY, bytes(60_000), fin=False),
    "in a frame": client_frame(OPCODE_BINARY, bytes(60_000))[:50_000],
    "joined": JOIN,
}


@answers("Tomcat CVE-2021-42340")
@pytest.mark.parametrize("with_reset", [False, True], ids=["end of stream", "reset"])
@pytest.mark.parametrize("path", ["/", "/echo"])
@pytest.mark.parametrize("sent", DEATHS.values(), ids=DEATHS)
def test_the_memory_of_a_dead_connection_is_given_back_at_once(sent: bytes, path: str, with_reset: bool) -> None:
    """The memory must not wait for the garbage collector, which may run much later."""
    gc.collect()  # before the room ticks: it takes a second in a process that has run thousands of tests
    gc.disable()
    try:
        with under_attack(SHORT_CLOSE) as target:
            attacker = target.open(path, "Sec-WebSocket-Extensions: permessage-deflate")
            end = weakref.ref(target.end_of(attacker))
            attacker.send(sent)
            attacker.vanish(with_reset)
            wait_until(lambda: end() is None, "its memory is free")
    finally:
        gc.enable()


@answers("ws #2331", "ws CVE-2026-48779", "aiohttp CVE-2026-54274")
@pytest.mark.parametrize("text", [40_000 * "x", 20_000 * "€", 15_000 * "😀"], ids=["1 byte", "3 bytes", "4 bytes"])
def test_a_message_that_arrives_slowly_takes_no_more_memory_than_it_has_bytes(text: str) -> None:
    payload = text.encode()
    frame = client_frame(OPCODE_TEXT, payload)
    reader = MessageReader(Limits(), masked=True)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for at in range(len(frame) - 1):
            assert list(reader.feed(frame[at : at + 1])) == []
        held = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert held < 1.5 * len(payload) + 5_000


@answers("ws CVE-2016-10542", "aiohttp CVE-2026-54274")
def test_nothing_is_allocated_for_a_length_that_is_only_announced() -> None:
    reader = MessageReader(Limits(message_bytes=2**40), masked=True)
    tracemalloc.start()
    try:
        assert list(reader.feed(b"\x82\xff" + (2**39).to_bytes(8, "big") + bytes(4))) == []
        assert tracemalloc.get_traced_memory()[1] < 10_000
    finally:
        tracemalloc.stop()


@answers("aiohttp #13655")
def test_a_reader_that_has_refused_keeps_no_later_bytes() -> None:
    reader = MessageReader(Limits(), masked=True)
    with pytest.raises(ProtocolError):
        list(reader.feed(b"\xff\xff"))
    tracemalloc.start()
    try:
        for _ in range(100):
            assert list(reader.feed(bytes(16384))) == []
        assert tracemalloc.get_traced_memory()[0] < 50_000
    finally:
        tracemalloc.stop()
