"""The companions of a server: the order of their start and stop, and one that cannot start."""

from __future__ import annotations

import argparse
import contextlib
import socket
from typing import Iterator

import pytest

import run_server
from gameserver.companions import COMPANIONS, CompanionError, Surroundings, accompanied
from gameserver.dev.channel import Channel
from gameserver.dev.link import Link
from gameserver.game import Game
from gameserver.results.store import Store
from tests.support import DEADLINE_S


class Noted:
    """A companion that notes its start and its stop."""

    def __init__(self, name: str, notes: list[str], can_start: bool = True, can_stop: bool = True) -> None:
        self._name = name
        self._notes = notes
        self._can_start = can_start
        self._can_stop = can_stop

    def start(self) -> None:
        if not self._can_start:
            raise CompanionError(f"{self._name} cannot start")
        self._notes.append(f"start {self._name}")

    def stop(self) -> None:
        self._notes.append(f"stop {self._name}")
        if not self._can_stop:
            raise OSError(f"{self._name} cannot stop")


@pytest.fixture
def surroundings() -> Iterator[Surroundings]:
    """A server that listens and has no companions yet."""
    store = Store(":memory:")
    made = run_server.open_port(flags("--classroom"), Game, store)
    yield made
    made.server.stop()
    made.server.serve()
    store.close(DEADLINE_S)


def flags(*more: str) -> argparse.Namespace:
    return run_server.make_parser().parse_args(["--host", "127.0.0.1", "--port", "0", *more])


def test_companions_start_and_stop_in_the_order_of_the_table(surroundings: Surroundings) -> None:
    notes: list[str] = []
    table = [lambda _: Noted("a", notes), lambda _: None, lambda _: Noted("b", notes)]
    with accompanied(surroundings, table):
        notes.append("serve")
    assert notes == ["start a", "start b", "serve", "stop a", "stop b"]


def test_those_that_have_started_stop_if_another_cannot_start(surroundings: Surroundings) -> None:
    notes: list[str] = []
    table = [lambda _: Noted("a", notes), lambda _: Noted("b", notes, can_start=False), lambda _: Noted("c", notes)]
    with pytest.raises(CompanionError, match="b cannot start"), accompanied(surroundings, table):
        notes.append("serve")
    assert notes == ["start a", "stop a"]


def test_all_stop_if_one_cannot_stop_and_the_log_says_why(
    surroundings: Surroundings, caplog: pytest.LogCaptureFixture
) -> None:
    notes: list[str] = []
    table = [lambda _: Noted("a", notes, can_stop=False), lambda _: Noted("b", notes, can_stop=False)]
    with accompanied(surroundings, [*table, lambda _: Noted("c", notes)]):
        notes.append("serve")
    assert notes == ["start a", "start b", "start c", "serve", "stop a", "stop b", "stop c"]
    assert [record.getMessage() for record in caplog.records] == ["Noted did not stop: a fault in the server"] * 2
    assert "a cannot stop" in caplog.text
    assert "b cannot stop" in caplog.text


def test_a_companion_that_cannot_start_is_reported_even_if_another_cannot_stop(surroundings: Surroundings) -> None:
    notes: list[str] = []
    table = [lambda _: Noted("a", notes, can_stop=False), lambda _: Noted("b", notes, can_start=False)]
    with pytest.raises(CompanionError, match="b cannot start"), accompanied(surroundings, table):
        notes.append("serve")
    assert notes == ["start a", "stop a"]


@pytest.fixture
def link() -> Iterator[Link]:
    """The link of a server under --dev."""
    supervisor, server = (Channel(sock) for sock in socket.socketpair())
    supervisor.send({"values": {"copy": "rooms.copy"}})
    with contextlib.closing(supervisor), contextlib.closing(server):
        yield Link(server, True, argparse.Namespace())


def test_some_companions_are_there_only_if_they_are_asked_for(surroundings: Surroundings, link: Link) -> None:
    def count(made: Surroundings) -> int:
        return sum(make(made) is not None for make in COMPANIONS)

    every = count(surroundings._replace(checkpoint_file="rooms.state", settings_file="game.ini", link=link))
    assert every == len(COMPANIONS)
    assert count(surroundings) == every - 3
    assert count(surroundings._replace(has_classroom=False)) == every - 4
