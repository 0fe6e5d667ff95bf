"""Tests of attacks on identity: acting for another player, taking its seat, guessing the operator's token."""

from __future__ import annotations

import json
import sys
import time
from typing import Any, Callable, Iterator

import pytest

from gameserver.admin.authentication import BLOCKED_FOR_S, WRONG_TOKENS_ALLOWED, OperatorAuthentication
from gameserver.admin.console import Console
from gameserver.world_manager import GameWorldManager
from Net.client import connect
from Net.PacketCodes import TO_SERVER
from tests.attacks.support import Attacker, Target, answers, opening, under_attack
from tests.gameserver.worlds import data_of
from tests.Net.support import DEADLINE_S, client_frame
from tests.support import Player, place

TOKEN = "open sesame"


def add_console(target: Target, clock: Callable[[], float] = time.monotonic) -> OperatorAuthentication:
    authentication = OperatorAuthentication(TOKEN, clock)
    target.server.add_route("/admin", Console(GameWorldManager(target.server), authentication, clock).converse)
    return authentication


def everything_about(target: Target, player: Player) -> dict[str, Any]:
    """Returns the data of a player's object in the game and of its seat."""
    room = target.server.lobby.rooms[player.room_id]
    with room.game.lock:
        data = data_of(room.game.players[player.id])
    seat = room.find_player_by_id(player.id)
    assert seat is not None
    return {**data, "ready": seat.is_ready, "muted": seat.info.is_muted, "connection": seat.websocket.address}


def packets_about(player: Player, secret_like: str) -> Iterator[list[Any]]:
    """Yields every packet to the server, with another player's id, name and part of its token as arguments."""
    values: list[Any] = [player.id, str(player.id), "Bob", secret_like, True, 0.5, None, {"player_id": player.id}]
    for row in TO_SERVER.rows:
        if row.id in ("JOIN", "LEAVE"):
            continue
        for count in range(len(row.args) + 2):
            for value in values:
                yield [row.id, [value] * count]


@answers("CWE-639")
def test_nobody_can_act_for_another_player() -> None:
    with under_attack() as target:
        bob = target.arena.join("Bob", room="den")
        seat = target.server.lobby.rooms["den"].find_player_by_id(bob.id)
        assert seat is not None
        place(target.server.lobby.rooms["den"], bob.id, 500, 500)
        bob.wait_until(lambda: bob.sees_at(bob, 500, 500), "it is there")
        before = everything_about(target, bob)
        packets = list(packets_about(bob, seat.info.token[:-1]))
        for begin in range(0, len(packets), 15):  # a connection each: too many bad packets end one
            eve = target.arena.join("Eve", as_text=True, room="den")
            place(target.server.lobby.rooms["den"], eve.id, 3500, 3500)  # further than any weapon reaches
            for packet in packets[begin : begin + 15]:
                eve.send_raw(json.dumps(packet))
            said = [packet for packet in eve.sync() if packet.id == "CHAT"]
            assert {packet.args[0] for packet in said} <= {eve.id}, "one speaks with one's own id"
            eve.hang_up()
        assert everything_about(target, bob) == before
        bob.hang_up()


@answers("CWE-639")
def test_a_seat_is_taken_back_with_its_whole_token_and_nothing_else() -> None:
    with under_attack() as target:
        bob = target.arena.join("Bob", room="den")
        seat = target.server.lobby.rooms["den"].find_player_by_id(bob.id)
        assert seat is not None
        token = seat.info.token
        for guess in (
            str(bob.id),
            "Bob",
            token[:-1],
            token + "A",
            token.swapcase(),
            token[::-1],
            "null",
            "0",
            "-1",
            "*",
        ):
            eve = target.arena.join("Bob", room="den", token=guess)
            assert eve.id != bob.id, guess
            eve.hang_up()
        bob.sync()
        bob.hang_up()


@answers("CWE-200")
def test_the_token_of_a_seat_is_told_to_its_player_alone() -> None:
    with under_attack() as target:
        add_console(target)
        bob = target.arena.join("Bob", room="den")
        seat = target.server.lobby.rooms["den"].find_player_by_id(bob.id)
        assert seat is not None
        eve = target.arena.connect(as_text=True)
        first = eve.join("Eve", room="den")
        told = [str(packet) for packet in [*first, *eve.sync()]]
        told += [
            target.ask(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()).decode("latin-1")
            for path in ("/rooms.json", "/packets.json", "/", "/admin")
        ]
        told += [json.dumps(GameWorldManager(target.server).state()), *target.log.lines]
        assert len(seat.info.token) >= 20
        assert [words for words in told if seat.info.token in words or TOKEN in words] == []
        eve.hang_up()
        bob.hang_up()


# The operator's token -------------------------------------------------------------------------------------------


class Clock:
    """A clock that a test sets."""

    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def guess(target: Target, token: str, source: str) -> Attacker:
    """Sends a token; the answer is read later."""
    attacker = target.call(source)
    attacker.send(opening("/admin"))
    attacker.read_head()
    attacker.send(client_frame(1, json.dumps({"token": token}).encode()))
    return attacker


def answer(attacker: Attacker) -> str:
    """Returns the answer of the console, in short."""
    frame = attacker.read_frame()
    attacker.vanish(with_reset=False)
    assert frame is not None
    said = json.loads(frame.payload)
    return "ok" if "ok" in said else next(words for words in ("not the operator", "too many") if words in said["error"])


@answers("CWE-307")
def test_guesses_of_the_token_are_few_however_many_come_at_once() -> None:
    with under_attack() as target:
        add_console(target, Clock())
        guessers = [guess(target, f"guess {number}", "127.0.0.1") for number in range(40)]
        answers_given = [answer(guesser) for guesser in guessers]
        assert answers_given.count("not the operator") == WRONG_TOKENS_ALLOWED
        assert answers_given.count("too many") == 40 - WRONG_TOKENS_ALLOWED


@answers("CWE-307")
def test_an_operator_is_not_locked_out_for_ever() -> None:
    """Wrong tokens from the same address block neither its open console nor its next login for ever."""
    with under_attack() as target:
        clock = Clock()
        add_console(target, clock)
        working = connect(target.arena.url("/admin"))
        working.send(json.dumps({"token": TOKEN}))
        assert json.loads(working.receive(DEADLINE_S)) == {"ok": True}
        for _ in range(WRONG_TOKENS_ALLOWED):
            assert answer(guess(target, "guess", "127.0.0.1")) == "not the operator"
        for _ in range(6):
            assert answer(guess(target, TOKEN, "127.0.0.1")) == "too many", "a try while one waits"
            clock.now_s += BLOCKED_FOR_S / 6
        working.send(json.dumps({"do": "send_global_message", "text": "I am still here"}))
        while "said" not in json.loads(working.receive(DEADLINE_S)):
            pass
        assert answer(guess(target, TOKEN, "127.0.0.1")) == "ok", "tries while one waits do not make it longer"
        working.close()


@answers("CWE-307")
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8 from the start")
def test_guesses_from_one_address_do_not_block_another_nor_are_they_kept() -> None:
    with under_attack() as target:
        clock = Clock()
        authentication = add_console(target, clock)
        for number in range(2, 60):
            assert answer(guess(target, "guess", f"127.0.0.{number}")) == "not the operator"
        assert answer(guess(target, TOKEN, "127.0.0.1")) == "ok"
        assert len(authentication.guessing_addresses()) == 58
        clock.now_s += BLOCKED_FOR_S + 1
        assert answer(guess(target, "guess", "127.0.0.2")) == "not the operator"
        assert len(authentication.guessing_addresses()) == 1
