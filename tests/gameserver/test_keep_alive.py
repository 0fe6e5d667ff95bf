"""Who is silent is asked for a sign of life, and dropped without one: whatever path it asked for, joined or not."""

from __future__ import annotations

import threading

import pytest

from Net import listener
from Net.frames import PING, PONG, TEXT
from Net.limits import Limits
from tests.attacks.support import Attacker, Target, under_attack
from tests.Net.support import WireFrame, client_frame, wait_until

pytestmark = pytest.mark.slow

# The bystander, on a busy machine, must not run into them.
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
    monkeypatch.setattr(listener, "TEND_EVERY_S", 0.02)


def come(target: Target, path: str, join: bytes) -> Attacker:
    peer = target.open(path)
    if join:
        peer.send(client_frame(TEXT, join))
    return peer


def is_keep_alive(frame: WireFrame) -> bool:
    """A PING with a payload asks for a receipt."""
    return frame.opcode == PING and not frame.payload


@everybody
def test_who_reads_but_never_answers_a_ping_is_dropped(path: str, join: bytes) -> None:
    with under_attack(IMPATIENT) as target:
        peer = come(target, path, join)
        assert sum(is_keep_alive(frame) for frame in peer.read_to_the_end()) == 1
        why = f"^{peer.name}: .*the peer did not answer our ping"
        wait_until(lambda: target.log.has(why), "the reason is noted")


@everybody
def test_who_answers_is_not_dropped(path: str, join: bytes) -> None:
    with under_attack(IMPATIENT) as target:
        peer = come(target, path, join)
        threads = threading.active_count()
        pings = 0
        while pings < 10:  # 2 s and more: longer than a peer lives that does not answer
            frame = peer.read_frame()
            assert frame is not None, "it was dropped"
            if frame.opcode == PING:
                pings += is_keep_alive(frame)
                peer.send(client_frame(PONG, frame.payload))
                assert threading.active_count() == threads  # nobody has a thread for it
        peer.vanish(with_reset=False)
