"""Kinds of values in saved data, and the checks of their lists and maps.

In:  plain data from a file. Out: nothing, if the data is correct.
Raises ValueError with a sentence that names the value and says what it must be.
The kinds of `Net.schema` are for packets, and the world uses nothing of `Net`. Both can stand in one map of kinds.
"""

from __future__ import annotations

from typing import Any, Callable, Mapping, NamedTuple, NoReturn, Protocol


class AnyKind(Protocol):
    """A kind of this module or of `Net.schema`."""

    @property
    def must_be(self) -> str: ...

    @property
    def check(self) -> Callable[[Any], Any]: ...


class Kind(NamedTuple):
    """A kind of value. must_be: completes "it must be ...". check: returns the value, or raises ValueError."""

    must_be: str
    check: Callable[[Any], Any]


Kinds = Mapping[str, AnyKind]


def _refuse(must_be: str) -> NoReturn:
    raise ValueError(must_be)


def integer(low: int, high: int) -> Kind:
    """Returns the kind of the whole numbers from low to high; True and False are not numbers here."""
    must_be = f"an integer from {low} to {high}"

    def check(value: Any) -> int:
        return value if type(value) is int and low <= value <= high else _refuse(must_be)

    return Kind(must_be, check)


def number(low: float, high: float) -> Kind:
    """Returns the kind of the numbers from low to high, whole or not; NaN, True and False are not numbers here."""
    must_be = f"a number from {low:g} to {high:g}"

    def check(value: Any) -> Any:
        return value if type(value) in (int, float) and low <= value <= high else _refuse(must_be)

    return Kind(must_be, check)


def text(low: int, high: int) -> Kind:
    """Returns the kind of the texts of low to high characters."""
    must_be = f"text of {low} to {high} characters"

    def check(value: Any) -> str:
        return value if type(value) is str and low <= len(value) <= high else _refuse(must_be)

    return Kind(must_be, check)


def nullable(kind: AnyKind) -> Kind:
    """Returns the kind of the values of another kind, and of None."""
    return Kind(f"nil or {kind.must_be}", lambda value: None if value is None else kind.check(value))


TRUTH = Kind("true or false", lambda value: value if type(value) is bool else _refuse("true or false"))


def one_of(*values: Any) -> Kind:
    """Returns the kind of a value that is one of some numbers or texts."""
    must_be = f"one of {', '.join(map(repr, values))}"

    def check(value: Any) -> Any:
        if not any(type(value) is type(known) and value == known for known in values):
            _refuse(must_be)
        return value

    return Kind(must_be, check)


def row_of(*kinds: AnyKind) -> Kind:
    """Returns the kind of a list with one item of each of these kinds, in this order."""
    must_be = f"a list of {len(kinds)} values of their kinds"

    def check(value: Any) -> Any:
        if type(value) is not list or len(value) != len(kinds):
            raise ValueError(must_be)
        for position, (kind, item) in enumerate(zip(kinds, value)):
            check_value(kind, item, f"item {position}")
        return value

    return Kind(must_be, check)


def check_value(kind: AnyKind, value: Any, where: str) -> None:
    """Raises ValueError if a value is not of a kind; where: the place of the value, for the error's text."""
    try:
        kind.check(value)
    except ValueError as error:
        raise ValueError(f"{where} must be {error}") from None


def check_members(data: Any, kinds: Kinds, where: str) -> None:
    """Checks that a map has exactly these members, each of its kind; raises ValueError."""
    if type(data) is not dict or data.keys() != kinds.keys():
        differing = data.keys() ^ kinds.keys() if type(data) is dict else kinds
        raise ValueError(f"{where} is of another version: {', '.join(sorted(map(repr, differing)))}")
    for name, kind in kinds.items():
        check_value(kind, data[name], f"{where}: {name}")


def list_in(value: Any, where: str) -> list[Any]:
    """Returns the value if it is a list; raises ValueError if not."""
    if type(value) is not list:
        raise ValueError(f"{where} must be a list")
    return value
