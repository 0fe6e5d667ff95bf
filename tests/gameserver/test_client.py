"""Tests of GameClient against servers that really serve, and against a server that only a test's script speaks for."""

from __future__ import annotations

import logging
import re
import select
import threading
import time
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from gameserver.client import GameClient, JoinRefused, ServerError
from gameserver.match.phases import IN_PROGRESS, WAITING
from Net.errors import ConnectionClosed, PacketError
from Net.limits import Limits
from Net.PacketCodes import TO_CLIENT, TO_SERVER, Packet
from Net.websocket import WebSocket
from tests.Net.support import DEADLINE_S, wait_until
from tests.support import Arena, free_port, plain_world, serving


@pytest.fixture
def arena() -> Iterator[Arena]:
    with serving() as arena:
        yield arena


def scripted(arena: Arena, script: Callable[[WebSocket], None]) -> str:
    """Returns the URL of a path where the server answers a JOIN as the script says, and then waits for the end."""

    def serve(websocket: WebSocket) -> None:
        assert TO_SERVER.decode(websocket.receive(DEADLINE_S)).id == "JOIN"
        script(websocket)
        for _ in websocket:
            pass

    arena.server.add_route("/scripted", serve)
    return arena.url("/scripted")


def sends(*packets: Packet) -> Callable[[WebSocket], None]:
    """Returns a script that welcomes the player, answers its PING, and sends the packets."""

    def script(websocket: WebSocket) -> None:
        websocket.send(TO_CLIENT.encode(Packet("WELCOME", (1, "den", "secret", {}))))
        (number,) = TO_SERVER.decode(websocket.receive(DEADLINE_S)).args
        websocket.send(TO_CLIENT.encode(Packet("PONG", (number, 0))))
        for packet in packets:
            websocket.send(TO_CLIENT.encode(packet))

    return script


# Joining -------------------------------------------------------------------------------------------------------


def test_a_client_that_has_joined_knows_its_room() -> None:
    with serving(start_at=3) as arena, GameClient(arena.url(), "Ann") as ann, GameClient(arena.url(), "Bob") as bob:
        people = [(ann.player_id, "Ann", None), (bob.player_id, "Bob", None)]
        assert list(bob.players.values()) == people
        assert (bob.room, bob.status) == (ann.room, WAITING)
        assert bob.settings["tick_rate"] == 50
        assert 0 < (bob.round_trip_s or 0) < DEADLINE_S
        assert bob.free_seats == arena.server.settings.max_players - 2
        ann.wait_for(lambda: ann.players == bob.players)


def test_a_client_without_a_seat_knows_nothing_and_cannot_send(arena: Arena) -> None:
    client = GameClient(arena.url(), name="Ann")
    assert (client.player_id, client.room, client.token, client.status, client.free_seats) == (None,) * 5
    assert (client.state, client.players, client.scores, client.settings, client.errors) == ({}, {}, {}, {}, [])
    assert client.round_trip_s is None
    for call in (client.update, client.fileno, lambda: client.chat("hello")):
        with pytest.raises(ConnectionClosed, match="call join or connect first"):
            call()
    client.close()
    client.drop()


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        ({"name": "x" * 17}, "BAD_ARGUMENT", "JOIN.name must be text of 1 to 16 printable characters"),
        ({"name": "Ann", "team": 9}, "BAD_ARGUMENT", "a map in which team is an integer from 0 to 3"),
        ({"name": "Ann", "room": "full"}, "ROOM_FULL", "full"),
    ],
)
def test_a_refused_join_raises_the_sentence_of_the_server(options: dict[str, Any], code: str, says: str) -> None:
    with serving(max_players=1) as arena:
        arena.join("Bob", room="full")
        client = GameClient(arena.url(), **options)
        with pytest.raises(JoinRefused, match=says) as refused, client:
            raise AssertionError("the client has joined")
        assert refused.value.code == code
        assert not str(refused.value).startswith(code)
        with pytest.raises(ConnectionClosed):
            client.update()


def test_where_nobody_listens_joining_raises_an_os_error() -> None:
    with pytest.raises(ConnectionRefusedError):
        GameClient(f"ws://127.0.0.1:{free_port()}", name="Ann").join()


def test_a_server_that_does_not_answer_a_join_is_given_up(arena: Arena) -> None:
    client = GameClient(scripted(arena, lambda _: None), name="Ann")
    with pytest.raises(TimeoutError, match=r"no answer to JOIN has come within 0\.1 s"):
        client.join(timeout_s=0.1)
    with pytest.raises(ConnectionClosed):
        client.update()


def test_joining_twice_keeps_the_seat(arena: Arena) -> None:
    client = GameClient(arena.url(), name="Ann")
    client.join()
    seat = client.player_id, client.token
    with client:
        client.ping()
        client.wait_for(lambda: client.round_trip_s)
        assert (client.player_id, client.token) == seat
        assert client.errors == []


