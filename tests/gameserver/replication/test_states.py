"""Tests of the replicator of games without one of their own: whole states, changes, and states that cannot be sent."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from gameserver.known_room import apply_changes
from gameserver.replication import states
from gameserver.replication.state_faults import StateError, sizes_by_kind
from gameserver.replication.states import StateReplicator, StateView
from Net.limits import Limits
from Net.messages import MessageReader
from Net.PacketCodes import TO_CLIENT, Packet
from Net.wire_format import WireFormat

BINARY = WireFormat()


def state_of(*snakes: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {"entities": {"snake": dict(enumerate(snakes, start=1))}, **others}


def packets_in(frames: bytes) -> list[Packet]:
    return [
        TO_CLIENT.decode(message) for message in MessageReader(Limits(message_bytes=2**20), masked=False).feed(frames)
    ]


class Client:
    """A client that applies what it is sent."""

    def __init__(self, form: WireFormat = BINARY) -> None:
        self.view = StateView(1, form)
        self.state: dict[str, Any] = {}
        self.last: Packet | None = None

    def take(self, frames: dict[StateView, bytes]) -> None:
        self.last = None
        for packet in packets_in(frames.get(self.view, b"")):
            self.last = packet
            if packet.id == "GAME_STATE":
                (self.state,) = packet.args
            else:
                apply_changes(self.state, *packet.args)


def test_only_what_has_changed_is_sent_again() -> None:
    replicator, client = StateReplicator(), Client()
    client.take(replicator.build(state_of({"x": 1, "y": 2}, {"x": 5, "y": 5}, tick=1), [client.view]))
    client.take(replicator.build(state_of({"x": 1, "y": 3}, {"x": 5, "y": 5}, tick=2), [client.view]))
    assert client.last == Packet("GAME_CHANGES", ({}, {"snake": {1: {"y": 3}}}, {"tick": 2}))


def test_a_client_that_has_everything_gets_nothing() -> None:
    replicator, client = StateReplicator(), Client()
    client.take(replicator.build(state_of({"x": 1}), [client.view]))
    assert replicator.build(state_of({"x": 1}), [client.view]) == {}


def test_a_list_that_the_game_changes_in_place_is_seen_to_change() -> None:
    replicator, client, body = StateReplicator(), Client(), [1, 2]
    client.take(replicator.build(state_of({"body": body}), [client.view]))
    body.append(3)
    client.take(replicator.build(state_of({"body": body}), [client.view]))
    assert client.last == Packet("GAME_CHANGES", ({}, {"snake": {1: {"body": [1, 2, 3]}}}, {}))


@pytest.mark.parametrize(("before", "after"), [(1, True), (1, 1.0), (0, None), ("1", 1), ([1], [True])])
def test_a_value_of_another_type_is_a_change(before: Any, after: Any) -> None:
    replicator, client = StateReplicator(), Client()
    client.take(replicator.build(state_of({"x": before}), [client.view]))
    client.take(replicator.build(state_of({"x": after}), [client.view]))
    assert repr(client.state["entities"]["snake"][1]["x"]) == repr(after)


def test_an_entity_that_is_gone_is_forgotten_and_may_come_back_with_other_fields() -> None:
    replicator, client = StateReplicator(), Client()
    client.take(replicator.build(state_of({"x": 1}, {"x": 2}), [client.view]))
    client.take(replicator.build(state_of({"x": 1}), [client.view]))
    assert client.last == Packet("GAME_CHANGES", ({"snake": [2]}, {}, {}))
    client.take(replicator.build(state_of({"x": 1}, {"y": 7}), [client.view]))
    assert client.state == state_of({"x": 1}, {"y": 7})


def test_a_field_that_is_gone_is_gone_at_the_client() -> None:
    replicator, client = StateReplicator(), Client()
    client.take(replicator.build(state_of({"x": 1, "boost": True}), [client.view]))
    client.take(replicator.build(state_of({"x": 1}), [client.view]))
    assert client.state == state_of({"x": 1})


def test_a_value_of_the_state_that_is_gone_is_gone_at_the_client() -> None:
    replicator, client = StateReplicator(), Client()
    client.take(replicator.build(state_of(weather="rain", tick=1), [client.view]))
    client.take(replicator.build(state_of(tick=2), [client.view]))
    assert client.last == Packet("GAME_STATE", (state_of(tick=2),))
    client.take(replicator.build(state_of(tick=3), [client.view]))
    assert client.last == Packet("GAME_CHANGES", ({}, {}, {"tick": 3}))


def test_a_client_that_was_late_gets_all_it_has_missed_in_one_packet() -> None:
    replicator, swift, slow = StateReplicator(), Client(), Client()
    first = state_of({"x": 1}, {"x": 2}, tick=1)
    for client in (swift, slow):
        client.take(replicator.build(first, [client.view]))
    for tick in range(2, 6):
        swift.take(replicator.build(state_of({"x": tick}, tick=tick), [swift.view], late=[slow.view]))
    frames = replicator.build(state_of({"x": 6}, {"x": 9}, tick=6), [swift.view, slow.view])
    for client in (swift, slow):
        client.take(frames)
        assert client.state == state_of({"x": 6}, {"x": 9}, tick=6)
    assert slow.last == Packet("GAME_CHANGES", ({"snake": [2]}, {"snake": {1: {"x": 6}, 2: {"x": 9}}}, {"tick": 6}))


def test_clients_that_have_the_same_version_get_the_same_bytes() -> None:
    replicator, clients = StateReplicator(), [Client() for _ in range(3)]
    replicator.build(state_of({"x": 1}), [client.view for client in clients[:2]])
    frames = replicator.build(state_of({"x": 2}), [client.view for client in clients])
    assert frames[clients[0].view] is frames[clients[1].view]
    assert [packet.id for packet in packets_in(frames[clients[2].view])] == ["GAME_STATE"]


class Odd:
    """An object that is no plain data."""


ENDLESS: list[Any] = []
ENDLESS.append(ENDLESS)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({1, 2}, "entities.snake.1.body is a set: a state holds None, True, False, numbers, text, lists and maps"),
        ([1, {"at": [0, Odd()]}], "entities.snake.1.body[1].at[1] is an Odd: a state holds"),
        (2**70, "entities.snake.1.body is an int 1180591620717411303424: "),
        (b"bytes", "entities.snake.1.body is a bytes: a state holds"),
        ({"a": {(1, 2): 3}}, "entities.snake.1.body.a.(1, 2) has a tuple as its key: a key is text or a whole number"),
        ("\ud800", "entities.snake.1.body is a str "),
        (ENDLESS, "is nested more than 32 deep: it may hold itself"),
    ],
)
@pytest.mark.parametrize("as_text", [False, True], ids=["MessagePack", "JSON"])
def test_a_state_that_cannot_be_encoded_is_refused_with_the_path_and_changes_no_view(
    value: Any, words: str, as_text: bool
) -> None:
    replicator, client = StateReplicator(), Client(WireFormat(as_text=as_text))
    client.take(replicator.build(state_of({"body": 1}, tick=1), [client.view]))
    with pytest.raises(StateError) as caught:
        replicator.build(state_of({"body": value}, tick=2), [client.view])
    assert words in str(caught.value)
    client.take(replicator.build(state_of({"body": 3}, tick=3), [client.view]))
    assert client.state["tick"] == 3


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (None, "the game state is a NoneType, and must be a map (a dict)"),
        ({"entities": []}, "entities is a list, and must be a map (a dict)"),
        ({"entities": {"snake": [1]}}, "entities.snake is a list, and must be a map (a dict)"),
        ({"entities": {"snake": {7: "long"}}}, "entities.snake.7 is a str 'long', and must be a map (a dict)"),
    ],
)
def test_a_state_of_another_shape_is_refused_with_the_place(state: Any, words: str) -> None:
    with pytest.raises(StateError) as caught:
        StateReplicator().build(state, [])
    assert str(caught.value) == words


def test_a_state_that_is_too_large_is_logged_once_with_its_sizes_and_sent_when_it_fits_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    replicator, client = StateReplicator(), Client()
    large = state_of({"body": "x" * states.MOST_BYTES}, weather="rain")
    with caplog.at_level(logging.ERROR):
        assert replicator.build(large, [client.view]) == {}
        assert replicator.build({**large, "weather": "sun"}, [client.view]) == {}
    (record,) = caplog.records
    assert "and a client can take 65536: it gets none of it. Sizes in bytes: entities.snake 65" in record.getMessage()
    client.take(replicator.build(state_of({"body": "x"}, weather="sun"), [client.view]))
    assert client.state == state_of({"body": "x"}, weather="sun")


def test_the_sizes_of_a_state_are_told_by_kind_with_the_largest_first() -> None:
    state = {"tick": 1, "entities": {"food": {}, "snake": {1: {"body": [1, 2, 3]}}}}
    assert sizes_by_kind(state) == "entities.snake 12, tick 1, entities.food 1"
