"""The short version of `python -m tests.soak shutdown`."""

from __future__ import annotations

import sys

import pytest

from tests.soak import shutdown

EXIT_S, SLACK_S = 3.0, 7.0  # a busy machine may be slower


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has signals and all of 127.0.0.0/8 from the start")
def test_a_full_server_ends_in_time_with_every_result_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutdown, "PLAY_S", 0.5)
    figures = shutdown.run(0, clients=100, silent=10, in_room=50)
    print(figures)
    assert figures["results stored"] == figures["results expected"] == 101
    assert figures["goodbyes received"] == figures["goodbyes expected"] == 90
    assert figures["SIGTERM to exit, longest s"] < EXIT_S + SLACK_S
    assert figures["Ctrl-C twice to exit, longest s"] < SLACK_S
