"""Kinds of values that only saved rooms have, and the checks of their lists and maps.

In:  plain data from a file. Out: nothing, if the data is correct.
Raises ValueError with a sentence that names the value and says what it must be.
"""

from __future__ import annotations

from typing import Any, Dict

from Net.schema import Kind

Kinds = Dict[str, Kind]


def exactly(kind: Kind) -> Kind:
    """Returns a kind that also refuses a value that the check would change."""

    def check(value: Any) -> Any:
        if kind.check(value) != value:
            raise ValueError(kind.must_be)
        return value

    return Kind(kind.must_be, check)


def _check_truth(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError("true or false")
    return value


TRUTH = Kind("true or false", _check_truth)


def one_of(*values: Any) -> Kind:
    """Returns the kind of a value that is one of some numbers or texts."""
    must_be = f"one of {', '.join(map(repr, values))}"

    def check(value: Any) -> Any:
        if not any(type(value) is type(known) and value == known for known in values):
            raise ValueError(must_be)
        return value

    return Kind(must_be, check)


def row_of(*kinds: Kind) -> Kind:
    """Returns the kind of a list with one item of each of these kinds, in this order."""
    must_be = f"a list of {len(kinds)} values of their kinds"

    def check(value: Any) -> Any:
        if type(value) is not list or len(value) != len(kinds):
            raise ValueError(must_be)
        for position, (kind, item) in enumerate(zip(kinds, value)):
            check_value(kind, item, f"item {position}")
        return value

    return Kind(must_be, check)


def check_value(kind: Kind, value: Any, where: str) -> None:
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
