"""Declares a setting with everything that is known of it, and checks the values of settings.

In:  `setting(...)` in each field of a settings class. Out: `described`, from which checks, flags, settings files
     and pages derive.
Raises SettingError; its text has the setting's name, its value, and the allowed values.
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
HEALTH = Range(1, 1_000_000, "points")
TIMES_S = Range(0, 86_400, "s")
COUNTS = Range(0, 10_000)
TICK_RATES = Range(1, 120, "Hz")
FACTORS = Range(0, 100)
SHARES = Range(0, 1)


class SettingError(ValueError):
    """A setting cannot have this value. name: the setting. reason: begins with "must"."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"setting {name} {reason}")
        self.name = name


class Column(NamedTuple):
    """Everything that is known of a column of a table beside its name and its kind, which the default table shows."""

    help: str  # a noun phrase
    range: Range = FACTORS  # of a column with numbers
    choices: tuple[str, ...] = ()  # of a column with texts; if not empty: all allowed texts
    is_fixed: bool = False  # a running match keeps the values with which it began


class Cell(NamedTuple):
    """The values that a column allows: numbers or texts of a kind, alone or as a tuple."""

    kind: type
    is_tuple: bool
    column: Column


class Setting(NamedTuple):
    """Everything that is known of a setting beside its name."""

    default: Any
    kind: type  # int, float, str or bool: the type of the value, or of each item of a tuple
    range: Range | None  # None: any value of the kind, or another function checks it too
    help: str  # a noun phrase
    is_optional: bool  # the value may be None
    is_changeable: bool  # an operator may change the value during a game
    is_told: bool  # a client is told the value when it joins
    choices: tuple[str, ...]  # if not empty: all allowed values
    rows: tuple[int, int] | None  # the value is a table with so many rows, each with another `name`
    cells: Mapping[str, Cell]  # what each column of a table allows
    row_word: str  # the word for a row of a table, such as "weapon"
    row_of: str  # if not empty: the value is the name of a row of this table, which is another setting
    is_kept_by_room: bool  # the room has the value in force, and the rules do not know the setting


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
    columns: Mapping[str, Column] | None = None,
    row_word: str = "",
    row_of: str = "",
    kept_by_room: bool = False,
) -> T:
    """Returns the field of a setting, for the body of a dataclass. For the arguments, see `Setting`.

    kind: only for a default that does not show it, such as None or an empty tuple. columns: of a table; a column that
    is left out may have any factor or text.
    """
    known = Setting(
        default,
        kind or kind_of(default),
        range,
        help,
        optional,
        changeable,
        told,
        choices,
        rows,
        {} if rows is None else _cells_of(default, columns or {}),
        row_word,
        row_of,
        kept_by_room,
    )
    return dataclasses.field(default=default, metadata={Setting: known})


def kind_of(value: Any) -> type:
    """Returns the type of a value, or of the first item of a tuple."""
    while isinstance(value, tuple):
        value = value[0]
    return type(value)


def _cells_of(table: Any, columns: Mapping[str, Column]) -> dict[str, Cell]:
    """Returns what each column of a table allows. The default table shows the kinds."""
    values = {name: [getattr(row, name) for row in table] for name in table[0]._fields}
    return {
        name: Cell(
            kind_of(next(value for value in shown if value != ())),
            isinstance(shown[0], tuple),
            columns.get(name, Column("")),
        )
        for name, shown in values.items()
    }


def described(settings: Any) -> dict[str, Setting]:
    """Returns everything that is known of each setting, by name. settings: a settings class, or an object of it."""
    return {field.name: field.metadata[Setting] for field in dataclasses.fields(settings)}


def changeable_settings(settings: Any) -> tuple[str, ...]:
    """Returns the names of the settings that the rules look up each time, so that they may change during a game."""
    return tuple(
        name for name, known in described(settings).items() if known.is_changeable and not known.is_kept_by_room
    )


