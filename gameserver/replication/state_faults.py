"""The fault in a game state that cannot be sent: the path to the value, and the reason.

In:  a game state. Out: a sentence for the developer of the game, such as "entities.snake.7.body[3] is a set, ...".
"""

from __future__ import annotations

import json
from typing import Any, Iterator

from Net.msgpack_codec import pack
from Net.text.characters import spelled

# Deeper states are endless ones: a list that holds itself.
DEEPEST = 32
ALLOWED = "a state holds None, True, False, numbers, text, lists and maps"


_SCALARS = (int, float, str, type(None))
_PLAIN = {*_SCALARS, bool}
_KEYS = {int, str}


class StateError(Exception):
    """A game state cannot be sent; the text names the path in the state."""


def check_shape(state: Any) -> None:
    """Raises StateError unless the state is a map, and its `entities` are maps of kinds to ids to fields."""
    _check_map(state, "the game state")
    for kind, things in _check_map(state.get("entities", {}), "entities").items():
        path = f"entities.{_written(kind)}"
        for entity_id, fields in _check_map(things, path).items():
            if type(fields) is not dict:
                _check_map(fields, f"{path}.{_written(entity_id)}")


def _check_map(value: Any, path: str) -> dict[Any, Any]:
    if type(value) is not dict:
        raise StateError(f"{path} is {_described(value)}, and must be a map (a dict)")
    return value


def check_plain(value: Any) -> None:
    """Raises TypeError unless a value, with everything in it, is plain data. It is fast for long lists of numbers."""
    if not isinstance(value, (list, tuple, dict)):
        if not isinstance(value, _SCALARS):
            raise TypeError(ALLOWED)
        return
    if isinstance(value, dict) and not set(map(type, value)) <= _KEYS:
        raise TypeError("a key is text or a whole number")
    items = value.values() if isinstance(value, dict) else value
    if not set(map(type, items)) <= _PLAIN:
        for item in items:
            check_plain(item)


def fault_in(state: Any) -> str:
    """Returns what is wrong with the first value that cannot be encoded; an empty text if all values can."""
    return next(_faults(state, "", 0), "")


def _faults(value: Any, path: str, depth: int) -> Iterator[str]:
    if depth > DEEPEST:
        yield f"{path} is nested more than {DEEPEST} deep: it may hold itself"
    elif isinstance(value, dict):
        for key, item in value.items():
            below = f"{path}.{_written(key)}" if path else _written(key)
            if type(key) not in (int, str):
                yield f"{below} has {_described(key)} as its key: a key is text or a whole number"
            yield from _faults(item, below, depth + 1)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _faults(item, f"{path}[{index}]", depth + 1)
    else:
        try:
            pack(value)
            json.dumps(value).encode()
        except (TypeError, ValueError, OverflowError) as error:
            reason = ALLOWED if isinstance(error, TypeError) else spelled(str(error))
            yield f"{path} is {_described(value)}: {reason}"


def sizes_by_kind(state: Any) -> str:
    """Returns how many bytes each kind of entity and each other value of a state takes, the largest first."""
    parts = {f"entities.{_written(kind)}": things for kind, things in state.get("entities", {}).items()}
    parts.update({_written(key): value for key, value in state.items() if key != "entities"})
    sizes = sorted(((len(pack(value)), name) for name, value in parts.items()), reverse=True)
    return ", ".join(f"{name} {size}" for size, name in sizes)


def _written(key: Any) -> str:
    return spelled(str(key))[:40]


def _described(value: Any) -> str:
    written = spelled(repr(value)) if type(value) in (int, float, str) else ""
    short = f" {written}" if 0 < len(written) <= 40 else ""
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}{short}"
