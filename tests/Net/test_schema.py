"""Tests of the kinds of packet arguments: the values that each kind accepts, and the values that it returns."""

from __future__ import annotations

import math
from typing import Any

import pytest

from Net.schema import (
    ANGLE,
    ANY_INTEGER,
    COUNT,
    DIRECTION,
    FLAG,
    GROWING_COUNT,
    LIST,
    MAP,
    STRING,
    TURN_RAD,
    Kind,
    integer,
    mapping,
    nullable,
    one_of,
    text,
)

DIGIT = integer(0, 9)
WORD = text(1, 5)
OPTIONS = mapping({"word": WORD, "digit": DIGIT})

TAKEN: list[tuple[Kind, Any, Any]] = [
    (DIGIT, 0, 0),
    (DIGIT, 9, 9),
    (COUNT, 2**32 - 1, 2**32 - 1),
    (GROWING_COUNT, 2**53 - 1, 2**53 - 1),
    (ANY_INTEGER, -(2**63), -(2**63)),
    (ANY_INTEGER, 2**64 - 1, 2**64 - 1),
    (WORD, "a", "a"),
    (WORD, "  a b  ", "a b"),
    (WORD, "\ta\n", "a"),
    (WORD, "Größe", "Größe"),
    (WORD, "日本語", "日本語"),
    (WORD, "😀😀😀😀😀", "😀😀😀😀😀"),
    (text(0, 5), "   ", ""),
    (one_of("left", "right"), "left", "left"),
    (nullable(DIGIT), None, None),
    (nullable(DIGIT), 3, 3),
    (DIRECTION, None, None),
    (DIRECTION, 7, 7),
    (OPTIONS, {}, {}),
    (OPTIONS, {"word": " a ", "digit": 1}, {"word": "a", "digit": 1}),
    (ANGLE, 0, 0.0),
    (ANGLE, 1.5, 1.5),
    (ANGLE, -math.pi / 2, 1.5 * math.pi),
    (ANGLE, 5 * math.pi, math.pi),
    (FLAG, True, True),
    (FLAG, False, False),
    (FLAG, 1, True),
    (FLAG, 0, False),
    (STRING, "", ""),
    (LIST, [1, [2]], [1, [2]]),
    (MAP, {"a": 1}, {"a": 1}),
]


@pytest.mark.parametrize(("kind", "value", "used"), TAKEN)
def test_a_value_of_the_kind_is_taken(kind: Kind, value: Any, used: Any) -> None:
    result = kind.check(value)
    assert result == pytest.approx(used) if kind is ANGLE else result == used
    assert type(result) is type(used)


ODD_TYPES = [True, False, None, 1, 1.0, "1", b"1", [], {}, [1], {"1": 1}]


def odd_for(*fitting: type) -> list[Any]:
    return [value for value in ODD_TYPES if type(value) not in fitting]


REFUSED: dict[str, tuple[Kind, list[Any]]] = {
    "one of some texts": (one_of("left", "right"), ["", "Left", "left ", ["left"], *odd_for(str)]),
    "integer": (DIGIT, [-1, 10, 2**64, *odd_for(int)]),
    "count": (COUNT, [-1, 2**32, *odd_for(int)]),
    "growing count": (GROWING_COUNT, [-1, 2**53, *odd_for(int)]),
    "any integer": (ANY_INTEGER, [2**64, -(2**63) - 1, *odd_for(int)]),
    "text": (WORD, ["", "   ", "abcdef", "a" * 10**6, *odd_for(str)]),
    "direction": (DIRECTION, [-1, 8, *odd_for(int, type(None))]),
    "map": (OPTIONS, [{"other": 1}, {1: 1}, {"digit": 10}, {"word": 1}, {"digit": True}, {b"word": "a"}, [], "", None]),
    "angle": (ANGLE, [math.nan, math.inf, -math.inf, *odd_for(int, float)]),
    "flag": (FLAG, [2, -1, math.nan, *odd_for(bool, int)]),
    "string": (STRING, odd_for(str)),
    "list": (LIST, odd_for(list)),
    "dict": (MAP, odd_for(dict)),
}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        pytest.param(kind, value, id=f"{name}: {ascii(value)[:30]}")
        for name, (kind, values) in REFUSED.items()
        for value in values
    ],
)
def test_any_other_value_is_refused_with_the_rule(kind: Kind, value: Any) -> None:
    with pytest.raises(ValueError, match=r"^(an?|text|nil)\b") as refused:
        kind.check(value)
    # A map names its wrong member, and a text names its fault; the message of every other kind names the kind.
    assert str(refused.value) == kind.must_be or (kind is OPTIONS and type(value) is dict) or kind is WORD


@pytest.mark.parametrize(
    "character",
    ["\x00", "\t", "\n", "\r", "\x1b", "\x7f", "\x80", "\u200b", "\u202e", "\u2028", "\ud800", "\ufeff"],
    ids=ascii,
)
def test_text_has_no_characters_that_do_not_print(character: str) -> None:
    with pytest.raises(ValueError, match="printable"):
        WORD.check(f"a{character}b")


def test_an_angle_is_less_than_a_whole_turn() -> None:
    """-1e-20 modulo a turn is rounded up to the turn itself, without a special case."""
    for value in (-1e-20, -5e-324, TURN_RAD, -TURN_RAD, 1e308, -1e308, 2**64 - 1, -(2**63)):
        assert 0 <= ANGLE.check(value) < TURN_RAD


def test_a_wrong_member_of_a_map_is_named() -> None:
    with pytest.raises(ValueError, match=r"digit.* an integer from 0 to 9"):
        OPTIONS.check({"word": "a", "digit": 10})


def test_a_map_with_other_keys_is_refused_with_the_valid_keys() -> None:
    with pytest.raises(ValueError, match=r"word .*, digit "):
        OPTIONS.check({"speed": 9000})


def test_a_text_says_what_is_wrong_with_it() -> None:
    for value, why in (
        ("", "it must show something"),
        ("\u3164", "it may not contain U+3164 HANGUL FILLER"),
        ("a\u202eb", "it may not contain U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("\u0301", "it must show something"),
        ("abcdef", "it has 6"),
    ):
        with pytest.raises(ValueError, match=r"^text of 1 to 5 printable characters \(") as refused:
            WORD.check(value)
        assert f"({why})" in str(refused.value)


def test_the_characters_of_a_text_are_counted_as_code_points() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert len(family) == 5
    assert WORD.check(f"  {family} ") == family
    with pytest.raises(ValueError, match="it has 6"):
        WORD.check(f"{family}!")
