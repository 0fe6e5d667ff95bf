"""Tests of what a client knows of its room, without a connection."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from gameserver.known_room import KnownPlayer, KnownRoom, apply_changes
from Net.PacketCodes import Packet

STATE = {"tick": 1, "pot": {"gold": 3}, "entities": {"snake": {3: {"x": 1, "y": 2}, "eve": {"x": 5}}}}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(({}, {}, {}), STATE, id="nothing"),
        pytest.param(
            ({}, {"snake": {3: {"x": 9}}}, {"tick": 2}),
            {**STATE, "tick": 2, "entities": {"snake": {3: {"x": 9, "y": 2}, "eve": {"x": 5}}}},
            id="a field changes and the other fields stay",
        ),
        pytest.param(
            ({"snake": ["eve"]}, {}, {}),
            {**STATE, "entities": {"snake": {3: {"x": 1, "y": 2}}}},
            id="an entity is gone",
        ),
        pytest.param(
            ({"snake": [3]}, {"snake": {3: {"x": 7}}}, {}),
            {**STATE, "entities": {"snake": {"eve": {"x": 5}, 3: {"x": 7}}}},
            id="an id that is gone and new has only the new fields",
        ),
        pytest.param(
            ({}, {"food": {1: {"x": 4}}}, {}),
            {**STATE, "entities": {**STATE["entities"], "food": {1: {"x": 4}}}},  # type: ignore[dict-item]
            id="a new kind",
        ),
        pytest.param(({"snake": [99], "food": [1]}, {}, {}), STATE, id="an unknown entity is gone"),
        pytest.param(({}, {}, {"pot": {"wood": 1}}), {**STATE, "pot": {"wood": 1}}, id="another value is whole"),
        pytest.param(
            ({"snake": [3, "eve"]}, {}, {}), {**STATE, "entities": {"snake": {}}}, id="a kind may stay without entities"
        ),
    ],
)
def test_changes_are_applied_as_the_protocol_page_says(changes: tuple[Any, Any, Any], expected: dict[str, Any]) -> None:
    state = copy.deepcopy(STATE)
    apply_changes(state, *changes)
    assert state == expected


def test_changes_make_a_state_out_of_nothing() -> None:
    state: dict[str, Any] = {}
    apply_changes(state, {}, {"snake": {3: {"x": 1}}}, {"tick": 1})
    assert state == {"tick": 1, "entities": {"snake": {3: {"x": 1}}}}


def test_a_room_is_known_from_its_packets() -> None:
    room = KnownRoom()
    for packet in (
        Packet("WELCOME", (2, "den", "secret", {"tick_rate": 20})),
        Packet("ROOM", ("waiting", 2, 5, None)),
        Packet("PLAYER", (1, "Ann", 0)),
        Packet("PLAYER", (2, "Bob", None)),
        Packet("SCOREBOARD", ([[1, "Ann", 7], [2, "Bob", 0]],)),
        Packet("GAME_STATE", ({"tick": 1, "entities": {}},)),
        Packet("GAME_CHANGES", ({}, {"snake": {3: {"x": 1}}}, {"tick": 2})),
        Packet("PLAYER_GONE", (1,)),
        Packet("SETTINGS", ({"tick_rate": 30},)),
        Packet("NOTICE", ("a packet that changes none of the attributes",)),
    ):
        room.apply(packet)
    assert (room.player_id, room.room, room.token, room.settings) == (2, "den", "secret", {"tick_rate": 30})
    assert (room.status, room.free_seats) == ("waiting", 3)
    assert room.players == {2: KnownPlayer(2, "Bob", None)}
    assert room.scores == {1: 7, 2: 0}
    assert room.state == {"tick": 2, "entities": {"snake": {3: {"x": 1}}}}


def test_a_second_whole_state_replaces_the_first_one() -> None:
    room = KnownRoom()
    room.apply(Packet("GAME_STATE", ({"tick": 1, "old": True, "entities": {"snake": {3: {"x": 1}}}},)))
    room.apply(Packet("GAME_STATE", ({"tick": 2, "entities": {}},)))
    assert room.state == {"tick": 2, "entities": {}}
