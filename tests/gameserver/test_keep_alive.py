"""Tests of keepalive: a silent client is pinged, and dropped without an answer, on every path, joined or not."""

from __future__ import annotations

import threading

import pytest

from Net.frames import OPCODE_PING, OPCODE_PONG, OPCODE_TEXT
from Net.limits import Limits
from Net.port import keepalive
from tests.attacks.support import Attacker, Target, under_attack
from tests.Net.support import WireFrame, client_frame, wait_until

pytestmark = pytest.mark.slow

# So long that the bystander is not dropped on a busy machine.
IMPATIENT = Limits(ping_after_s=0.2, dead_after_s=1.5)
WHO = {
    "echo": ("/echo", b""),
    "has not joined": ("/", b""),
    "player": ("/", b'["JOIN",["Eve"]]'),
    "spectator": ("/", b'["JOIN",["Eve",{"spectate":true}]]'),
}
everybody = pytest.mark.parametrize(("path", "join"), WHO.values(), ids=WHO)


@pytest.fixture(autouse=True)
def _tended_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keepalive, "KEEPALIVE_EVERY_S", 0.02)


def come(target: Target, path: str, join: bytes) -> Attacker:
    peer = target.open(path)
    if join:
        peer.send(client_frame(OPCODE_TEXT, join))
    return peer


def is_keep_alive(frame: WireFrame) -> bool:
    """Returns whether the frame is a keepalive: a PING with a payload asks for a delivery acknowledgement."""
    return frame.opcode == OPCODE_PING and not frame.payload


@everybody
def test_a_client_that_reads_but_never_answers_a_ping_is_dropped(path: str, join: bytes) -> None:
    with under_attack(IMPATIENT) as target:
        peer = come(target, path, join)
        assert sum(is_keep_alive(frame) for frame in peer.read_to_the_end()) == 1
        why = f"^{peer.name}: .*the peer did not answer our ping"
        wait_until(lambda: target.log.has(why), "the reason is noted")


@everybody
def test_a_client_that_answers_is_not_dropped(path: str, join: bytes) -> None:
    with under_attack(IMPATIENT) as target:
        peer = come(target, path, join)
        threads = threading.active_count()
        pings = 0
        while pings < 10:  # 2 s and more: longer than a peer that does not answer stays connected
            frame = peer.read_frame()
            assert frame is not None, "it was dropped"
            if frame.opcode == OPCODE_PING:
                pings += is_keep_alive(frame)
                peer.send(client_frame(OPCODE_PONG, frame.payload))
                assert threading.active_count() == threads  # no peer has a thread for keepalive
        peer.vanish(with_reset=False)
