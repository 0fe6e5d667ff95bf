"""Tests of the inspector, over real connections: the clients that get in, and the frames that they see."""

from __future__ import annotations

import base64
import gc
import json
import threading
import time
from types import SimpleNamespace
from typing import Any, Iterator

import pytest

from gameserver.admin.authentication import OperatorAuthentication
from gameserver.admin.console import Console
from gameserver.classroom.inspect.capture import capture_file
from gameserver.classroom.inspect.tape import Tape
from gameserver.classroom.lab.bench import Trial
from gameserver.world_manager import GameWorldManager
from Net.address import Address
from Net.client import connect
from Net.errors import ConnectionClosed, HandshakeError
from Net.frames import OPCODE_CONTINUATION, OPCODE_PING, OPCODE_TEXT, apply_mask, message_frame, serialize
from Net.limits import Limits
from Net.PacketCodes import TO_CLIENT, Packet
from tests.gameserver.classroom.support import TOKEN, Page, classroom, open_page
from tests.Net.support import DEADLINE_S, wait_until
from tests.support import Player, serving

pytestmark = pytest.mark.slow

KEY = bytes.fromhex("37fa213d")


def row_of(page: Page, **wanted: Any) -> dict[str, Any]:
    """Waits for the first row with these values, and returns it."""
    return page.until(lambda: next((row for row in page.rows if wanted.items() <= row.items()), None))


def send_fragments(player: Player) -> None:
    """Sends Hello in two fragments, with a PING between them."""
    parts = serialize(OPCODE_TEXT, b"Hel", fin=False, mask_key=KEY), serialize(OPCODE_PING, b"now", mask_key=KEY)
    player.socket().sendall(b"".join(parts) + serialize(OPCODE_CONTINUATION, b"lo", mask_key=KEY))
    assert player.websocket.receive(DEADLINE_S) == "Hello"


def test_without_a_classroom_there_is_nothing_to_open() -> None:
    with serving() as arena:
        for path in ("/inspect", "/lab"):
            with pytest.raises(HandshakeError, match="404"):
                connect(arena.url(path))


def test_from_this_machine_no_token_is_needed() -> None:
    with classroom() as (arena, _), open_page(arena, "/inspect") as page:
        assert page.do("watch", connections=None, hides_text=False) is None


@pytest.mark.parametrize("path", ["/inspect", "/lab"])
@pytest.mark.parametrize("field", ["X-Forwarded-For", "Forwarded", "Via"])
def test_through_a_proxy_a_token_is_needed(path: str, field: str) -> None:
    with classroom() as (arena, _):
        websocket = connect(arena.url(path), headers=[(field, "192.0.2.7")])
        stranger = Page(websocket)
        assert "operator's token" in stranger.receive()["error"]
        with pytest.raises(ConnectionClosed) as closed:
            stranger.receive()
        assert closed.value.code == 1008
        websocket = connect(arena.url(path), headers=[(field, "192.0.2.7")])
        assert Page(websocket, TOKEN).receive() == {"ok": True}
        websocket.close()


def test_a_page_of_another_site_needs_a_token_even_if_it_may_connect() -> None:
    with classroom(allowed_origins=("*",)) as (arena, _):
        for origin, answer in (("http://evil.example", "error"), (f"http://127.0.0.1:{arena.port}", "ok")):
            websocket = connect(arena.url("/inspect"), headers=[("Origin", origin)])
            assert answer in Page(websocket).receive()
            websocket.close()


