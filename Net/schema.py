"""Kinds of packet arguments. A kind says what a value must be: in words for people, and as a check for the server.

In:  a value as MessagePack or JSON gave it. Out: the value to use. Raises ValueError with what the value must be.
"""

from __future__ import annotations

import math
from typing import Any, Callable, NamedTuple, NoReturn

from Net.text.characters import check_line, tidy

TURN_RAD = 2 * math.pi


class Kind(NamedTuple):
    """A kind of argument. must_be: completes the sentence "it must be ...". check: returns the value to use."""

    must_be: str
    check: Callable[[Any], Any]


def _refuse(must_be: str) -> NoReturn:
    raise ValueError(must_be)


def integer(low: int, high: int) -> Kind:
    """A whole number from low to high; True and False are not numbers here."""
    must_be = f"an integer from {low} to {high}"

    def check(value: Any) -> int:
        return value if type(value) is int and low <= value <= high else _refuse(must_be)

    return Kind(must_be, check)


def number(low: float, high: float) -> Kind:
    """A number from low to high, whole or not; NaN, True and False are not numbers here."""
    must_be = f"a number from {low:g} to {high:g}"

    def check(value: Any) -> Any:
        return value if type(value) in (int, float) and low <= value <= high else _refuse(must_be)

    return Kind(must_be, check)


def text(low: int, high: int) -> Kind:
    """A line of text with low to high printable characters. `Net.text.characters` says which characters are printable.

    The length counts Unicode code points, without the white space at both ends: a family emoji may count as seven.
    """
    must_be = f"text of {low} to {high} printable characters"

    def check(value: Any) -> str:
        line = tidy(value) if type(value) is str else _refuse(must_be)
        if not line and not low:
            return line
        if len(line) > high:
            _refuse(f"{must_be} (it has {len(line)})")
        try:
            check_line(line)
        except ValueError as error:
            _refuse(f"{must_be} ({error})")
        return line if len(line) >= low else _refuse(f"{must_be} (it has {len(line)})")

    return Kind(must_be, check)


def one_of(*texts: str) -> Kind:
    """One of the given texts."""
    must_be = "text, one of: " + ", ".join(texts)
    return Kind(must_be, lambda value: value if type(value) is str and value in texts else _refuse(must_be))


def nullable(kind: Kind) -> Kind:
    """nil, or a value of the given kind."""
    must_be = f"nil or {kind.must_be}"

    def check(value: Any) -> Any:
        try:
            return None if value is None else kind.check(value)
        except ValueError:
            _refuse(must_be)

    return Kind(must_be, check)


def mapping(kinds: dict[str, Kind]) -> Kind:
    """A map with some of the given keys, each with a value of its kind; other keys are refused."""
    must_be = "a map with none or some of: " + ", ".join(f"{key} ({kind.must_be})" for key, kind in kinds.items())

    def check(value: Any) -> dict[str, Any]:
        if type(value) is not dict or not kinds.keys() >= value.keys():
            _refuse(must_be)
        checked = {}
        for key, item in value.items():
            try:
                checked[key] = kinds[key].check(item)
            except ValueError as error:
                raise ValueError(f"a map in which {key} is {error}") from None
        return checked

    return Kind(must_be, check)


def _check_angle(value: Any) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        _refuse(ANGLE.must_be)
    return float(value % TURN_RAD % TURN_RAD)  # twice: -1e-20 modulo a turn is rounded up to the whole turn


def _check_number(value: Any) -> Any:
    if type(value) not in (int, float) or not math.isfinite(value):
        _refuse(NUMBER.must_be)
    return value


def _check_flag(value: Any) -> bool:
    return bool(value) if value in (0, 1) and type(value) in (bool, int) else _refuse(FLAG.must_be)


ANGLE = Kind("an angle: a finite number of radians, clockwise from +x", _check_angle)
NUMBER = Kind("a finite number", _check_number)
FLAG = Kind("a flag: true, false, 1 or 0", _check_flag)
DIRECTION = nullable(integer(0, 7))
ANY_INTEGER = integer(-(2**63), 2**64 - 1)
COUNT = integer(0, 2**32 - 1)
# Counts that grow as long as a server or a round runs. The end of the range is the largest whole number that a double
# holds exactly (RFC 8259 section 6), so a client in JavaScript reads every one of them right.
GROWING_COUNT = integer(0, 2**53 - 1)


def of_type(must_be: str, *types: type) -> Kind:
    """A value that the server sends. A client takes it as it is: the check covers only the outer type."""
    return Kind(must_be, lambda value: value if type(value) in types else _refuse(must_be))


ROOM_NAME = text(1, 32)

# The packet's bounds on its bytes and on the items of a list or map are the only ones.
ANY = Kind("any value", lambda value: value)
STRING = of_type("text", str)
LIST = of_type("a list", list)
MAP = of_type("a map", dict)
