"""Tests of the live trace of frames: its entries, the choice of clients, and that the players notice nothing of it."""

from __future__ import annotations

import contextlib
import http.client
import logging
import re
import threading
import time
from typing import Any, Iterator

import pytest

from Net.address import Address
from Net.client import connect
from Net.dissect.explain import explain, summarize
from Net.dissect.log_queue import LogQueue
from Net.dissect.trace import EVERYBODY, WORDS_S, Tracer, check_wanted
from Net.errors import HandshakeError
from tests.Net.support import DEADLINE_S, wait_until
from tests.support import Arena, serving


class Paper:
    """An output that keeps the text. A closed gate blocks the writer, as a stopped terminal does."""

    def __init__(self) -> None:
        self.text = ""
        self.gate = threading.Event()
        self.gate.set()

    def write(self, text: str) -> None:
        assert self.gate.wait(DEADLINE_S)
        self.text += text

    def entries(self) -> list[str]:
        """The lines without time and address: `-> ...` from the client, `<- ...` to it."""
        return re.findall(r"^\d\d:\d\d:\d\d\.\d{3} 127\.0\.0\.1:\d+ (.*)$", self.text, re.MULTILINE)

    def waits_for(self, words: str) -> None:
        wait_until(lambda: words in self.text, f"{words!r} is written")


@contextlib.contextmanager
def traced(wanted: Any = (EVERYBODY,), show: Any = summarize, **options: Any) -> Iterator[tuple[Arena, Paper]]:
    """A server with a tracer that writes to a Paper. The tracer must stop in time at the end."""
    paper = Paper()
    with serving() as arena:
        tracer = Tracer(wanted, show, paper.write, **options)
        arena.server.add_tap(tracer.tap_for)
        tracer.start()
        try:
            yield arena, paper
        finally:
            paper.gate.set()
            tracer.stop(DEADLINE_S)


def test_a_connection_is_told_from_its_handshake_to_its_end() -> None:
    with traced() as (arena, paper):
        websocket = connect(arena.url("/echo"))
        websocket.send("Hello")
        websocket.receive()
        websocket.close(1000, "bye")
        paper.waits_for("has ended")
    lines = [re.sub(r"key [0-9a-f]{8}", "key ...", entry) for entry in paper.entries()]
    assert lines == [
        "-> handshake GET /echo HTTP/1.1",
        "<- handshake HTTP/1.1 101 Switching Protocols",
        "-> FIN TEXT key ... 5 bytes: Hello",
        "<- FIN TEXT 5 bytes: Hello",
        "-> FIN CLOSE key ... 5 bytes: 1000 bye",
        "<- FIN CLOSE 2 bytes: 1000",
        "-> the connection has ended",
    ]


def test_packets_are_told_with_their_arguments() -> None:
    with traced() as (arena, paper):
        player = arena.join("Ann")
        player.send("MOVE", 3)
        paper.waits_for("MOVE direction=3")
        paper.waits_for("STATE tick=")
        assert re.search(r"-> FIN BINARY .*: JOIN name=\"Ann\"", paper.text)
        assert re.search(r"<- FIN BINARY .*: PLAYER player_id=1 name=\"Ann\"", paper.text)


def test_a_private_connection_is_told_up_to_its_request() -> None:
    with traced(private=["/echo"]) as (arena, paper):
        websocket = connect(arena.url("/echo"))
        websocket.send('{"token": "sesame"}')
        websocket.receive(DEADLINE_S)
        websocket.close()
        arena.join("Ann")
        paper.waits_for("STATE tick=")
    told = paper.entries()[:2]
    assert told[0] == "-> handshake GET /echo HTTP/1.1"
    assert "nothing more is told" in told[1]
    assert "sesame" not in paper.text


def test_frames_can_be_told_in_full() -> None:
    with traced(show=explain) as (arena, paper):
        websocket = connect(arena.url("/echo"))
        websocket.send("Hello")
        paper.waits_for("=  6f 01101111  o")
        paper.waits_for("From Sec-WebSocket-Key to Sec-WebSocket-Accept")
        websocket.close()


def test_a_violation_is_told() -> None:
    with traced() as (arena, paper):
        player = arena.connect(path="/echo")
        player.socket().sendall(b"\x81\x05Hello")
        paper.waits_for("BROKEN: a client must mask every frame (RFC 6455 section 5.1, close 1002)")


