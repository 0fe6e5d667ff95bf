"""The short version of `python -m tests.soak restore`."""

from __future__ import annotations

import os

import pytest

from gameserver.checkpoint.checkpoint import CHECKPOINT_EVERY_S
from tests.soak import restore


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals for other processes")
def test_matches_go_on_when_the_server_is_stopped_and_when_it_is_killed() -> None:
    figures = restore.run(0, players=4, round_s=2, life_s=(1.0, 1.5))
    print(figures)
    assert (figures["returns to a seat"], figures["seats lost"]) == (8, 0)
    assert figures["SIGTERM: ticks lost, most"] <= 0
    assert figures["SIGTERM: points lost, most"] <= 0
    assert figures["SIGKILL: seconds lost, most"] < 2 * CHECKPOINT_EVERY_S
    assert figures["of them stored"] == figures["rounds that a bystander saw end"] > 0
