"""The short versions of `python -m tests.soak slow`, `churn` and `faults`.

Intervals mean something on a quiet machine only, and are not tested. The numbers of STATEs by the wall clock are.
"""

from __future__ import annotations

import re
import sys
from typing import Any, Callable

import pytest

from gameserver.world.settings import GameSettings
from tests.soak import churn, cut_off, faults, page, slow
from tests.soak.__main__ import SOAKS, TABLES

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(sys.platform != "linux", reason="asks Linux what is in its buffers and its /proc"),
]

OUTBOX_BYTES = 64 * 1024
TICK_RATE = GameSettings().tick_rate
LEAST_SHARE = 0.7  # of the STATEs that are due, or that came when nobody misbehaved


@pytest.fixture
def _shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each warm-up is as short as can be: enough for the joins, and for each way to come and go."""
    monkeypatch.setattr(slow, "WARM_UP_S", 1.0)
    monkeypatch.setattr(churn, "SHORTEST_WARM_UP_S", 3.0)
    monkeypatch.setattr(cut_off, "PLAY_S", 1.0)


def best_of_three(run: Callable[[float], dict[str, Any]], seconds: float, who: str) -> dict[str, Any]:
    """The figures of the first of three runs in which every player got its STATEs; a busy machine spoils some."""
    for _ in range(3):
        figures = run(seconds)
        print(figures)
        if figures[f"{who}: STATEs a second, least of all players"] >= LEAST_SHARE * TICK_RATE:
            break
    return figures


@pytest.mark.alone
@pytest.mark.usefixtures("_shorter")
@pytest.mark.timeout(180)
def test_half_a_room_that_misbehaves_costs_the_other_half_next_to_no_states() -> None:
    figures = slow.run(9)
    print(figures)
    assert figures["connections of the 25 lost"] == 0
    calm, disturbed = (figures[f"{part}: STATEs a second, least of the 25"] for part in ("undisturbed", "disturbed"))
    assert disturbed >= LEAST_SHARE * calm > 0
    for who in ("slow readers", "slow readers with 4 KiB"):
        assert figures[f"{who}: connections"] > 0
        assert figures[f"{who}: chats lost or out of order"] == 0
    assert figures["silent clients dropped"] > 0
    assert figures["floods closed with 1008"] > 0
    assert figures["outbox, largest bytes"] <= OUTBOX_BYTES
    assert figures["faults"] == 0


@pytest.mark.skipif(cut_off.why_not() is not None, reason=f"to cut players off {cut_off.why_not()}")
@pytest.mark.usefixtures("_shorter")
@pytest.mark.timeout(180)
def test_players_who_are_cut_off_without_a_word_are_found() -> None:
    with slow.ServerProcess(reconnect_s=1.0) as server:
        vanishing = cut_off.Vanishing(server, 3)
        vanishing.stop()
    assert vanishing.never_found == 0
    assert len(vanishing.found_after_s) == 3
    assert max(vanishing.found_after_s) < cut_off.GIVE_UP_S / 2  # without TCP_USER_TIMEOUT it takes 25 s and more


@pytest.mark.alone
@pytest.mark.usefixtures("_shorter")
@pytest.mark.timeout(180)
def test_clients_that_come_and_go_leave_nothing_behind() -> None:
    figures = best_of_three(churn.run, 3, "players")
    assert figures["ways of doing so"] == len(churn.KINDS)
    assert figures["objects of our classes, more or fewer"] == "none"
    assert len(set(figures["threads before, after"].split(", "))) == 1
    assert len(set(figures["files before, after"].split(", "))) == 1
    assert figures["could not"] == figures["faults"] == 0
    assert figures["players: STATEs a second, least of all players"] >= LEAST_SHARE * TICK_RATE


@pytest.mark.alone
@pytest.mark.timeout(180)
def test_faults_are_logged_once_and_harm_nobody_else() -> None:
    figures = best_of_three(faults.run, 4, "bystanders")
    assert figures["faults injected"] == figures["logged with their traceback"] == figures["counted"] > 0
    assert figures["threads that died"] == figures["locks that stayed held"] == "none"
    assert figures["players of the faulty room who play on"] == faults.PLAYERS
    assert figures["connections of bystanders lost"] == 0
    assert figures["bystanders: STATEs a second, least of all players"] >= LEAST_SHARE * TICK_RATE


def test_the_page_has_a_place_for_the_figures_of_each_command() -> None:
    text = page.PAGE.read_text(encoding="utf-8")
    assert re.findall(r"<!-- (\w+): measured -->", text) == re.findall(r"<!-- end of (\w+) -->", text)
    assert {name for name, *_ in (*SOAKS, *TABLES)} == set(re.findall(r"<!-- (\w+): measured -->", text))