def test_a_frame_that_never_came_whole_is_told_at_the_end() -> None:
    with traced() as (arena, paper):
        player = arena.connect(path="/echo")
        player.socket().sendall(bytes.fromhex("818537fa213d7f9f"))
        player.socket().close()
        paper.waits_for("has ended")
    *_, frame, end = paper.entries()
    assert frame == "-> FIN TEXT key 37fa213d 5 bytes, incomplete: 3 bytes more to come"
    assert end == "-> the connection has ended"


def test_a_refusal_is_told_and_a_page_is_not() -> None:
    with traced() as (arena, paper):
        connection = http.client.HTTPConnection("127.0.0.1", arena.port, timeout=DEADLINE_S)
        connection.request("GET", "/rooms.json")
        connection.getresponse().read()
        connection.close()
        with pytest.raises(HandshakeError):
            connect(arena.url("/nowhere"))
        paper.waits_for("404 Not Found: there is no WebSocket at this path")
        paper.waits_for("has ended")
    assert "rooms.json" not in paper.text
    assert len(paper.entries()) == 3


# The clients to trace ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "is_told"),
    [
        ([], False),
        ([EVERYBODY], True),
        (["127.0.0.1"], True),
        ([Address("127.0.0.1", 50123)], True),
        ([Address("127.0.0.1", 50124)], False),
        (["127.0.0.2"], False),
        (["192.0.2.1", "127.0.0.1"], True),
    ],
)
def test_only_the_clients_that_are_named_are_traced(wanted: list[str | Address], is_told: bool) -> None:
    tracer = Tracer(wanted, summarize, lambda _: None)
    assert (tracer.tap_for(Address("127.0.0.1", 50123)) is not None) == is_told


def test_a_host_of_ipv6_is_named_without_brackets() -> None:
    tracer = Tracer(["2001:db8::7"], summarize, lambda _: None)
    assert tracer.tap_for(Address("2001:db8::7", 50123)) is not None
    assert tracer.tap_for(Address("2001:db8::8", 50123)) is None


def test_without_a_client_to_trace_no_thread_runs() -> None:
    before = threading.active_count()
    tracer = Tracer([], summarize, lambda _: None)
    tracer.start()
    assert threading.active_count() == before
    tracer.stop()


@pytest.mark.parametrize(
    ("said", "known_as"),
    [
        (EVERYBODY, EVERYBODY),
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7:50123", Address("192.0.2.7", 50123)),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("[::1]:50123", Address("::1", 50123)),
        ("2001:DB8:0::7", "2001:db8::7"),
        ("fe80::1%eth0", "fe80::1%eth0"),
    ],
)
def test_the_address_of_a_client_to_trace_may_be_written_in_any_notation(said: str, known_as: str | Address) -> None:
    assert check_wanted([said]) == [known_as]


@pytest.mark.parametrize("said", ["localhost", "nonsense", "", "192.0.2", "192.0.2.7:", "192.0.2.7:http", "[::1]:"])
def test_a_text_that_is_no_address_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match="trace must be all, an address such as"):
        check_wanted([said])


# Nobody waits --------------------------------------------------------------------------------------------------


def is_told(websocket: Any, paper: Paper, words: str) -> bool:
    """Sends the words once more and returns whether the trace has an entry with them."""
    echo(websocket, words)
    return words in paper.text


def echo(websocket: Any, text: str) -> None:
    websocket.send(text)
    assert websocket.receive(DEADLINE_S) == text


def test_a_terminal_that_stops_costs_lines_and_nothing_else() -> None:
    with traced(most_text=1000) as (arena, paper):
        websocket = connect(arena.url("/echo"))
        wait_until(lambda: is_told(websocket, paper, "before"), "what comes before is told")
        paper.gate.clear()
        for number in range(60):
            assert not is_told(websocket, paper, f"while it is stopped: {number}")
        paper.gate.set()
        paper.waits_for("entries are missing")
        wait_until(
            lambda: is_told(websocket, paper, "after"),
            "what comes after is told: the frames were followed all the time",
        )
        websocket.close()
    missing = map(int, re.findall(r"\.\.\. (\d+) entries are missing", paper.text))
    told = sum(f"while it is stopped: {number}" in paper.text for number in range(60))
    assert told < 60
    assert sum(missing) >= 60 - told
    assert "BROKEN" not in paper.text


