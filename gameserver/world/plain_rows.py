"""The rows of `plain_objects` that are no objects of a game's own classes: numbers, texts, lists, maps and the like.

In:  a row from a file that anybody may have written. Out: a `Node`. Raises ValueError for a row that is none.
"""

from __future__ import annotations

import base64
import collections
import random
import sys
from typing import Any, Callable, NamedTuple, Sequence

from gameserver.world.plain_objects import CHANCE, FACTORIES, MAPS, Row

ABSENT: Any = object()


class Node(NamedTuple):
    """The value of a row. items: what it holds. value: the value itself, if it can exist before its items do.

    finish: gets the values of the items, and fills the value; or makes and returns it, if there is no value yet. keys:
    the items that are hashed then.
    """

    items: list[Any]
    value: Any = ABSENT
    finish: Callable[[list[Any]], Any] | None = None
    keys: Sequence[Any] = ()


def checked(value: Any, kind: type, where: str) -> Any:
    """Returns the value if it is of this very type; raises ValueError if not."""
    if type(value) is not kind:
        raise ValueError(f"{where} must be of type {kind.__name__}, not {value!r:.40}")
    return value


def leaf(value: Any) -> Node:
    """Returns the node of a value that holds no others."""
    return Node([], value)


def _whole_number(row: Row) -> Node:
    _, digits = row
    return leaf(int(checked(digits, str, "a number"), 16))


def _float(row: Row) -> Node:
    _, name = row
    if name not in ("nan", "inf", "-inf"):
        raise ValueError(f"a number must be nan, inf or -inf, not {name!r}")
    return leaf(float(name))


def _bytes(row: Row) -> Node:
    _, text = row
    return leaf(base64.b64decode(checked(text, str, "base64"), validate=True))


def _text(row: Row) -> Node:
    return leaf(_bytes(row).value.decode("utf-8", "surrogatepass"))


def _random(row: Row) -> Node:
    _, text, gauss_next = row
    state = base64.b64decode(checked(text, str, "base64"), validate=True)
    if len(state) != CHANCE.size or type(gauss_next) not in (float, type(None)):
        raise ValueError("it is no state of random numbers")
    rng = random.Random(0)  # nosec B311  # it gets the state of a game's own
    rng.setstate((3, CHANCE.unpack(state), gauss_next))
    return leaf(rng)


def _list(row: Row) -> Node:
    value: list[Any] = []
    return Node(row[1:], value, lambda items: value.__setitem__(slice(None), items))


def _deque(row: Row) -> Node:
    _, longest, *items = row
    if longest is not None and (type(longest) is not int or not len(items) <= longest <= sys.maxsize):
        raise ValueError(f"no deque has the greatest length {longest!r}")
    value: collections.deque[Any] = collections.deque(maxlen=longest)

    def fill(items: list[Any]) -> None:
        value.clear()
        value.extend(items)

    return Node(items, value, fill)


def _set(row: Row) -> Node:
    value: set[Any] = set()
    return Node(row[1:], value, value.update, row[1:])


def _map_of(make: Callable[[], Any]) -> Callable[[Row], Node]:
    return lambda row: _map(make(), row[1:])


def _defaultdict(row: Row) -> Node:
    _, name, *items = row
    if name is not None and (type(name) is not str or name not in FACTORIES):
        raise ValueError(f"no defaultdict has the function {name!r}")
    return _map(collections.defaultdict(name if name is None else FACTORIES[name]), items)


def _map(value: dict[Any, Any], items: list[Any]) -> Node:
    if len(items) % 2:
        raise ValueError("a map has a key without a value")

    def fill(items: list[Any]) -> None:
        for key, held in zip(items[::2], items[1::2]):
            value[key] = held

    return Node(items, value, fill, items[::2])


KINDS: dict[str, Callable[[Row], Node]] = {
    "int": _whole_number,
    "float": _float,
    "text": _text,
    "bytes": _bytes,
    "random": _random,
    "list": _list,
    "tuple": lambda row: Node(row[1:], finish=tuple),
    "set": _set,
    "frozenset": lambda row: Node(row[1:], finish=frozenset, keys=row[1:]),
    "deque": _deque,
    "defaultdict": _defaultdict,
    **{name: _map_of(make) for make, name in MAPS.items()},
}