def test_a_spectator_knows_the_players_and_is_none_of_them(arena: Arena) -> None:
    ann = GameClient(arena.url(), name="Ann", room="den")
    eve = GameClient(arena.url(), name="Eve", room="den", spectate=True)
    with ann, eve:
        assert list(eve.players) == [ann.player_id]
        eve.send("WATCH", ann.player_id)
        eve.chat("hello")
        assert eve.wait_for(lambda: eve.errors)[0].code == "SPECTATING"


def test_a_player_gets_the_team_that_it_asks_for() -> None:
    with serving(plain_world(teams=2)) as arena, GameClient(arena.url(), name="Ann", team=1) as ann:
        assert ann.player_id is not None
        assert ann.players[ann.player_id].team == 1


# Playing -------------------------------------------------------------------------------------------------------


def test_what_one_client_says_arrives_at_another(arena: Arena) -> None:
    with GameClient(arena.url(), name="Ann") as ann, GameClient(arena.url(), name="Bob") as bob:
        said: list[tuple[int, str]] = []
        bob.on("CHAT", lambda *args: said.append(args))
        ann.chat("hello")
        assert bob.wait_for(lambda: said) == [(ann.player_id, "hello")]


def test_a_round_starts_when_all_clients_are_ready() -> None:
    with serving(start_at=3) as arena, GameClient(arena.url(), "Ann") as ann, GameClient(arena.url(), "Bob") as bob:
        ann.ready()
        bob.ready()
        ann.wait_for(lambda: ann.status == IN_PROGRESS)
        bob.wait_for(lambda: bob.status == IN_PROGRESS)


def test_any_packet_can_be_sent_and_watched_for(arena: Arena) -> None:
    with GameClient(arena.url(), name="Ann") as ann:
        places: list[tuple[int, int]] = []

        def note(_tick: int, _sequence: int | None, moved: list[int], _gone: list[int]) -> None:
            places.extend((moved[i + 2], moved[i + 3]) for i in range(0, len(moved), 7))

        ann.on("STATE", note)
        ann.send("MOVE", 0)
        ann.wait_for(lambda: len(set(places)) > 2)
        assert places[-1][0] > places[0][0]


def test_a_client_knows_the_scores_and_the_changed_settings(arena: Arena) -> None:
    with GameClient(arena.url(), name="Ann") as ann:
        assert ann.player_id is not None
        (room,) = arena.server.lobby.all_rooms()
        with room.game.lock:
            room.game.players[ann.player_id].score = 70
        ann.wait_for(lambda: ann.scores == {ann.player_id: 70})
        room.change_setting("tick_rate", 25)
        ann.wait_for(lambda: ann.settings["tick_rate"] == 25)


def test_a_player_that_leaves_is_known_no_more(arena: Arena) -> None:
    with GameClient(arena.url(), name="Ann") as ann:
        with GameClient(arena.url(), name="Bob") as bob:
            ann.wait_for(lambda: bob.player_id in ann.players)
        ann.wait_for(lambda: list(ann.players) == [ann.player_id])


def test_the_state_of_a_game_is_kept_up_to_date(arena: Arena) -> None:
    url = scripted(
        arena,
        sends(
            Packet("GAME_STATE", ({"tick": 1, "entities": {"snake": {3: {"x": 1, "y": 2}, 4: {"x": 0, "y": 0}}}},)),
            Packet("GAME_CHANGES", ({"snake": [4]}, {"snake": {3: {"x": 2}}}, {"tick": 2})),
            Packet("EVENT", ("eaten", [3, 4])),
        ),
    )
    events: list[tuple[str, list[int]]] = []
    client = GameClient(url, name="Ann")
    client.on("EVENT", lambda name, values: events.append((name, values)))
    with client:
        client.wait_for(lambda: events)
        assert client.state == {"tick": 2, "entities": {"snake": {3: {"x": 2, "y": 2}}}}
        assert events == [("eaten", [3, 4])]


def test_a_state_may_be_longer_than_a_message_to_the_server(arena: Arena) -> None:
    body = list(range(200_000))
    url = scripted(arena, sends(Packet("GAME_STATE", ({"tick": 1, "body": body},))))
    with GameClient(url, name="Ann") as client:
        assert client.wait_for(lambda: client.state)["body"] == body


def test_a_second_welcome_begins_anew(arena: Arena) -> None:
    url = scripted(
        arena,
        sends(
            Packet("GAME_STATE", ({"tick": 9},)),
            Packet("PLAYER", (7, "Bob", None)),
            Packet("WELCOME", (1, "hall", "another", {"teams": 2})),
        ),
    )
    with GameClient(url, name="Ann") as client:
        client.wait_for(lambda: client.room == "hall")
        assert (client.state, client.players, client.token) == ({}, {}, "another")


