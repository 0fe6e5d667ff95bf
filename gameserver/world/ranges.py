"""Declares a setting with everything that is known of it, and checks the values of settings.

In:  `setting(...)` in each field of a settings class. Out: `described`, from which flags, pages and checks derive.
Raises ValueError; its text has the setting's name, its value, and the allowed values.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Mapping, NamedTuple, TypeVar

T = TypeVar("T")


class Range(NamedTuple):
    """The numbers from low to high. lengths: the value is a tuple of so many of these numbers; None: one number."""

    low: float
    high: float
    unit: str = ""
    lengths: tuple[int, int] | None = None

    def each(self, fewest: int, most: int) -> Range:
        """Returns the range of a tuple with this range for each of its items."""
        return self._replace(lengths=(fewest, most))


# An upper bound without a comment only catches slips, such as milliseconds instead of seconds.
SCALES = Range(1, 300, "units")
SPEEDS = Range(0, 10_000, "units/s")
DISTANCES = Range(0, 65_535, "units")
ANGLES = Range(0, math.tau, "rad")
POINTS = Range(0, 1_000_000)
TIMES_S = Range(0, 86_400, "s")
COUNTS = Range(0, 10_000)
TICK_RATES = Range(1, 120, "Hz")
FACTORS = Range(0, 100)
SHARES = Range(0, 1)


class Setting(NamedTuple):
    """Everything that is known of a setting beside its name."""

    default: Any
    kind: type  # int, float, str or bool: the type of the value, or of each item of a tuple
    range: Range | None  # None: another function checks the value
    help: str  # a noun phrase
    is_optional: bool  # the value may be None
    is_changeable: bool  # an operator may change the value during a game
    is_told: bool  # a client is told the value when it joins
    choices: tuple[str, ...]  # if not empty: all allowed values
    rows: tuple[int, int] | None  # the value is a table with so many rows
    columns: Mapping[str, Range]  # the ranges of a table's columns; FACTORS for the other columns with numbers


def setting(
    default: T,
    *,
    help: str,
    range: Range | None = None,
    kind: type | None = None,
    optional: bool = False,
    changeable: bool = False,
    told: bool = False,
    choices: tuple[str, ...] = (),
    rows: tuple[int, int] | None = None,
    columns: Mapping[str, Range] | None = None,
) -> T:
    """Returns the field of a setting, for the body of a dataclass. For the arguments, see `Setting`.

    kind: only for a default that does not show it, such as None or an empty tuple.
    """
    known = Setting(
        default, kind or kind_of(default), range, help, optional, changeable, told, choices, rows, columns or {}
    )
    return dataclasses.field(default=default, metadata={Setting: known})


def kind_of(value: Any) -> type:
    """Returns the type of a value, or of the first item of a tuple."""
    while isinstance(value, tuple):
        value = value[0]
    return type(value)


def described(settings: Any) -> dict[str, Setting]:
    """Returns everything that is known of each setting, by name. settings: a settings class, or an object of it."""
    return {field.name: field.metadata[Setting] for field in dataclasses.fields(settings)}


def changeable_settings(settings: Any) -> tuple[str, ...]:
    """Returns the names of the settings that an operator may change during a game."""
    return tuple(name for name, known in described(settings).items() if known.is_changeable)


def check_settings(settings: Any) -> None:
    """Checks every setting that has a range, choices or rows."""
    for name, known in described(settings).items():
        value = getattr(settings, name)
        if known.rows is not None:
            _check_table(name, value, known.rows, known)
        elif known.choices:
            _check_choice(name, value, known.choices)
        elif known.range is not None and not (value is None and known.is_optional):
            check_number(name, value, known.range, known.kind)


def check_number(name: str, value: Any, allowed: Range, kind: type) -> None:
    """Checks a number, or each number of a setting that is a tuple. kind: int if only whole numbers are allowed."""
    if allowed.lengths is None:
        _check_one(name, value, allowed, kind)
        return
    fewest, most = allowed.lengths
    if not isinstance(value, tuple) or not fewest <= len(value) <= most:
        raise ValueError(f"setting {name} must be a tuple of {fewest} to {most} numbers, not {value!r}")
    for item in value:
        _check_one(name, item, allowed, kind)


def _check_one(name: str, value: Any, allowed: Range, kind: type) -> None:
    """Raises ValueError unless the value is a number in its range, and whole if it must be; refuses bool and NaN."""
    is_number = isinstance(value, int) or (isinstance(value, float) and kind is float)
    if not is_number or isinstance(value, bool) or not allowed.low <= value <= allowed.high:  # NaN: never in a range
        what = f"a {'' if kind is float else 'whole '}number from {allowed.low} to {allowed.high}"
        raise ValueError(f"setting {name} must be {what}, not {value!r}")


def _check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"setting {name} must be one of {', '.join(choices)}, not {value!r}")


def _check_table(name: str, rows: Any, lengths: tuple[int, int], known: Setting) -> None:
    """Checks the number of rows and every column. The default table shows the kind of each column."""
    fewest, most = lengths
    if not isinstance(rows, tuple) or not fewest <= len(rows) <= most:
        raise ValueError(f"setting {name} must be a tuple of {fewest} to {most} rows, not {rows!r}")
    kinds = _column_kinds(known.default)
    for row in rows:
        for column, value in row._asdict().items():
            kind = kinds[column]
            if kind in (str, bool):
                if type(value) is not kind:
                    raise ValueError(f"setting {name}.{column} must be of type {kind.__name__}, not {value!r}")
            else:
                check_number(f"{name}.{column}", value, known.columns.get(column, FACTORS), kind)


def _column_kinds(table: Any) -> dict[str, type]:
    """Returns the kind of each column of a table; the first value that is no empty tuple shows it."""
    columns = {column: [getattr(row, column) for row in table] for column in table[0]._fields}
    return {column: kind_of(next(value for value in values if value != ())) for column, values in columns.items()}
