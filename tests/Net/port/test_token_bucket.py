"""Tests of token buckets: a burst at once, a rate in the long run."""

from __future__ import annotations

import pytest

from Net.port.token_bucket import KeyedBuckets, Rate, TokenBucket


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


def test_each_key_has_a_bucket_of_its_own() -> None:
    buckets = KeyedBuckets(Rate(1, 2), clock=Clock())
    assert [buckets.take("a"), buckets.take("a"), buckets.take("a"), buckets.take("b")] == [True, True, False, True]


def test_a_full_bucket_is_forgotten_when_room_is_needed() -> None:
    clock = Clock()
    buckets = KeyedBuckets(Rate(1, 1), most_keys=2, clock=clock)
    assert buckets.take("a")
    clock.now_s += 2  # the bucket of "a" is full again
    assert buckets.take("b")
    assert buckets.take("c")
    assert not buckets.take("b")
    assert not buckets.take("c")


def test_keys_beyond_the_bound_share_one_bucket() -> None:
    buckets = KeyedBuckets(Rate(1, 3), most_keys=2, clock=Clock())
    assert buckets.take("a")
    assert buckets.take("b")
    assert [buckets.take(f"stranger {number}") for number in range(5)] == [True, True, True, False, False]