# Errors --------------------------------------------------------------------------------------------------------


def test_an_error_is_kept_and_logged(arena: Arena, caplog: pytest.LogCaptureFixture) -> None:
    with GameClient(arena.url(), name="Ann") as ann, caplog.at_level(logging.WARNING, "gameserver.client"):
        ann.send("MOVE", 9)
        ann.wait_for(lambda: ann.errors)
        text = "MOVE.direction must be nil or an integer from 0 to 7, not 9"
        assert ann.errors == [ServerError("BAD_ARGUMENT", text)]
        assert caplog.messages == [f"Ann: the server answers BAD_ARGUMENT: {text}"]


def test_an_error_is_handed_to_the_function_that_asks_for_it(arena: Arena, caplog: pytest.LogCaptureFixture) -> None:
    with GameClient(arena.url(), name="Ann") as ann, caplog.at_level(logging.WARNING, "gameserver.client"):
        told: list[tuple[str, str]] = []
        ann.on_error(lambda code, text: told.append((code, text)))
        ann.send("MOVE", 9)
        ann.wait_for(lambda: told)
        assert told == ann.errors
        assert caplog.messages == []


def test_a_wait_in_vain_names_the_latest_error(arena: Arena) -> None:
    with GameClient(arena.url(), name="Ann") as ann:
        with pytest.raises(TimeoutError, match=r"the condition has not become true within 0\.01 s$"):
            ann.wait_for(lambda: False, timeout_s=0.01)
        ann.send("MOVE", 9)
        ann.wait_for(lambda: ann.errors)
        with pytest.raises(TimeoutError, match=r"the latest ERROR: MOVE\.direction must be"):
            ann.wait_for(lambda: False, timeout_s=0.01)


def test_ids_that_are_no_packets_are_refused(arena: Arena) -> None:
    with GameClient(arena.url(), name="Ann") as ann:
        with pytest.raises(ValueError, match="there is no packet 'MOOVE' to the server"):
            ann.send("MOOVE", 1)
        with pytest.raises(ValueError, match="there is no packet 'STAET' to the client"):
            ann.on("STAET", print)


def test_a_packet_that_this_program_does_not_know_is_an_error(arena: Arena) -> None:
    def script(websocket: WebSocket) -> None:
        sends()(websocket)
        websocket.send(b"\x92\x7f\x90")

    with GameClient(scripted(arena, script), name="Ann") as ann, pytest.raises(PacketError, match="the code 127"):
        ann.wait_for(lambda: False)


def test_an_error_of_a_function_reaches_the_caller_also_a_timeout(arena: Arena) -> None:
    with GameClient(arena.url(), name="Ann") as ann:

        def fail(*_: object) -> None:
            raise TimeoutError("of the function")

        ann.on("PONG", fail)
        ann.ping()
        with pytest.raises(TimeoutError, match="of the function"):
            ann.wait_for(lambda: False)


# Coming back ---------------------------------------------------------------------------------------------------


def test_a_client_comes_back_to_its_seat(arena: Arena) -> None:
    with GameClient(arena.url(), name="Ann", room="den") as ann, GameClient(arena.url(), name="Bob", room="den") as bob:
        seat = ann.player_id, ann.token
        ann.chat("so the seat waits for long")
        ann.drop()
        with pytest.raises(ConnectionClosed, match="the client has dropped the connection"):
            ann.update()
        ann.reconnect()
        assert (ann.player_id, ann.token, ann.room) == (*seat, "den")
        ann.reconnect()  # also while the connection is open
        assert (ann.player_id, ann.token) == seat
        bob.wait_for(lambda: len(bob.players) == 2)
        said: list[str] = []
        bob.on("CHAT", lambda _, text: said.append(text))
        ann.chat("back")
        bob.wait_for(lambda: "back" in said)


def test_the_token_brings_another_client_to_the_seat(arena: Arena) -> None:
    with GameClient(arena.url(), name="Ann") as ann, GameClient(arena.url(), name="Eve", token=ann.token) as again:
        assert (again.player_id, again.token) == (ann.player_id, ann.token)
        with pytest.raises(ConnectionClosed, match="your seat was taken over by another connection"):
            ann.wait_for(lambda: False)


def test_a_client_whose_seat_is_gone_gets_another_and_a_notice() -> None:
    with serving(reconnect_s=0.05) as arena, GameClient(arena.url(), name="Ann") as ann:
        notices: list[str] = []
        ann.on("NOTICE", notices.append)
        ann.drop()
        seat = ann.token
        wait_until(lambda: not arena.server.lobby.all_rooms(), "the seat is given up, and the room with it")
        ann.reconnect()
        assert ann.token != seat
        assert notices == ["your seat was given up while you were away: you begin anew"]


