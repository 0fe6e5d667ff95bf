"""The companions of a server: the order of their start and stop, and one that cannot start."""

from __future__ import annotations

import argparse
from typing import Iterator

import pytest

import run_server
from gameserver.companions import COMPANIONS, CompanionError, Surroundings, accompanied
from gameserver.results.store import Store
from tests.support import DEADLINE_S


class Noted:
    """A companion that notes its start and its stop."""

    def __init__(self, name: str, notes: list[str], can_start: bool = True) -> None:
        self._name = name
        self._notes = notes
        self._can_start = can_start

    def start(self) -> None:
        if not self._can_start:
            raise CompanionError(f"{self._name} cannot start")
        self._notes.append(f"start {self._name}")

    def stop(self) -> None:
        self._notes.append(f"stop {self._name}")


@pytest.fixture
def surroundings() -> Iterator[Surroundings]:
    """A server that listens and has no companions yet."""
    store = Store(":memory:")
    made = run_server.open_port(flags("--classroom"), store)
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


def test_checkpoints_a_settings_file_and_a_classroom_are_there_only_if_they_are_asked_for(
    surroundings: Surroundings,
) -> None:
    def count(made: Surroundings) -> int:
        return sum(make(made) is not None for make in COMPANIONS)

    every = count(surroundings._replace(checkpoint_file="rooms.state", settings_file="game.ini"))
    assert every == len(COMPANIONS)
    assert count(surroundings) == every - 2
    assert count(surroundings._replace(has_classroom=False)) == every - 3
