"""Token buckets: a burst at once, a rate in the long run."""

from __future__ import annotations

import pytest

from gameserver.rates import ANY_PACKET, BAD_PACKETS, PACKET_RATES
from Net.PacketCodes import TO_SERVER
from Net.token_bucket import Rate, TokenBucket


class Clock:
    """A clock that a test sets."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def taken(bucket: TokenBucket, tries: int) -> int:
    return sum(bucket.take() for _ in range(tries))


def test_a_full_bucket_gives_its_burst_and_no_more() -> None:
    assert taken(TokenBucket(Rate(10, 20), Clock()), 50) == 20


@pytest.mark.parametrize(("seconds", "tokens"), [(0.05, 0), (0.1, 1), (0.95, 9), (1.5, 15), (2.0, 20), (3600, 20)])
def test_an_empty_bucket_refills_at_its_rate_up_to_its_burst(seconds: float, tokens: int) -> None:
    clock = Clock()
    bucket = TokenBucket(Rate(10, 20), clock)
    taken(bucket, 20)
    clock.now_s += seconds + 1e-9
    assert taken(bucket, 50) == tokens


def test_asking_too_often_does_not_keep_a_bucket_empty() -> None:
    clock = Clock()
    bucket = TokenBucket(Rate(10, 20), clock)
    taken(bucket, 20)
    gained = 0
    for _ in range(1000):
        clock.now_s += 0.01
        gained += bucket.take()
    assert gained == pytest.approx(100, abs=1)


def test_in_the_long_run_a_steady_sender_gets_the_rate() -> None:
    clock = Clock()
    bucket = TokenBucket(Rate(30, 60), clock)
    got = 0
    for _ in range(6000):  # 100 a second for a minute
        clock.now_s += 0.01
        got += bucket.take()
    assert got == pytest.approx(60 + 30 * 60, abs=1)


def test_the_rates_are_those_of_the_design_and_of_packets_that_exist() -> None:
    assert PACKET_RATES.keys() <= {row.id for row in TO_SERVER.rows}
    assert PACKET_RATES["MOVE"] == Rate(30, 60)
    assert PACKET_RATES["ATTACK"] == Rate(10, 20)
    assert PACKET_RATES["CHAT"] == Rate(1, 5)
    assert (BAD_PACKETS.burst, BAD_PACKETS.per_s) == (20, 2)
    assert ANY_PACKET.burst >= 1
