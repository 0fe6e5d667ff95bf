"""Tests of the limits of Net."""

from __future__ import annotations

import dataclasses
import math

import pytest

from Net.limits import Limits

# The defaults of the design.
DEFAULTS = {
    "handshake_timeout_s": 5,
    "head_bytes": 8 * 1024,
    "head_fields": 64,
    "message_bytes": 64 * 1024,
    "fragments": 64,
    "outbox_bytes": 64 * 1024,
    "stall_timeout_s": 5,
    "ping_after_s": 20,
    "dead_after_s": 20,
    "close_timeout_s": 2,
    "frames_per_s": 120,
    "burst_frames": 240,
    "flood_frames": 4096,
    "receive_buffer_bytes": 64 * 1024,
}


@pytest.mark.parametrize(("name", "value"), DEFAULTS.items(), ids=DEFAULTS)
def test_a_default_is_as_designed(name: str, value: float) -> None:
    assert getattr(Limits(), name) == value


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Limits)])
@pytest.mark.parametrize("value", [0, -1, -0.5, math.nan])
def test_a_limit_must_be_greater_than_0(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"limit {name} must be greater than 0"):
        Limits(**{name: value})


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Limits)])
def test_a_limit_can_be_made_small_for_a_test(name: str) -> None:
    assert getattr(Limits(**{name: 1}), name) == 1


def test_narrowed_limits_are_never_wider_than_before() -> None:
    limits = Limits(message_bytes=1000).narrowed(message_bytes=4096, fragments=3)
    assert limits == Limits(message_bytes=1000, fragments=3)


def test_a_limit_does_not_change_later() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Limits().message_bytes = 1
