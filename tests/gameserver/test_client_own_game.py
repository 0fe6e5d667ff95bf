"""Tests of GameClient and of bots in a game that has nothing but the methods of BaseGame."""

from __future__ import annotations

import copy
import functools
import logging
import random
from collections import Counter
from typing import Any, Iterator

import pytest
from hypothesis import given, settings, strategies as st

from gameserver.base_game import BaseGame, GameState
from gameserver.bots.brains import brain_for
from gameserver.bots.crowd import Crowd
from gameserver.client import GameClient
from gameserver.known_room import apply_changes
from gameserver.match.seats import Seat
from gameserver.replication.state_history import StateHistory
from gameserver.world.base_settings import BaseSettings
from Net.PacketCodes import TO_CLIENT, Packet
from Net.schema import integer
from tests.example_counts import examples
from tests.Net.support import wait_until
from tests.support import Arena, serving

SETTINGS = BaseSettings(tick_rate=50, time_limit_s=None)
# So many steps may be on the way at once: older ones are gone from the state.
CRUMBS = 20


class Trail(BaseGame):
    """Players walk along a line, and leave crumbs behind for some time."""

    input_schema = integer(-3, 3)

    def initialize_game(self, settings: Any) -> None:
        self.crumbs: dict[int, dict[str, Any]] = {}
        self.next_crumb = 0
        super().initialize_game(settings)

    def add_player(self, player_id: int, name: str, team: int | None = None) -> Any:
        player = super().add_player(player_id, name, team)
        player.x = player.inputs = 0
        return player

    def process_input(self, player_id: int, input_data: int) -> None:
        player = self.players[player_id]
        player.inputs += 1
        player.x += input_data
        self.crumbs[self.next_crumb] = {"x": player.x, "by": player_id}
        self.next_crumb += 1
        self.crumbs.pop(self.next_crumb - CRUMBS, None)
        self.tell("stepped", player_id, player.x)

    def get_game_state(self) -> GameState:
        walkers = {player.id: {"name": player.name, "x": player.x} for player in self.players.values()}
        return {"steps": self.next_crumb, "entities": {"walker": walkers, "crumb": self.crumbs}}

    @staticmethod
    def choose_input(state: GameState, player_id: int, rng: random.Random) -> int | None:
        return None if player_id not in state["entities"]["walker"] else rng.choice((-1, 1))


class BrokenBots(Trail):
    """The game works, and its bots fail when they have gone to the right."""

    @staticmethod
    def choose_input(state: GameState, player_id: int, rng: random.Random) -> int | None:
        if state["entities"]["walker"].get(player_id, {}).get("x"):
            raise RuntimeError("this bot is broken")
        return 1 if player_id % 2 else None


class SilentBots(Trail):
    """The game says nothing about bots."""

    choose_input = staticmethod(BaseGame.choose_input)


@pytest.fixture
def arena() -> Iterator[Arena]:
    with serving(SETTINGS, make_game=Trail, max_players=12) as arena:
        yield arena


def without_empty_kinds(state: GameState) -> GameState:
    """The protocol leaves open whether a kind without entities is there."""
    return {**state, "entities": {kind: things for kind, things in state.get("entities", {}).items() if things}}


def seat_of(arena: Arena, client: GameClient) -> Seat:
    assert client.player_id is not None
    (room,) = arena.server.lobby.all_rooms()
    seat = room.find_player_by_id(client.player_id)
    assert seat is not None
    return seat


def test_two_clients_see_each_other_move(arena: Arena) -> None:
    with GameClient(arena.url(), "Ann") as ann, GameClient(arena.url(), "Bob") as bob:
        stepped: list[tuple[str, list[int]]] = []
        bob.on("EVENT", lambda name, values: stepped.append((name, values)))
        ann.input(3)
        bob.input(-2)
        places = {ann.player_id: {"name": "Ann", "x": 3}, bob.player_id: {"name": "Bob", "x": -2}}
        for client in (ann, bob):
            client.wait_for(lambda client=client: client.state.get("entities", {}).get("walker") == places)
            assert client.state["steps"] == 2
        assert sorted(stepped) == sorted([("stepped", [ann.player_id, 3]), ("stepped", [bob.player_id, -2])])


def test_the_game_refuses_an_input_with_a_sentence(arena: Arena) -> None:
    with GameClient(arena.url(), "Ann") as ann:
        ann.input("left")
        ann.wait_for(lambda: ann.errors)
        assert "an integer from -3 to 3" in ann.errors[0].text
        ann.send("MOVE", 3)
        ann.wait_for(lambda: len(ann.errors) == 2)
        assert ann.errors[1].code == "WRONG_GAME"


@pytest.mark.slow
def test_a_slow_client_catches_up_with_all_that_it_has_missed(arena: Arena) -> None:
    with GameClient(arena.url(), "Ann") as ann, GameClient(arena.url(), "Bob") as slow:
        (room,) = arena.server.lobby.all_rooms()
        changes: list[object] = []
        slow.on("GAME_CHANGES", lambda *args: changes.append(args))
        slow.wait_for(lambda: slow.state)
        flow_control = seat_of(arena, slow).flow_control
        # Bob's client reads nothing from here on, and so answers no ping of the server.
        steps = missed = 0
        while missed < 5 or steps < 3 * CRUMBS:
            steps += 1
            missed += flow_control.is_behind
            with room.game.lock:
                room.game.process_input(ann.player_id or 0, 1)
            ann.wait_for(lambda: ann.state.get("steps") == steps)  # noqa: B023  # called at once
        with GameClient(arena.url(), "Cid") as fresh:
            fresh.wait_for(lambda: fresh.state)
            for client in (ann, slow):
                client.wait_for(lambda client=client: len(client.state["entities"]["walker"]) == 3)
            assert slow.state == fresh.state == ann.state
            assert slow.state["steps"] == steps
            assert len(slow.state["entities"]["crumb"]) == CRUMBS - 1
        assert len(changes) < steps  # it got fewer packets than there were steps