def test_a_failed_return_leaves_the_seat_to_the_next_attempt() -> None:
    """After a time-out, the client must not close the connection with 1000: the server would free the seat."""
    with serving() as arena:
        ann = GameClient(arena.url(), name="Ann")
        ann.join()
        seat = ann.player_id, ann.token
        ann.chat("so the seat waits for long")
        ann.drop()
        with pytest.raises(TimeoutError):
            ann.reconnect(timeout_s=0.0)
        try:
            ann.reconnect()
        except ConnectionClosed:  # the JOIN of the first attempt came only now, and took the seat over
            ann.reconnect()
        assert (ann.player_id, ann.token) == seat
        ann.close()


def test_a_client_that_leaves_can_join_again_on_its_connection(arena: Arena) -> None:
    with GameClient(arena.url(), name="Ann") as ann:
        seat, number = ann.player_id, ann.fileno()
        ann.leave()
        assert (ann.player_id, ann.token, ann.players, ann.status) == (None, None, {}, None)
        ann.join()
        assert ann.player_id not in (seat, None)
        assert ann.fileno() == number


def test_the_end_of_the_block_gives_the_seat_up_at_once(arena: Arena) -> None:
    with GameClient(arena.url(), name="Bob") as bob:
        with pytest.raises(RuntimeError, match="in the block"), GameClient(arena.url(), name="Ann"):
            raise RuntimeError("in the block")
        bob.wait_for(lambda: list(bob.players) == [bob.player_id])


# The connection ------------------------------------------------------------------------------------------------


def test_the_end_of_the_server_is_told_and_raised() -> None:
    words: list[str] = []
    with serving() as arena:
        ann = GameClient(arena.url(), name="Ann")
        ann.on("SHUTDOWN", lambda text, _ms_left: words.append(text))
        ann.join()
        arena.server.stop()
        with pytest.raises(ConnectionClosed, match="1001: 'the server is shutting down'"):
            ann.wait_for(lambda: False)
        for call in (ann.update, lambda: ann.chat("hello")):
            with pytest.raises(ConnectionClosed):
                call()
    assert words == ["the server is shutting down"]
    with pytest.raises(ConnectionRefusedError):
        ann.reconnect()
    ann.close()


def test_update_waits_for_the_first_packet_only(arena: Arena) -> None:
    with GameClient(scripted(arena, sends()), name="Ann") as ann:
        assert ann.update() == 0
        begun_s = time.monotonic()
        assert ann.update(timeout_s=0.1) == 0
        assert time.monotonic() - begun_s >= 0.1
    with GameClient(arena.url(), name="Ann") as ann:
        assert ann.update(timeout_s=DEADLINE_S) >= 1


def test_many_clients_play_in_one_thread(arena: Arena) -> None:
    clients = [GameClient(arena.url(), name=f"client {number}", room="den") for number in range(30)]
    for client in clients:
        client.connect()
    deadline_s = time.monotonic() + DEADLINE_S
    while any(len(client.players) < 30 or len(client.errors) < 1 for client in clients):
        assert time.monotonic() < deadline_s
        readable, _, _ = select.select(clients, [], [], DEADLINE_S)
        for client in readable:
            before = client.player_id
            client.update()
            if before is None and client.player_id is not None:
                client.send("MOVE", 9)
    assert len({client.player_id for client in clients}) == 30
    assert threading.active_count() < 30 + 30  # the server's threads, and none of a client
    for client in clients:
        client.close()


@pytest.mark.slow
def test_a_server_that_has_vanished_is_noticed(arena: Arena) -> None:
    """No packet and no end of the connection comes from there, as if its machine were off."""
    found = threading.Event()

    def script(websocket: WebSocket) -> None:
        sends()(websocket)
        found.wait(DEADLINE_S)

    client = GameClient(scripted(arena, script), name="Ann", limits=Limits(ping_after_s=0.2, dead_after_s=0.2))
    client.join()
    with pytest.raises(ConnectionClosed, match="the peer did not answer our ping"):
        client.wait_for(lambda: False, DEADLINE_S)
    found.set()
    client.close()


# The page ------------------------------------------------------------------------------------------------------

PAGE = (Path(__file__).parents[2] / "docs" / "client-python.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("number", range(2))
def test_the_programs_of_the_page_run(arena: Arena, number: int, capsys: pytest.CaptureFixture[str]) -> None:
    programs = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert len(programs) == 2
    exec(programs[number].replace("ws://127.0.0.1:3000", arena.url()), {})
    assert capsys.readouterr().out == ("1 is in room-1 with ['Ann']\nAnn hello\n", "")[number]


def test_the_page_names_every_method_and_property() -> None:
    names = {name for name in vars(GameClient) if not name.startswith("_")}
    named = {name for row in re.findall(r"^\| (`.+?) \|", PAGE, re.MULTILINE) for name in re.findall(r"`(\w+)", row)}
    assert named >= names
