"""The short version of `python -m tests.soak attackers`, and tests of the attackers themselves."""

from __future__ import annotations

import sys
from typing import Iterator

import pytest

from tests.soak import attackers
from tests.soak.assault import Assault, Crowd, Tally
from tests.soak.attack_kinds import KINDS, Leaves
from tests.support import Arena, serving, wait_until

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127.0.0.0/8 from the start, and /proc"),
]

TWO = Crowd(2)
EXIT_S, SLACK_S = 3.0, 7.0  # a busy machine may be slower
ATTACK_S = 1.5
LEAST_SHARE = 0.75  # of the STATEs that the same room got just before: 15 of 20


@pytest.fixture(scope="module")
def arena() -> Iterator[Arena]:
    with serving() as arena:
        arena.server.add_route("/admin", lambda websocket: websocket.close())
        yield arena


@pytest.fixture(scope="module")
def assault(arena: Arena) -> Iterator[Assault]:
    assault = Assault(TWO, arena.port)
    yield assault
    assault.stop()


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if not kind.flags])
def test_attackers_come_at_once_and_go_when_they_are_told(kind: str, arena: Arena, assault: Assault) -> None:
    def attack() -> Tally:
        came = arena.server.describe()["bytes_in"]
        assault.begin(kind)
        wait_until(lambda: arena.server.listener.connections() > 0, "the attackers come")
        if KINDS[kind].again:
            wait_until(lambda: arena.server.describe()["bytes_in"] > came, "they flood")
        tally = assault.pause()
        wait_until(lambda: not arena.server.listener.connections(), "the attackers are gone")
        return tally

    tally = attack()
    assert tally.opened >= TWO.connections
    # Attackers who have just come may be told to go before they have said a word.
    wait_until(lambda: KINDS[kind].leaves is Leaves.AT_ONCE or attack().sent_bytes > 0, "they say something")


def test_attackers_of_several_addresses_share_their_connections_evenly() -> None:
    sources = [attackers.CROWDS[-1].source(number) for number in range(200)]
    assert sorted({source: sources.count(source) for source in sources}.values()) == [50] * 4
    assert "127.0.0.1" not in sources


@pytest.fixture
def _shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parts of a trial are as short as can be and still hold enough STATEs to count."""
    shorter = {"SETTLE_S": 0.5, "CALM_S": 1.0, "RECOVERY_S": 1.0, "AFTER_S": 1.0, "BEFORE_SIGTERM_S": 0.5}
    for name, seconds in shorter.items():
        monkeypatch.setattr(attackers, name, seconds)


def play_best_of_three(kind: str, crowd: Crowd, least_share: float) -> attackers.Trial:
    """The first of three attacks in which the room got this share of its STATEs; a busy machine spoils some."""
    trial = attackers.play(kind, crowd, ATTACK_S, lambda trial: trial.share() >= least_share)
    print(trial.row())
    return trial


@pytest.mark.alone
@pytest.mark.trial
@pytest.mark.usefixtures("_shorter")
@pytest.mark.timeout(300)
def test_a_room_and_its_results_outlive_connections_that_are_dropped_at_once() -> None:
    trial = play_best_of_three("connections dropped", Crowd(4), LEAST_SHARE)
    assert trial.tally.opened > 100
    assert trial.share() >= LEAST_SHARE
    assert trial.results == attackers.PLAYERS


@pytest.mark.alone
@pytest.mark.trial
@pytest.mark.usefixtures("_shorter")
@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("kind", "connections"),
    [("PONGs to /", 4), ("empty fragments to /echo", 4), ("PONGs to /echo", 64), ("idle rooms", 64)],
)
def test_a_room_keeps_its_states_during_an_attack_and_the_server_ends_in_time(kind: str, connections: int) -> None:
    trial = play_best_of_three(kind, Crowd(connections), LEAST_SHARE)
    assert trial.share() >= LEAST_SHARE
    assert trial.recovered.states_per_s >= LEAST_SHARE * trial.calm.states_per_s
    assert trial.exit_s < EXIT_S + SLACK_S
    assert trial.results == attackers.PLAYERS