def test_slow_explanations_are_left_out_and_the_frames_still_followed() -> None:
    def say(record: Any) -> str:
        end_s = time.thread_time() + WORDS_S / 3
        while time.thread_time() < end_s:
            pass
        return summarize(record)

    with traced(show=say) as (arena, paper):
        websocket = connect(arena.url("/echo"))
        for number in range(100):
            websocket.send(f"number {number}")
        for number in range(100):
            assert websocket.receive(DEADLINE_S) == f"number {number}"
        paper.waits_for("entries are missing")
        wait_until(lambda: is_told(websocket, paper, "after"), "what comes after is told")
        websocket.close()
    assert "BROKEN" not in paper.text


def test_a_reader_that_falls_behind_gives_a_client_up_instead_of_guessing() -> None:
    with traced(most_bytes=5000) as (arena, paper):
        websocket = connect(arena.url("/echo"))
        echo(websocket, "before")
        paper.waits_for("before")
        echo(websocket, "x" * 6000)  # more bytes than may wait
        paper.waits_for("<- FIN TEXT 6 bytes: before")
        wait_until(lambda: is_given_up(websocket, paper), "the client is given up")
        echo(websocket, "unseen")
        other = connect(arena.url("/echo"))
        echo(other, "another")
        paper.waits_for("another")
        other.close()
        websocket.close()
    assert paper.text.count("bytes were lost here") == 1
    assert "unseen" not in paper.text
    assert "BROKEN" not in paper.text


def is_given_up(websocket: Any, paper: Paper) -> bool:
    echo(websocket, ".")
    return "bytes were lost here" in paper.text


def test_a_trace_that_fails_is_logged_and_the_client_plays_on(caplog: pytest.LogCaptureFixture) -> None:
    def fail(_record: object) -> str:
        raise RuntimeError("cannot tell")

    with caplog.at_level(logging.ERROR), traced(show=fail) as (arena, paper):
        websocket = connect(arena.url("/echo"))
        echo(websocket, "Hello")
        wait_until(lambda: "cannot be traced" in caplog.text, "it is logged")
        echo(websocket, "again")
        websocket.close()
    assert caplog.text.count("cannot be traced") == 1
    assert paper.text == ""


def test_a_terminal_that_is_gone_is_logged_in_one_line_and_the_trace_goes_on_when_it_is_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    paper = Paper()
    is_gone = threading.Event()
    is_gone.set()

    def write(text: str) -> None:
        if is_gone.is_set():
            raise BrokenPipeError("nobody reads")
        paper.write(text)

    with caplog.at_level(logging.WARNING), serving() as arena:
        tracer = Tracer([EVERYBODY], summarize, write)
        arena.server.add_tap(tracer.tap_for)
        tracer.start()
        websocket = connect(arena.url("/echo"))
        echo(websocket, "Hello")
        wait_until(lambda: "cannot be written" in caplog.text, "it is logged")
        echo(websocket, "again")
        is_gone.clear()
        echo(websocket, "and again")
        paper.waits_for("and again")
        websocket.close()
        tracer.stop()
    assert re.search(r"^\.\.\. [1-9]\d* entries are missing here", paper.text)
    assert [record.exc_info for record in caplog.records if "cannot be written" in record.message] == [None]


def test_stopping_writes_the_waiting_entries_but_waits_no_longer_than_allowed() -> None:
    paper = Paper()
    tracer = Tracer([EVERYBODY], summarize, paper.write)
    tap = tracer.tap_for(Address("127.0.0.1", 50123))
    assert tap is not None
    tracer.start()
    tap.received(b"GET /last HTTP/1.0\r\n\r\n")
    tracer.stop()
    assert "GET /last" in paper.text
    stuck = Tracer([EVERYBODY], summarize, paper.write)
    paper.gate.clear()
    tap = stuck.tap_for(Address("127.0.0.1", 50124))
    assert tap is not None
    stuck.start()
    tap.received(b"GET /stuck HTTP/1.0\r\n\r\n")
    stuck.stop(timeout_s=0.2)
    assert "GET /stuck" not in paper.text
    paper.gate.set()
    paper.waits_for("GET /stuck")


# The queue -----------------------------------------------------------------------------------------------------


def test_the_log_queue_keeps_the_order_and_counts_entries_that_do_not_fit() -> None:
    log_queue: LogQueue[str] = LogQueue(10)
    assert [log_queue.put("a", 4), log_queue.put("b", 6), log_queue.put("c", 1), log_queue.put("d", 0)] == [
        True,
        True,
        False,
        True,
    ]
    items, dropped = log_queue.take()
    assert (list(items), dropped) == (["a", "b", "d"], 1)
    assert log_queue.put("e", 10)
    items, dropped = log_queue.take()
    assert (list(items), dropped) == (["e"], 0)