def check_settings(settings: Any) -> None:
    """Checks every setting."""
    for name, known in described(settings).items():
        value = getattr(settings, name)
        check_setting(name, value, known)
        if known.row_of:
            _check_choice(name, value, tuple(row.name for row in getattr(settings, known.row_of)))


def check_setting(name: str, value: Any, known: Setting) -> None:
    """Checks one setting. Not checked here: whether the value is the name of a row of another setting."""
    if known.rows is not None:
        _check_table(name, value, known.rows, known)
    elif known.choices:
        _check_choice(name, value, known.choices)
    elif value is None and known.is_optional:
        pass
    elif known.range is not None:
        check_number(name, value, known.range, known.kind)
    else:
        _check_kind(name, value, known)


_KINDS = {bool: "True or False", int: "a whole number", float: "a finite number", str: "text"}


def _check_kind(name: str, value: Any, known: Setting) -> None:
    """Checks a value, or each item of a tuple, that may be anything of its kind."""
    is_tuple = isinstance(known.default, tuple)
    if is_tuple and not isinstance(value, tuple):
        raise SettingError(name, f"must be a tuple, not {value!r}")
    for item in value if is_tuple else (value,):
        is_right = type(item) is known.kind or (known.kind is float and type(item) is int)
        if not is_right or (known.kind is float and not math.isfinite(item)):
            raise SettingError(name, f"must be {_KINDS.get(known.kind, known.kind.__name__)}, not {item!r}")


def check_number(name: str, value: Any, allowed: Range, kind: type) -> None:
    """Checks a number, or each number of a setting that is a tuple. kind: int if only whole numbers are allowed."""
    if allowed.lengths is None:
        _check_one(name, value, allowed, kind)
        return
    fewest, most = allowed.lengths
    if not isinstance(value, tuple) or not fewest <= len(value) <= most:
        how_many = f"{fewest}" if fewest == most else f"{fewest} to {most}"
        raise SettingError(name, f"must be a tuple of {how_many} numbers, not {value!r}")
    for item in value:
        _check_one(name, item, allowed, kind)


def _check_one(name: str, value: Any, allowed: Range, kind: type) -> None:
    """Raises SettingError unless the value is a number in its range, and whole if it must be; refuses bool and NaN."""
    is_number = isinstance(value, int) or (isinstance(value, float) and kind is float)
    if not is_number or isinstance(value, bool) or not allowed.low <= value <= allowed.high:  # NaN: never in a range
        what = f"a {'' if kind is float else 'whole '}number from {allowed.low} to {allowed.high}"
        raise SettingError(name, f"must be {what}, not {value!r}")


def _check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise SettingError(name, f"must be one of {', '.join(choices)}, not {value!r}")


# Tables ---------------------------------------------------------------------------------------------------------


def check_cell(name: str, value: Any, cell: Cell) -> None:
    """Checks a value of a column; name: the value, for the error's text."""
    if cell.kind not in (str, bool):
        check_number(name, value, cell.column.range, cell.kind)
        return
    if cell.is_tuple and not isinstance(value, tuple):
        raise SettingError(name, f"must be a tuple, not {value!r}")
    for item in value if cell.is_tuple else (value,):
        if type(item) is not cell.kind:
            raise SettingError(name, f"must be of type {cell.kind.__name__}, not {item!r}")
        if cell.column.choices:
            _check_choice(name, item, cell.column.choices)


def _check_table(name: str, rows: Any, lengths: tuple[int, int], known: Setting) -> None:
    """Checks the number of rows, their names and every column."""
    fewest, most = lengths
    if not isinstance(rows, tuple) or not fewest <= len(rows) <= most:
        raise SettingError(name, f"must be a tuple of {fewest} to {most} rows, not {rows!r}")
    for row in rows:
        for column, value in zip(row._fields, row):
            check_cell(f"{name}.{column}", value, known.cells[column])
    names = [row.name for row in rows]
    if len(set(names)) < len(names):
        raise SettingError(name, f"must have another name in each row, not {', '.join(names)}")
