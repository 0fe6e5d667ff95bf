"""Tests of timelines: frames behind lost ones, the broken rules that are marked, and the rows that are kept."""

from __future__ import annotations

import itertools
import random
from types import SimpleNamespace

import pytest

from gameserver.classroom.experiments.shelf import EXPERIMENTS, Delivery
from gameserver.classroom.inspect.breather import STRETCH_S
from gameserver.classroom.inspect.rows import Row, has_words, plain_row
from gameserver.classroom.inspect.tape import Tape
from gameserver.classroom.inspect.timeline import Timeline
from gameserver.classroom.lab.bench import Trial
from Net.address import Address
from Net.deflate import MAX_WINDOW_BITS, Deflater
from Net.frames import OPCODE_BINARY, OPCODE_CLOSE, OPCODE_CONTINUATION, OPCODE_TEXT, message_frame, serialize
from Net.limits import Limits
from Net.PacketCodes import TO_SERVER, Packet
from tests.gameserver.classroom.support import classroom
from tests.Net.support import DEADLINE_S, wait_until

KEY = bytes.fromhex("37fa213d")
FAILURES = (1002, 1007, 1009)


def opened(path: str = "/echo", deflates: bool = False, limit_bytes: int = 4096) -> Tape:
    tape = Tape(1, Address("192.0.2.7", 5000), limit_bytes=limit_bytes)
    tape.received(f"GET {path} HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
    extension = "Sec-WebSocket-Extensions: permessage-deflate\r\n" if deflates else ""
    accept = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
    tape.sent(f"HTTP/1.1 101 Switching Protocols\r\n{accept}{extension}\r\n".encode())
    return tape


def timeline_of(tape: Tape, hides_text: bool = False) -> Timeline:
    return Timeline(tape, Limits(), hides_text)


def speeches(count: int) -> list[bytes]:
    """Returns messages that repeat each other, deflated one after the other with context takeover."""
    chance = random.Random(7)
    deflate = Deflater(MAX_WINDOW_BITS, takes_over=True).deflate
    words = ["".join(chance.choices("abcdefghijklmnop", k=80)) for _ in range(3)]
    return [message_frame(f"{number} {words[number % 3]}", KEY, deflate) for number in range(count)]


def check_that_nothing_is_called_broken(timeline: Timeline, rows: list[Row]) -> None:
    """Checks that behind a gap no good frame is marked as wrong, and none is explained with the text of another."""
    for row in rows:
        assert not row.reading.problem
        if not row.lost:
            explained = timeline.explain(row.number)
            assert explained["frame"]["violation"] is None
            assert explained["message"] is None
            assert "not kept" in explained["note"]


def test_messages_deflated_before_the_page_was_opened_are_no_violation() -> None:
    tape = opened(deflates=True, limit_bytes=2000)
    for wire in speeches(60):
        tape.received(wire)
    timeline = timeline_of(tape)
    rows = timeline.new_rows()
    assert rows[0].lost > 0
    assert plain_row(rows[0], tape)["opcode"] == "gap"
    check_that_nothing_is_called_broken(timeline, rows)


def test_messages_deflated_behind_a_gap_are_no_violation() -> None:
    tape = opened(deflates=True, limit_bytes=2000)
    timeline = timeline_of(tape)
    wires = speeches(60)
    tape.received(wires[0])
    assert timeline.explain(timeline.new_rows()[0].number)["message"]["text"].startswith("0 ")
    for wire in wires[1:]:
        tape.received(wire)
    gap, *rows = timeline.new_rows()
    assert gap.lost == sum(map(len, wires)) - len(wires[0]) - sum(len(row.cut.wire) for row in rows)
    check_that_nothing_is_called_broken(timeline, rows)


def test_deflated_messages_are_read_also_when_the_first_are_not_kept_as_rows() -> None:
    tape = opened(deflates=True, limit_bytes=2**20)
    timeline = timeline_of(tape)
    timeline.most_bytes = 10_000
    for wire in speeches(60):
        tape.received(wire)
    last = timeline.new_rows()[-1]
    assert has_words(last, "59 ")
    check_that_nothing_is_called_broken(timeline, timeline.rows())


def test_the_last_fragment_of_a_lost_message_is_no_violation() -> None:
    tape = opened(limit_bytes=600)
    tape.received(serialize(OPCODE_TEXT, b"Hel" * 100, fin=False, mask_key=KEY))
    tape.received(serialize(OPCODE_CONTINUATION, b"x" * 300, fin=False, mask_key=KEY))
    tape.received(serialize(OPCODE_CONTINUATION, b"p", fin=False, mask_key=KEY))
    tape.received(serialize(OPCODE_CONTINUATION, b"lo", mask_key=KEY))
    tape.received(serialize(OPCODE_TEXT, b"again", mask_key=KEY))
    timeline = timeline_of(tape)
    gap, *parts, whole = timeline.new_rows()
    assert gap.lost == 308 + 308
    check_that_nothing_is_called_broken(timeline, parts)
    assert timeline.explain(whole.number)["message"]["text"] == "again"


def test_bytes_behind_the_end_are_no_violation() -> None:
    tape = opened()
    tape.received(serialize(OPCODE_CLOSE, b"", mask_key=KEY) + serialize(OPCODE_CONTINUATION, b"x", mask_key=KEY))
    timeline = timeline_of(tape)
    _, row = timeline.new_rows()
    assert not row.reading.problem
    explained = timeline.explain(row.number)
    assert explained["frame"]["violation"] is None
    assert "reads no more" in explained["note"]


def test_the_frames_that_a_viewer_keeps_are_bounded_in_bytes() -> None:
    tape = opened()
    timeline = timeline_of(tape)
    timeline.most_bytes = 100_000
    for _ in range(300):
        tape.received(serialize(OPCODE_BINARY, bytes(3000), mask_key=KEY))
        (row,) = timeline.new_rows()
    assert timeline.explain(row.number)["frame"]["length"] == 3000
    assert sum(len(row.cut.wire) for row in timeline.rows()) <= 100_000
    assert len(timeline.rows()) > 20
    with pytest.raises(KeyError):
        timeline.explain(1)


def test_between_any_two_frames_there_may_be_a_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    naps_s: list[float] = []
    clock = itertools.count(step=STRETCH_S * 0.6)  # the time of any work between two looks at the clock
    fake = SimpleNamespace(monotonic=lambda: next(clock), sleep=naps_s.append)
    monkeypatch.setattr("gameserver.classroom.inspect.breather.time", fake)
    tape = opened(limit_bytes=2**20)
    timeline = timeline_of(tape)
    for _ in range(300):
        tape.received(serialize(OPCODE_BINARY, b"x", mask_key=KEY))
    timeline.new_rows()
    assert naps_s == [STRETCH_S] * len(naps_s)
    assert len(naps_s) >= 100


def test_inflated_messages_count_as_well() -> None:
    tape = opened(deflates=True)
    timeline = timeline_of(tape)
    timeline.most_bytes = 500_000
    deflate = Deflater(MAX_WINDOW_BITS, takes_over=True).deflate
    for _ in range(50):
        tape.received(message_frame("x" * 60_000, KEY, deflate))
        timeline.new_rows()
    assert sum(len(row.content or b"") for row in timeline.rows()) <= 500_000


def test_every_broken_rule_of_the_shelf_is_marked_and_named() -> None:
    experiments = [row for row in EXPERIMENTS.values() if row.outcome.close_code in FAILURES and row.path == "/echo"]
    assert len(experiments) > 40
    with classroom() as (arena, room):
        for experiment in experiments:
            slow = experiment.delivery is Delivery.BYTE_BY_BYTE
            opening = experiment.opening(room.bench.host)
            room.bench.run(Trial(opening, experiment.sent, slow, experiment.hangs_up, DEADLINE_S))
            wait_until(lambda: not any(tape.is_open for tape in room.archive.tapes()), "it is over")
            timeline = Timeline(room.archive.tapes()[-1], arena.server.limits, hides_text=False)
            broken = [row for row in timeline.new_rows() if row.reading.problem]
            assert len(broken) == 1, experiment.id
            assert broken[0].reading.problem.startswith(experiment.outcome.close_reason), experiment.id
            violation = timeline.explain(broken[0].number)["frame"]["violation"]
            assert violation["rule"] == broken[0].reading.problem, experiment.id


def test_a_frame_that_does_not_end_is_listed_when_the_connection_has_ended() -> None:
    tape = opened()
    timeline = timeline_of(tape)
    tape.received(serialize(OPCODE_TEXT, b"Hello", mask_key=KEY)[:-2])
    assert timeline.new_rows() == []
    tape.ended()
    (row,) = timeline.new_rows()
    assert plain_row(row, tape)["label"] == "not all of it has come"
    assert timeline.explain(row.number)["frame"]["missing"] == 2
    assert timeline.new_rows() == []


def test_the_body_of_a_refused_request_is_no_frame() -> None:
    tape = Tape(1, Address("192.0.2.7", 5000))
    tape.received(b"GET /echo HTTP/1.1\r\nContent-Length: 5\r\n\r\nHello")
    tape.sent(b"HTTP/1.1 400 Bad Request\r\n\r\na body is not allowed here")
    tape.received(b"more")
    tape.ended()
    assert timeline_of(tape).new_rows() == []


def test_words_are_found_wherever_they_stand_in_a_message() -> None:
    tape = opened(deflates=True)
    timeline = timeline_of(tape)
    deflate = Deflater(MAX_WINDOW_BITS, takes_over=True).deflate
    tape.received(message_frame(b"\x92\x06\x91\xaarendezvous" + bytes(40), KEY))
    tape.received(message_frame("a long text " * 20 + "with a Rendezvous", KEY, deflate))
    tape.received(
        serialize(OPCODE_TEXT, b"rende", fin=False, mask_key=KEY)
        + serialize(OPCODE_CONTINUATION, b"zvous", mask_key=KEY)
    )
    tape.received(message_frame("nothing of it", KEY))
    rows = timeline.new_rows()
    assert [plain_row(row, tape, "rendezvous")["found"] for row in rows] == [True, True, False, True, False]
    assert [has_words(row, "06 91 aa") for row in rows] == [True, False, False, False, False]


@pytest.mark.parametrize("deflates", [False, True])
def test_hidden_words_are_not_found_and_the_packet_is_named(deflates: bool) -> None:
    tape = opened("/", deflates)
    timeline = timeline_of(tape, hides_text=True)
    deflate = Deflater(MAX_WINDOW_BITS, takes_over=True).deflate if deflates else None
    for packet in (Packet("CHAT", ("rendezvous " * 5,)), Packet("JOIN", ("rendezvous",)), Packet("MOVE", (6, 1))):
        tape.received(message_frame(TO_SERVER.encode(packet), KEY, deflate))
    rows = timeline.new_rows()
    plain = [plain_row(row, tape, "rendezvous") for row in rows]
    assert [row["packet"] for row in plain] == ["CHAT", "JOIN", "MOVE"]
    assert [row["label"] for row in plain] == ["CHAT", "JOIN", "MOVE"]
    assert not any(row["found"] for row in plain)
    for row in rows:
        assert "rendezvous" not in str(timeline.explain(row.number))
