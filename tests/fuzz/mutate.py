"""Ways to damage an input, each a function of random numbers, the input, another valid input, and known tokens."""

from __future__ import annotations

from random import Random
from typing import Callable, Sequence

LONGEST_INPUT = 4096
# Lengths at the edges of the frame header's three forms, of MessagePack's, and of signed numbers.
_TELLING_NUMBERS = (
    0,
    1,
    124,
    125,
    126,
    127,
    128,
    254,
    255,
    256,
    999,
    1000,
    1001,
    65535,
    65536,
    2**31,
    2**63 - 1,
    2**63,
)

Mutation = Callable[[Random, bytes, bytes, Sequence[bytes]], bytes]


def _slice(random: Random, data: bytes) -> tuple[int, int]:
    start = random.randint(0, len(data))
    return start, min(len(data), start + random.choice((1, 2, 4, 16, 64, 1024)))


def flip_bit(random: Random, data: bytes, _other: bytes, _tokens: Sequence[bytes]) -> bytes:
    """Flips one bit, mostly near the start, where headers are."""
    if not data:
        return data
    at = int(len(data) * random.random() ** 2)
    return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]


def cut_out(random: Random, data: bytes, _other: bytes, _tokens: Sequence[bytes]) -> bytes:
    """Removes a piece."""
    start, end = _slice(random, data)
    return data[:start] + data[end:]


def cut_off(random: Random, data: bytes, _other: bytes, _tokens: Sequence[bytes]) -> bytes:
    """Removes the end."""
    return data[: random.randint(0, len(data))]


def duplicate(random: Random, data: bytes, _other: bytes, _tokens: Sequence[bytes]) -> bytes:
    """Repeats a piece several times."""
    start, end = _slice(random, data)
    return data[:end] + data[start:end] * random.choice((1, 2, 20)) + data[end:]


def splice(random: Random, data: bytes, other: bytes, _tokens: Sequence[bytes]) -> bytes:
    """Cuts the input somewhere, and appends another input, whole or from a random place on."""
    start = random.choice((0, random.randint(0, len(other))))
    return data[: random.randint(0, len(data))] + other[start:]


def write_number(random: Random, data: bytes, _other: bytes, _tokens: Sequence[bytes]) -> bytes:
    """Writes a number at the edge of a range over 1, 2, 4 or 8 bytes, as a false length."""
    size = random.choice((1, 2, 4, 8))
    at = random.randint(0, len(data))
    number = random.choice(_TELLING_NUMBERS) % 256**size
    return data[:at] + number.to_bytes(size, "big") + data[at + size :]


def insert_token(random: Random, data: bytes, _other: bytes, tokens: Sequence[bytes]) -> bytes:
    """Inserts a token that the parser knows, in a place where it does not belong."""
    at = random.randint(0, len(data))
    return data[:at] + random.choice(tokens) + data[at:]


MUTATIONS: tuple[Mutation, ...] = (flip_bit, cut_out, cut_off, duplicate, splice, write_number, insert_token)


def mutated(random: Random, data: bytes, other: bytes, tokens: Sequence[bytes]) -> bytes:
    """Returns the input with a few damages; one time in eight with none."""
    for _ in range(random.choice((0, 1, 1, 1, 2, 2, 3, 5))):
        data = random.choice(MUTATIONS)(random, data, other, tokens)
    return data[:LONGEST_INPUT]
