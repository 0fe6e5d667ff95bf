"""Settings as plain data, and back.

In:  an object of a settings class. Out: a dict for MessagePack or JSON; an object again, and sentences about settings
     that are new or gone. Raises ValueError for anything else; the settings class checks the values themselves.
"""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

from gameserver.world.ranges import Setting, described

T = TypeVar("T")


def save(settings: Any) -> dict[str, Any]:
    """Returns the settings by name, as plain data."""
    return dataclasses.asdict(settings)


def load(cls: type[T], data: Any) -> tuple[T, list[str]]:
    """Makes an object of a settings class from the result of `save`. A new setting has its default."""
    if type(data) is not dict or not all(type(name) is str and name.isprintable() for name in data):
        raise ValueError("its settings are no settings")
    known = described(cls)
    new = [f"the setting {name} is new: it has its default" for name in known if name not in data]
    gone = [f"the setting {name} is gone: dropped" for name in data if name not in known]
    try:
        return cls(**{name: _value(name, data[name], known[name]) for name in known if name in data}), new + gone
    except TypeError as error:  # a row of a table has another length
        raise ValueError(f"its settings are of another version: {error}") from error


def _value(name: str, value: Any, known: Setting) -> Any:
    """Returns a setting with the type of its default: lists become tuples, and table rows the default's row type."""
    if known.rows is not None:
        make_row = type(known.default[0])
        return tuple(make_row(*map(_tupled, row)) for row in value)
    value = tuple(value) if isinstance(value, list) else value
    if known.range is None and not known.choices:
        _check_kind(name, value, known)
    return value


def _check_kind(name: str, value: Any, known: Setting) -> None:
    """Checks a value that the settings class does not check, because it has no range."""
    if value is None and known.is_optional:
        return
    kinds = (int, float) if known.kind is float else (known.kind,)
    is_many = isinstance(known.default, tuple)
    if isinstance(value, tuple) != is_many or not all(type(item) in kinds for item in (value if is_many else [value])):
        raise ValueError(f"setting {name} must be of type {known.kind.__name__}, not {value!r}")


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