def test_the_lab_is_no_way_round_the_token() -> None:
    with classroom() as (_, room):
        opening = (
            "GET /inspect HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        knock = serialize(OPCODE_TEXT, b'{"token": ""}', mask_key=KEY)
        answer = room.bench.run(Trial(opening.encode(), (knock,), patience_s=DEADLINE_S)).answer
        assert b'"error"' in answer
        assert b'{"ok"' not in answer


def test_connections_are_listed_with_their_names_and_paths() -> None:
    with classroom() as (arena, _):
        arena.join("Ann")
        echo = arena.connect(path="/echo")
        with open_page(arena, "/inspect") as page:
            page.until(lambda: len(page.connections) == 2)
            ann, other = page.connections
            assert (ann["name"], ann["path"], ann["is_open"], ann["status"]) == ("Ann", "/", True, "101")
            assert (other["name"], other["path"]) == ("", "/echo")
            assert ann["bytes_in"] > 100
            echo.hang_up()
            page.until(lambda: not page.connections[1]["is_open"])
            page.do("watch", connections=[], hides_text=True)
            page.until(lambda: page.connections[0]["name"] == "")


def test_the_inspector_does_not_look_at_itself() -> None:
    with classroom() as (arena, _), open_page(arena, "/inspect") as page:
        arena.connect(path="/echo")
        page.until(lambda: page.connections)
        assert [connection["path"] for connection in page.connections] == ["/echo"]


@pytest.mark.parametrize("target", ["/admin", "/admin?x=1", "http://127.0.0.1:{port}/admin"])
def test_the_operators_token_is_in_nothing_that_the_page_gets(target: str) -> None:
    with classroom() as (arena, room), open_page(arena, "/inspect") as page:
        arena.server.add_route(
            "/admin", Console(GameWorldManager(arena.server), OperatorAuthentication("sesame")).converse
        )
        arena.join("Ann")
        page.do("watch", connections=None, hides_text=False)
        opening = (
            f"GET {target.format(port=arena.port)} HTTP/1.1\r\nHost: 127.0.0.1:{arena.port}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        knock = serialize(OPCODE_TEXT, b'{"token":"sesame"}', mask_key=KEY)
        # The same when the token comes in one piece with the handshake.
        answer = room.bench.run(Trial(opening.encode() + knock, (), patience_s=DEADLINE_S)).answer
        assert b'{"ok": true}' in answer
        row_of(page, packet="JOIN")
        assert all(connection["path"] == "/" for connection in page.connections)
        captured = base64.b64decode(page.do("capture", connections=None))
        assert b"sesame" not in captured
        assert apply_mask(b"sesame", KEY[2:] + KEY[:2]) not in captured
        assert "sesame" not in json.dumps(page.rows)


def test_a_masked_frame_is_taken_apart() -> None:
    with classroom() as (arena, _), open_page(arena, "/inspect") as page:
        echo = arena.connect(path="/echo")
        echo.send_raw("Hello")
        page.do("watch", connections=None, hides_text=False)
        row = row_of(page, up=True, opcode="TEXT")
        assert (row["label"], row["fragment"], row["size"]) == ("Hello", 1, 11)
        said = page.do("explain", connection=row["connection"], number=row["number"])
        frame = said["frame"]
        assert frame["masked"]
        assert bytes(line["plain"] for line in frame["unmasking"]) == b"Hello"
        assert said["message"]["text"] == "Hello"
        assert said["frames"] == [row["number"]]


def test_a_fragmented_message_is_joined_whichever_part_is_asked_for() -> None:
    with classroom() as (arena, _), open_page(arena, "/inspect") as page:
        send_fragments(arena.connect(path="/echo"))
        page.do("watch", connections=None, hides_text=False)
        first = row_of(page, up=True, opcode="TEXT", fragment=1, fin=False)
        ping = row_of(page, up=True, opcode="PING", between=True)
        last = row_of(page, up=True, opcode="CONTINUATION", fragment=2, fin=True)
        for row in (first, last):
            said = page.do("explain", connection=row["connection"], number=row["number"])
            assert said["message"]["text"] == "Hello"
            assert said["frames"] == [first["number"], last["number"]]
        said = page.do("explain", connection=ping["connection"], number=ping["number"])
        assert said["frame"]["role"] == "control frame"
        assert said["message"] is None


def test_compressed_messages_are_inflated_with_all_that_came_before() -> None:
    with classroom() as (arena, _), open_page(arena, "/inspect") as page:
        websocket = connect(arena.url("/echo"), compress=True)
        for text in ("a text that is long enough to be deflated", "a text that is long enough to be deflated again"):
            websocket.send(text)
            assert websocket.receive(DEADLINE_S) == text
        page.do("watch", connections=None, hides_text=False)
        row = page.until(lambda: [row for row in page.rows if row["up"]][1:2])[0]
        said = page.do("explain", connection=row["connection"], number=row["number"])
        assert said["message"]["text"].endswith("again")
        assert said["message"]["is_compressed"]
        websocket.close()


def test_a_packet_and_its_arguments_are_named() -> None:
    with classroom() as (arena, _), open_page(arena, "/inspect") as page:
        arena.join("Ann")
        page.do("watch", connections=None, hides_text=False)
        row = row_of(page, packet="JOIN")
        packet = page.do("explain", connection=row["connection"], number=row["number"])["message"]["packet"]
        assert packet["id"] == "JOIN"
        assert packet["args"][0]["name"] == "name"
        assert packet["args"][0]["value"] == "Ann"


def test_hidden_names_are_in_nothing_that_the_page_gets() -> None:
    with classroom() as (arena, _), open_page(arena, "/inspect") as page:
        ann = arena.join("Annabella")
        ann.send("CHAT", "rendezvous")
        ann.wait_for("CHAT")
        page.do("watch", connections=None, hides_text=True)
        row_of(page, up=False, packet="CHAT")
        row_of(page, up=False, packet="SCOREBOARD")
        rows = [row for row in page.rows if row["packet"] != "STATE"]
        shown = json.dumps([page.do("explain", connection=row["connection"], number=row["number"]) for row in rows])
        captured = base64.b64decode(page.do("capture", connections=None))
        for secret in ("Annabella", "rendezvous"):
            assert secret not in json.dumps([page.rows, page.connections]) + shown
            assert secret.encode().hex() not in shown
            assert secret.encode() not in captured


def test_a_handshake_is_explained_also_one_that_was_refused() -> None:
    with classroom() as (arena, _), open_page(arena, "/inspect") as page:
        arena.connect(path="/echo")
        with pytest.raises(HandshakeError):
            connect(arena.url("/nowhere"))
        page.until(lambda: len(page.connections) == 2)
        good, bad = page.connections
        request, response = page.do("handshake", connection=good["number"])
        assert response["is_upgrade"]
        assert request["accept"][-1]["value"] in bytes.fromhex(response["wire"]).decode()
        assert "there is no WebSocket" in page.do("handshake", connection=bad["number"])[1]["body"]


def test_a_capture_holds_the_handshake_and_the_frames() -> None:
    with classroom() as (arena, _), open_page(arena, "/inspect") as page:
        arena.connect(path="/echo").send_raw("Hello")
        page.do("watch", connections=None, hides_text=False)
        row = row_of(page, up=True)
        frame = page.do("explain", connection=row["connection"], number=row["number"])["frame"]
        captured = base64.b64decode(page.do("capture", connections=[row["connection"]]))
        assert captured.startswith(b"\x0a\x0d\x0d\x0a")
        assert b"GET /echo HTTP/1.1" in captured
        assert bytes.fromhex(frame["wire"]) in captured


def test_a_capture_names_the_address_that_the_client_has_called() -> None:
    server = Address("203.0.113.5", 3000)
    for host, called in (
        ("192.0.2.80:8080", bytes((192, 0, 2, 80))),
        ("192.0.2.80", bytes((192, 0, 2, 80))),
        ("[2001:db8::7]:3000", bytes.fromhex("20010db8000000000000000000000007")),
        ("[2001:db8::7]", bytes.fromhex("20010db8000000000000000000000007")),
        ("localhost:3000", bytes((203, 0, 113, 5))),
        ("192.0.2.80:99999", bytes((203, 0, 113, 5))),
    ):
        tape = Tape(1, Address("192.0.2.7", 5000))
        tape.received(f"GET /echo HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        tape.sent(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
        captured = base64.b64decode(capture_file([tape], server, lambda _: Limits(), hides_text=False))
        assert called in captured, host


def test_with_too_many_connections_ended_ones_are_dropped_with_a_notice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gameserver.classroom.inspect.inspector.MOST_CHOSEN", 2)
    with classroom() as (arena, room), open_page(arena, "/inspect") as page:
        early = arena.connect(path="/echo")
        late = [arena.connect(path="/echo") for _ in range(2)]
        last = arena.connect(path="/echo")
        for player in late:
            player.hang_up()
        wait_until(lambda: sum(tape.is_open for tape in room.archive.tapes()) == 2, "two have ended")
        for player in (early, last):
            player.send_raw("Hello")
        page.do("watch", connections=None, hides_text=False)
        message = page.receive()
        while "rows" not in message:
            message = page.receive()
        assert message["left_out"] == 2
        page.until(lambda: len({row["connection"] for row in page.rows}) == 2)
        open_ones = [tape.number for tape in room.archive.tapes() if tape.is_open]
        assert sorted({row["connection"] for row in page.rows}) == open_ones


@pytest.fixture
def tidy() -> Iterator[None]:
    """Turns off garbage collection: with the objects of all other tests it takes a tenth of a second."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("tidy")
def test_a_viewer_who_comes_late_never_works_for_long_without_a_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    stretches_s: list[float] = []
    last = threading.local()

    def sleep(duration_s: float) -> None:
        now_s = time.thread_time()  # time of other threads and processes does not count
        stretches_s.append(now_s - getattr(last, "at_s", now_s))
        last.at_s = now_s
        time.sleep(duration_s)

    fake = SimpleNamespace(monotonic=time.monotonic, sleep=sleep)
    with classroom() as (arena, room), open_page(arena, "/inspect") as page:
        for number in range(30):
            tape = room.archive.make_tap(Address("192.0.2.7", number + 1))
            tape.received(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            tape.sent(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
            for tick in range(300):
                tape.sent(message_frame(TO_CLIENT.encode(Packet("STATE", (tick, None, [0] * 60, [])))))
        monkeypatch.setattr("gameserver.classroom.inspect.breather.time", fake)
        page.do("watch", connections=None, hides_text=True)
        message = page.receive()
        while not message.get("skipped"):
            message = page.receive()
        assert message["skipped"] == 30 * 300 - 1000
        page.do("watch", connections=[], hides_text=True)
    assert len(stretches_s) > 50
    assert max(stretches_s) < 0.02  # a game ticks every 0.05 s; without the rests a tick would wait for 0.3 s


def test_words_are_searched_for_in_whole_messages_also_in_those_to_come() -> None:
    with classroom() as (arena, _), open_page(arena, "/inspect") as page:
        ann = arena.join("Ann")
        ann.send("CHAT", "a rendezvous")
        ann.wait_for("CHAT")
        page.do("watch", connections=None, hides_text=False)
        row = row_of(page, packet="CHAT", up=True)
        assert [row["connection"], row["number"]] in page.do("search", words="Rendezvous")
        ann.send("CHAT", "no")
        ann.send("CHAT", "the next rendezvous")
        row_of(page, packet="CHAT", up=True, found=False)
        row_of(page, packet="CHAT", up=True, found=True)
        page.do("watch", connections=None, hides_text=True)
        row_of(page, packet="CHAT", up=True, found=False)
        assert page.do("search", words="rendezvous") == []


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ({"do": "explain", "connection": 99, "number": 1}, "not kept"),
        ({"do": "handshake", "connection": 99}, "not kept"),
        ({"do": "explain", "connection": -1, "number": 1}, "integer"),
        ({"do": "watch", "connections": "all", "hides_text": False}, "list"),
        ({"do": "explode"}, "watch"),
    ],
)
def test_an_impossible_command_gets_a_sentence(command: dict[str, Any], says: str) -> None:
    with classroom() as (arena, _), open_page(arena, "/inspect") as page:
        arguments = {key: value for key, value in command.items() if key != "do"}
        assert says in page.ask(command["do"], **arguments)["error"]


def test_a_broken_frame_is_marked_and_the_rule_is_named() -> None:
    with classroom() as (arena, room), open_page(arena, "/inspect") as page:
        echo = arena.connect(path="/echo")
        echo.socket().sendall(bytes.fromhex("8105") + b"Hello")
        with pytest.raises(ConnectionClosed):
            echo.websocket.receive(DEADLINE_S)
        wait_until(lambda: not any(tape.is_open for tape in room.archive.tapes()), "the server has closed it")
        page.do("watch", connections=None, hides_text=False)
        row = row_of(page, broken=True)
        violation = page.do("explain", connection=row["connection"], number=row["number"])["frame"]["violation"]
        assert violation["function"] == "check_first_bytes"
        assert row_of(page, opcode="CLOSE")["label"] == "1002 a client must mask every frame"
