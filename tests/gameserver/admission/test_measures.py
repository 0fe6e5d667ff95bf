"""Tests of the operator's measures: each holds on every connection of the person, until the operator ends it."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest

from gameserver.admission.measures import BAN, KICK, MUTE, Measures
from gameserver.world_manager import GameWorldManager, OperatorError
from Net.client import connect
from Net.errors import ConnectionClosed, HandshakeError, PacketError
from Net.PacketCodes import Packet
from Net.websocket import WebSocket
from tests.Net.support import DEADLINE_S, wait_until
from tests.second_address import ELSEWHERE, coming_from
from tests.support import Arena, Player, plain_world, serving

SMALL = plain_world(map_size=1500.0, cell_size=1500, spawn_clearance=0.0)


def token_of(arena: Arena, player: Player) -> str:
    seat = arena.room(player).find_player_by_id(player.id)
    assert seat is not None
    return seat.info.token


def may_chat(player: Player) -> bool:
    player.send("CHAT", "hello")

    def is_answer(packet: Packet) -> bool:
        return packet.id == "ERROR" or (packet.id == "CHAT" and packet.args[0] == player.id)

    answer = player.receive_until(is_answer, "an answer")[-1]
    assert answer.id == "CHAT" or answer.args[0] == "MUTED"
    return answer.id == "CHAT"


def why_not(arena: Arena, name: str, **options: Any) -> str | None:
    """Returns the code of the ERROR that a JOIN gets, or None if the player is let in."""
    client = arena.connect()
    client.send("JOIN", name, options)
    answer = client.receive_until(lambda packet: packet.id in ("ERROR", "WELCOME"), "an answer")[-1]
    return answer.args[0] if answer.id == "ERROR" else None


def dialled(arena: Arena) -> socket.socket:
    """Opens a TCP connection without a handshake."""
    return socket.create_connection(("127.0.0.1", arena.port), DEADLINE_S)


def end_of(websocket: WebSocket) -> ConnectionClosed:
    while True:
        try:
            websocket.receive(DEADLINE_S)
        except ConnectionClosed as closed:
            return closed


# Mute -----------------------------------------------------------------------------------------------------------


def test_a_mute_does_not_end_with_leave_and_join_on_the_same_connection() -> None:
    with serving(SMALL) as arena:
        ann = arena.join("Ann")
        GameWorldManager(arena.server).mute(ann.id, True)
        ann.send("LEAVE")
        ann.sync()
        ann.join("somebody else")
        assert not may_chat(ann)


def test_a_mute_does_not_end_with_leave_and_join_under_the_name_of_a_neighbour() -> None:
    with serving(SMALL) as arena:
        ann, _ = arena.join("Ann"), arena.join("Bob")
        GameWorldManager(arena.server).mute(ann.id, True)
        ann.send("LEAVE")
        ann.sync()
        ann.join("Bob")
        assert not may_chat(ann)


def test_a_mute_holds_on_a_connection_that_was_open_before_and_on_a_new_one() -> None:
    with serving(SMALL) as arena:
        ann, spare = arena.join("Ann"), arena.connect()
        spare.sync()
        GameWorldManager(arena.server).mute(ann.id, True)
        ann.hang_up()
        spare.join("Anna")
        assert not may_chat(spare)
        assert not may_chat(arena.join("Annabel"))


def test_a_mute_concerns_neither_seated_players_nor_other_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(SMALL) as arena:
        ann, bob = arena.join("Ann"), arena.join("Bob")
        GameWorldManager(arena.server).mute(ann.id, True)
        assert may_chat(bob)
        with coming_from(monkeypatch):
            assert may_chat(arena.join("Ann"))
        bob.hang_up()
        wait_until(lambda: len(arena.server.lobby.places()) == 2, "Bob is away")
        assert may_chat(arena.join("bob"))


def test_a_mute_holds_for_a_second_seat_of_the_same_name() -> None:
    with serving(SMALL) as arena:
        ann, other = arena.join("Ann"), arena.join("ANN")
        GameWorldManager(arena.server).mute(ann.id, True)
        assert not may_chat(other)


def test_a_muted_ghost_that_comes_back_by_its_token_is_muted(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(SMALL) as arena:
        ann = arena.join("Ann")
        token = token_of(arena, ann)
        ann.reset_connection()
        wait_until(lambda: not arena.server.lobby.clients(), "it is away")
        GameWorldManager(arena.server).mute(ann.id, True)
        with coming_from(monkeypatch):
            back = arena.join("Ann", token=token)
            assert not may_chat(back)
            back.send("LEAVE")
            back.sync()
            back.join("Bob")
            assert not may_chat(back)
            assert not may_chat(arena.join("Carl", token=token)), "the token tells whom the mute is about"


def test_an_unmuted_player_may_chat_and_the_other_is_still_muted() -> None:
    with serving(SMALL) as arena:
        manager = GameWorldManager(arena.server)
        ann = arena.join("Ann")
        manager.mute(ann.id, True)
        carl = arena.join("Carl")
        assert not may_chat(carl)
        manager.mute(carl.id, False)
        assert may_chat(carl)
        assert not may_chat(ann)
        carl.hang_up()
        assert may_chat(arena.join("Carl"))
        manager.mute(ann.id, False)
        assert may_chat(ann)
        assert may_chat(arena.join("Dan"))
        assert manager.list_measures() == []


def test_an_address_can_be_unmuted_when_its_players_have_left() -> None:
    with serving(SMALL) as arena:
        manager = GameWorldManager(arena.server)
        ann = arena.join("Ann")
        manager.mute(ann.id, True)
        carl = arena.join("Carl")
        ann.hang_up()
        assert manager.unmute("127.0.0.1").startswith("everybody at 127.0.0.1")
        assert may_chat(carl)
        assert may_chat(arena.join("Ann"))
        with pytest.raises(OperatorError, match="is muted"):
            manager.unmute("127.0.0.1")


# Kick -----------------------------------------------------------------------------------------------------------


def test_a_kick_keeps_the_person_out_for_a_while_and_nobody_else() -> None:
    with serving(SMALL) as arena:
        ann = arena.join("Ann")
        token = token_of(arena, ann)
        manager = GameWorldManager(arena.server)
        manager.kick(ann.id, "be nice", away_s=1)
        assert end_of(ann.websocket).reason == "be nice"
        assert why_not(arena, "ann") == "KICKED"
        assert why_not(arena, "somebody else", token=token) == "KICKED"
        assert why_not(arena, "Bob") is None
        wait_until(lambda: not manager.list_measures(), "the time is over")
        assert why_not(arena, "Ann") is None


def test_a_kick_without_a_time_ends_with_the_seat() -> None:
    with serving(SMALL) as arena:
        ann = arena.join("Ann")
        GameWorldManager(arena.server).kick(ann.id)
        assert end_of(ann.websocket).code == 1008
        assert why_not(arena, "Ann") is None


def test_a_kick_takes_every_seat_of_the_person() -> None:
    with serving(SMALL) as arena:
        ann, ghost, second, bob = (arena.join(name) for name in ("Ann", "Ann", "ANN", "Bob"))
        ghost.reset_connection()
        GameWorldManager(arena.server).kick(ann.id)
        assert end_of(second.websocket).code == 1008
        bob.sync()
        assert [place.seat.info.name for place in arena.server.lobby.places()] == ["Bob"]


# Ban ------------------------------------------------------------------------------------------------------------


def test_a_ban_ends_every_connection_of_the_address_on_every_path(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(SMALL) as arena:
        bystander = arena.join("bystander")
        with coming_from(monkeypatch):
            mallory, second = arena.join("Mallory"), arena.join("another")
            ghost = arena.join("ghost")
            echo, idle = arena.connect(path="/echo").websocket, arena.connect()
            idle.sync()
            waiting = idle.websocket
            ghost.reset_connection()
            echo.send("still here")
            assert echo.receive(DEADLINE_S) == "still here"
            assert ELSEWHERE in GameWorldManager(arena.server).ban(mallory.id, "enough")
            for websocket in (mallory.websocket, second.websocket, echo, waiting):
                closed = end_of(websocket)
                assert (closed.code, closed.reason) == (1008, "enough")
            for path in ("/", "/echo"):
                with pytest.raises(HandshakeError, match="403"):
                    connect(arena.url(path))
        assert [place.seat.info.name for place in arena.server.lobby.places()] == ["bystander"]
        bystander.sync()
        assert bystander.tick_gaps == []


def test_a_banned_address_that_is_still_in_its_handshake_gets_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(SMALL) as arena, coming_from(monkeypatch), dialled(arena) as sock:
        sock.sendall(b"GET /echo HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        wait_until(lambda: arena.server.describe()["connections"] == 1, "it has begun")
        GameWorldManager(arena.server).ban_address(ELSEWHERE)
        sock.sendall(
            b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        received = b""
        while b"this address is banned" not in received:
            data = sock.recv(4096)
            assert data, f"it is not told: {received!r}"
            received += data


def test_a_ban_of_this_machine_leaves_the_servers_own_connections_alone() -> None:
    with serving(SMALL) as arena:
        own = connect(arena.url("/echo"), dial=arena.server.own_connections.dial)
        ann = arena.join("Ann")
        GameWorldManager(arena.server).ban(ann.id)
        assert end_of(ann.websocket).code == 1008
        own.send("still here")
        assert own.receive(DEADLINE_S) == "still here"
        own.close()
        late = connect(arena.url("/echo"), dial=arena.server.own_connections.dial)
        late.send("and again")
        assert late.receive(DEADLINE_S) == "and again"
        late.close()


def test_a_banned_player_that_comes_from_another_address_is_known_by_its_token(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(SMALL) as arena:
        with coming_from(monkeypatch):
            mallory = arena.join("Mallory")
            token = token_of(arena, mallory)
            GameWorldManager(arena.server).ban(mallory.id)
        assert why_not(arena, "somebody else", token=token) == "BANNED"
        assert why_not(arena, "Mallory") is None, "a name alone is nobody's"


def test_an_address_is_let_in_again_when_it_is_unbanned(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(SMALL) as arena:
        manager = GameWorldManager(arena.server)
        manager.ban_address(ELSEWHERE, "for a test")
        (listed,) = manager.state()["measures"]
        assert (listed["measure"], listed["address"], listed["reason"]) == ("ban", ELSEWHERE, "for a test")
        with coming_from(monkeypatch):
            with pytest.raises(HandshakeError, match="403"):
                arena.connect()
            manager.unban(ELSEWHERE)
            assert arena.join("Ann").own_entity()
        with pytest.raises(OperatorError, match="is not banned"):
            manager.unban(ELSEWHERE)
        with pytest.raises(OperatorError, match="not an IP address"):
            manager.ban_address("the one in the corner")


def test_an_operator_cannot_ban_the_address_it_is_logged_in_from() -> None:
    with serving(SMALL, trusted_proxies=("127.0.0.1",)) as arena:
        with arena.server.operators.present("203.0.113.9"), pytest.raises(
            OperatorError, match="operator's own address"
        ):
            GameWorldManager(arena.server).ban_address("203.0.113.9")
        assert arena.server.lobby.measures.why_banned("203.0.113.9") is None


# The list -------------------------------------------------------------------------------------------------------


class Clock:
    """A clock that a test sets."""

    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_measures_end_when_their_time_is_up_and_only_then() -> None:
    clock = Clock()
    measures = Measures(clock)
    measures.add(KICK, "192.0.2.1", "Ann", lasts_s=60)
    measures.add(MUTE, "192.0.2.1", "Ann")
    clock.now += 59
    with pytest.raises(PacketError, match="come back in 1 s"):
        measures.check_join("192.0.2.1", "Ann", None)
    clock.now += 1
    measures.check_join("192.0.2.1", "Ann", None)
    clock.now += 1e6
    assert [measure.measure for measure in measures.in_force()] == [MUTE]


def test_the_same_measure_about_the_same_person_is_listed_once() -> None:
    measures = Measures()
    for reason in ("first", "second"):
        measures.add(BAN, "192.0.2.1", "Ann", "token", reason)
    assert [row["reason"] for row in measures.describe()] == ["second"]
    measures.add(BAN, "192.0.2.1", "Bob")
    measures.lift(BAN, "192.0.2.1", "Ann")
    assert measures.why_banned("192.0.2.1") is not None, "Bob's ban holds"
    measures.lift(BAN, "192.0.2.1")
    assert measures.why_banned("192.0.2.1") is None


def test_the_list_tells_no_token() -> None:
    measures = Measures()
    measures.add(BAN, "192.0.2.1", "Ann", "a secret token")
    assert "a secret token" not in str(measures.describe())


def test_measures_outlive_the_process_as_plain_data() -> None:
    clock = Clock()
    measures = Measures(clock)
    measures.add(BAN, "192.0.2.1", "Ann", "token", "a reason")
    measures.add(KICK, "192.0.2.2", "Bob", lasts_s=60)
    measures.add(MUTE, "192.0.2.3", "Carl", spared=("Dan",))
    again = Measures(clock)
    again.load(measures.save())
    assert again.in_force() == measures.in_force()
    assert again.why_banned("192.0.2.1") is not None
    assert again.is_muted("192.0.2.3", "Eve", None)
    assert not again.is_muted("192.0.2.3", "Dan", None)


GOOD = {
    "measure": "ban",
    "host": "192.0.2.1",
    "name": "Ann",
    "token": "",
    "reason": "",
    "at": 1.0,
    "until": None,
    "spared": [],
}


@pytest.mark.parametrize(
    "spoiled",
    [
        {"measure": "hang"},
        {"measure": []},
        {"host": 7},
        {"host": ""},
        {"name": None},
        {"at": "now"},
        {"at": float("nan")},
        {"until": "never"},
        {"spared": "Ann"},
        {"spared": [7]},
        {"more": 1},
    ],
    ids=str,
)
def test_invalid_data_is_refused_and_none_of_it_is_used(spoiled: dict[str, Any]) -> None:
    measures = Measures()
    with pytest.raises(ValueError, match="measure"):
        measures.load([GOOD, {**GOOD, **spoiled}])
    assert measures.in_force() == []
    measures.load([GOOD])
    assert len(measures.in_force()) == 1


def test_measures_may_be_made_and_asked_for_at_the_same_time() -> None:
    measures = Measures()
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            measures.is_muted("192.0.2.1", "Eve", None)
            measures.describe()

    asking = [threading.Thread(target=ask) for _ in range(3)]
    for thread in asking:
        thread.start()
    for number in range(200):
        measures.add(MUTE, f"192.0.2.{number}", "Ann", lasts_s=60)
        measures.spare(f"192.0.2.{number}", "Bob")
        measures.lift(MUTE, f"192.0.2.{number}")
    over.set()
    for thread in asking:
        thread.join()
    assert measures.in_force() == []
