"""Tests of floods: frames that break no rule of the protocol, and the bytes and memory that they leave behind."""

from __future__ import annotations

import contextlib
import itertools
import socket
import time

import pytest

from Net.frames import OPCODE_BINARY, OPCODE_CLOSE, OPCODE_CONTINUATION, OPCODE_PING, OPCODE_PONG
from Net.limits import Limits
from Net.port.accept import MOST_CONTEXTS
from tests.attacks.support import Attacker, Flood, Target, answers, opening, under_attack
from tests.Net.support import DEADLINE_S, client_frame, close_body, wait_until
from tests.support import serving

SHORT_CLOSE = Limits(close_timeout_s=0.5)

EMPTY_FRAGMENTS = (
    client_frame(OPCODE_BINARY, fin=False)
    + 62 * client_frame(OPCODE_CONTINUATION, fin=False)
    + client_frame(OPCODE_CONTINUATION)
)
FLOODS = {
    "PONGs": client_frame(OPCODE_PONG),
    "PINGs": client_frame(OPCODE_PING),
    "empty fragments": EMPTY_FRAGMENTS,
    "messages of a byte": client_frame(OPCODE_BINARY, b"x"),
}


def flood(target: Target, path: str, frames: bytes) -> tuple[Attacker, Flood]:
    attacker = target.open(path)
    return attacker, Flood(attacker, itertools.repeat(100 * frames))


@answers("frame flood")
@pytest.mark.parametrize("frames", FLOODS.values(), ids=FLOODS)
def test_a_flood_of_frames_is_closed_with_1008(frames: bytes) -> None:
    with under_attack(SHORT_CLOSE) as target:
        attacker, sending = flood(target, "/echo", frames)
        *_, close = attacker.read_to_the_end()
        assert (close.opcode, close.payload) == (
            OPCODE_CLOSE,
            close_body(1008, "too many frames: 30 a second may come"),
        )
        sending.wait()


@answers("frame flood")
@pytest.mark.parametrize("kind", ["PONGs", "PINGs"])
def test_a_flood_of_control_frames_to_the_game_is_closed_with_1008(kind: str) -> None:
    with under_attack(SHORT_CLOSE) as target:
        attacker, sending = flood(target, "/", FLOODS[kind])
        *_, close = attacker.read_to_the_end()
        assert (close.opcode, close.payload) == (
            OPCODE_CLOSE,
            close_body(1008, "too many frames: 120 a second may come"),
        )
        sending.wait()


@answers("frame flood")
def test_pongs_that_nobody_asked_for_are_fine_at_the_rate_of_a_keepalive() -> None:
    with under_attack() as target:
        attacker = target.open("/")
        attacker.send(200 * client_frame(OPCODE_PONG))
        attacker.send(client_frame(OPCODE_CLOSE, close_body(1000)))
        (close,) = attacker.read_to_the_end()
        assert close.payload == close_body(1000)


@answers("what a flood leaves behind")
def test_unread_bytes_of_many_clients_are_not_read_once_they_are_gone() -> None:
    with under_attack(SHORT_CLOSE) as target:
        floods = [flood(target, "/", FLOODS["PONGs"]) for _ in range(20)]
        wait_until(lambda: sum(sending.sent_bytes for _, sending in floods) > 2**20, "much has been sent")
        for attacker, _ in floods:
            attacker.vanish(with_reset=True)
        wait_until(lambda: target.connections() == 1, "all of them are gone")
        for _, sending in floods:
            sending.wait()
        frames_read = target.server.describe()["bytes_in"] / len(FLOODS["PONGs"])
        assert frames_read < 20 * (Limits().burst_frames + 2 * Limits().flood_frames)


@answers("a stop under a flood")
@pytest.mark.parametrize("kind", ["PONGs", "empty fragments"])
def test_a_server_stops_in_time_though_peers_go_on_sending(kind: str) -> None:
    with serving() as arena, contextlib.ExitStack() as sockets:
        floods = []
        for _ in range(20):
            sock = sockets.enter_context(socket.create_connection(("127.0.0.1", arena.port)))
            attacker = Attacker(sock)
            attacker.send(opening("/echo"))
            attacker.read_head()
            floods.append(Flood(attacker, itertools.repeat(100 * FLOODS[kind])))
        wait_until(lambda: sum(sending.sent_bytes for sending in floods) > 2**20, "much has been sent")
        started_s = time.monotonic()
        arena.server.stop()
        arena.thread.join(DEADLINE_S)
        assert time.monotonic() - started_s < 3.0
        for sending in floods:
            sending.wait()


@answers("deflate contexts")
def test_the_memory_of_compression_is_bounded_over_all_connections() -> None:
    with under_attack() as target:
        offer = "Sec-WebSocket-Extensions: permessage-deflate"
        heads = []
        for _ in range(MOST_CONTEXTS + 20):
            attacker = target.call()
            attacker.send(opening("/echo", offer))
            heads.append(attacker.read_head())
        assert sum(b"client_no_context_takeover" not in head for head in heads) == MOST_CONTEXTS