def test_a_client_that_comes_back_has_the_whole_state_again(arena: Arena) -> None:
    with GameClient(arena.url(), "Ann") as ann, GameClient(arena.url(), "Bob") as bob:
        ann.input(2)
        bob.wait_for(lambda: bob.state.get("steps") == 1)
        bob.drop()
        ann.input(2)
        ann.wait_for(lambda: ann.state.get("steps") == 2)
        bob.reconnect()
        bob.wait_for(lambda: bob.state == ann.state)


# Bots ----------------------------------------------------------------------------------------------------------


def test_ten_bots_play_the_game_of_a_class(arena: Arena) -> None:
    crowd = Crowd(arena.url(), 10, brain_for(Trail), own=arena.server.own_connections)
    crowd.start()
    try:
        with GameClient(arena.url(), "Ann") as ann:
            steps: Counter[int] = Counter()
            ann.on("EVENT", lambda _name, values: steps.update([values[0]]))
            ann.wait_for(lambda: len(ann.players) == 11, 20)
            ann.wait_for(lambda: len(steps) == 10 and min(steps.values()) > 2)
            walkers = ann.state["entities"]["walker"]
            assert len({walkers[bot]["x"] for bot in steps}) > 1
    finally:
        crowd.stop()


def test_a_bot_that_fails_leaves_and_the_others_play_on(caplog: pytest.LogCaptureFixture) -> None:
    with serving(SETTINGS, make_game=BrokenBots) as arena, caplog.at_level(logging.ERROR, "gameserver.bots"):
        crowd = Crowd(arena.url(), 2, brain_for(BrokenBots), own=arena.server.own_connections)
        crowd.start()
        try:
            wait_until(lambda: caplog.records, "one bot has failed")
            (failure,) = caplog.records
            assert failure.exc_info is not None
            assert "this bot is broken" in str(failure.exc_info[1])
            (room,) = arena.server.lobby.all_rooms()
            wait_until(lambda: len(room.game.players) == 1 and not any(n % 2 for n in room.game.players), "it leaves")
        finally:
            crowd.stop()


def test_a_mistake_of_all_bots_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    class Wrong(Trail):
        @staticmethod
        def choose_input(state: GameState, player_id: int, rng: random.Random) -> Any:
            return "left"

    with serving(SETTINGS, make_game=Wrong) as arena, caplog.at_level(logging.WARNING):
        crowd = Crowd(arena.url(), 2, brain_for(Wrong), own=arena.server.own_connections)
        crowd.start()
        try:
            wait_until(lambda: caplog.records, "a refusal is logged")
            with GameClient(arena.url(), "Ann") as ann:
                ann.wait_for(lambda: len(ann.players) == 3)
        finally:
            crowd.stop()
        (line,) = [record.getMessage() for record in caplog.records if record.name.startswith("gameserver.bots")]
        assert line.startswith("a packet of a bot was refused: ")
        assert "an integer from -3 to 3" in line


@pytest.mark.parametrize("make_game", [SilentBots, functools.partial(Trail)], ids=["a class", "a function"])
def test_bots_of_a_game_that_says_nothing_about_them_sit_still(make_game: Any) -> None:
    with serving(SETTINGS, make_game=make_game) as arena:
        crowd = Crowd(arena.url(), 1, brain_for(make_game), own=arena.server.own_connections)
        crowd.start()
        try:
            with GameClient(arena.url(), "Ann") as ann:
                ann.wait_for(lambda: len(ann.players) == 2)
                ann.input(1)
                ann.wait_for(lambda: ann.state.get("steps") == 1)
        finally:
            crowd.stop()


# The mirror of the replicator ----------------------------------------------------------------------------------

VALUES = st.integers(0, 2) | st.lists(st.integers(0, 2), max_size=2) | st.none() | st.booleans()
FIELDS = st.dictionaries(st.sampled_from(("x", "y", "z")), VALUES, max_size=3)
KINDS = st.dictionaries(st.sampled_from((1, 2, "eve")), FIELDS, max_size=3)
STATES = st.builds(
    lambda others, entities: {**others, "entities": entities},
    st.dictionaries(st.sampled_from(("tick", "pot")), VALUES),
    st.dictionaries(st.sampled_from(("snake", "food")), KINDS),
)


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(STATES, min_size=1, max_size=6))
def test_a_client_that_has_any_older_state_gets_the_newest_one(states: list[GameState]) -> None:
    """The changes are those of the replicator, on their way over the wire."""
    history = StateHistory()
    clients: list[tuple[int, GameState]] = []
    for state in states:
        history.keep(state, history.compare(state))
        for version, known in clients:
            mine = copy.deepcopy(known)
            changes = history.since(version, state)
            if changes is None:
                mine = state
            else:
                sent = TO_CLIENT.decode(TO_CLIENT.encode(Packet("GAME_CHANGES", changes)))
                apply_changes(mine, *sent.args)
            assert without_empty_kinds(mine) == without_empty_kinds(state)
        clients.append((history.version, copy.deepcopy(state)))
