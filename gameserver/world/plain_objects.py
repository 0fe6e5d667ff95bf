"""The attributes of an object, and everything that they hold, as plain data for MessagePack or JSON. This is saving.

In:  an object and the modules whose classes may be saved. Out: dicts, lists, numbers and texts; `plain_reading` reads
     them. Raises CannotSave with the path to a value that cannot be saved, such as a lock.

The data is a flat table, so a chain of any length needs no recursion, and two names of one list stay names of one list:

    rows      row 0 is the object. A row is a kind and its items: ["list", 1, "a", [2]]. An item is None, a bool, a
              number, a text, or the number of another row in brackets.
    classes   the classes of the objects: module, name, names of the attributes, names that the class declares. The
              row of an object is ["object", number of its class, its values].
"""

from __future__ import annotations

import base64
import collections
import enum
import io
import math
import random
import struct
import threading
import types
from reprlib import repr as short_repr
from typing import Any, Callable, Dict, Iterable, List, Mapping

from gameserver.world.plain_classes import UNSAVED, Found, OwnClasses, is_saved

FORMAT = 1
Plain = Dict[str, Any]
Row = List[Any]

# MessagePack holds the whole numbers from LOWEST up to HIGHEST - 1.
LOWEST, HIGHEST = -(2**63), 2**64
# A hash of a deeper key would need much of the stack.
DEEPEST_KEY = 20
# The numbers of a random.Random, each of 32 bits.
CHANCE = struct.Struct("<625I")
# The functions that a defaultdict may use.
FACTORIES: dict[str, Any] = {made.__name__: made for made in (int, float, str, bool, list, dict, set)}
MAPS: dict[type, str] = {dict: "dict", collections.OrderedDict: "ordered dict", collections.Counter: "counter"}

# Things that no file can hold, and their names.
_NOUNS: tuple[tuple[Any, str], ...] = (
    ((type(threading.Lock()), type(threading.RLock())), "a lock"),
    ((threading.Event, threading.Condition, threading.Semaphore), "a lock"),
    (threading.Thread, "a thread"),
    ((types.FunctionType, types.BuiltinFunctionType), "a function"),
    (types.MethodType, "a method"),
    ((types.GeneratorType, types.CoroutineType), "a generator"),
    (io.IOBase, "a file"),
    (types.ModuleType, "a module"),
    (type, "a class"),
)


class CannotSave(ValueError):
    """A value cannot be saved. The text names its path and says what to do."""


def save(root: Any, classes: OwnClasses, given: Mapping[str, Any], declared: Iterable[str] = ()) -> Plain:
    """Returns the attributes of `root` as plain data. Nothing of it is shared with the object.

    given: objects that the loading process has already, by name; of these only the name is saved. declared: the names
    of the attributes that a new `root` has.
    """
    return _Writer(classes, given, list(declared)).save(root)


class _Writer:
    """Writes rows. values: the value of each row. origins: where it was found: a row, and a format with its value."""

    def __init__(self, classes: OwnClasses, given: Mapping[str, Any], declared: list[str]) -> None:
        self._classes = classes
        self._given = {id(value): name for name, value in given.items()}
        self._declared = declared
        self._rows: list[Row] = []
        self._values: list[Any] = []
        self._origins: list[tuple[int, str, Any]] = []
        self._numbers: dict[int, int] = {}  # by id(value)
        self._class_rows: list[Row] = []
        self._class_numbers: dict[tuple[Any, ...], int] = {}

    def save(self, root: Any) -> Plain:
        self.item(root, "", None)
        for value in self._values:  # the list grows meanwhile
            self._rows.append(self._row(value))
        return {"format": FORMAT, "classes": self._class_rows, "rows": self._rows}

    def item(self, value: Any, step: str, key: Any) -> Any:
        """Returns a value as an item of the row that is being written; step, key: the way from there to the value."""
        if is_atom(value):
            return value
        number = self._numbers.get(id(value))
        if number is None:
            number = self._numbers[id(value)] = len(self._values)
            self._values.append(value)
            self._origins.append((len(self._rows), step, key))
        return [number]

    def items(self, values: Iterable[Any]) -> Iterable[Any]:
        return [self.item(value, "[{}]", position) for position, value in enumerate(values)]

    def keys(self, keys: Iterable[Any], noun: str) -> list[Any]:
        """Returns the items of a set or the keys of a map as items."""
        found = []
        for key in keys:
            if is_too_deep(key):
                raise CannotSave(f"{self._path()} has {noun} of more than {DEEPEST_KEY} tuples in each other")
            found.append(self.item(key, f" ({noun})", None))
        return found

    def map(self, value: Mapping[Any, Any]) -> list[Any]:
        keys = self.keys(value, "a key")
        values = [self.item(held, "[{}]", key) for key, held in value.items()]
        return [item for pair in zip(keys, values) for item in pair]

    def refuse(self, noun: str, advice: str = "keep plain data instead") -> CannotSave:
        """Returns the error for the value of the row that is being written."""
        return CannotSave(
            f"{self._path()} is {noun} and cannot be saved: {advice}, or begin the attribute's name with {UNSAVED} "
            "and make it in reset or add_player"
        )

    def _row(self, value: Any) -> Row:
        name = self._given.get(id(value))
        if name is not None:
            return ["given", name]
        write = _ROWS.get(type(value))
        if write is not None:
            return write(self, value)
        if isinstance(value, enum.Enum) and self._classes.about(type(value)).is_own:
            return self._member(value)
        for kinds, noun in _NOUNS:
            if isinstance(value, kinds):
                raise self.refuse(noun)
        return self._object(value)

    def _member(self, value: enum.Enum) -> Row:
        number = self._class_number(self._classes.about(type(value)), ())
        if type(value).__members__.get(value.name) is value:
            return ["member", number, value.name]
        return ["flags", number, self.item(value.value, ".{}", "value")]

    def _object(self, value: Any) -> Row:
        is_root = not self._rows
        cls = type(value)
        about = self._classes.about(cls)
        if not is_root and not about.is_own:
            raise self.refuse(f"of the class {cls.__module__}.{cls.__qualname__}", self._advice(cls))
        if about.is_record and getattr(value, "__dict__", None):
            raise self.refuse("a tuple with further attributes")
        if not about.is_record and not about.is_plain:
            raise self.refuse(f"of the class {cls.__qualname__}, which inherits from a built-in class")
        attributes = {name: held for name, held in about.attributes(value).items() if is_saved(name)}
        for name in attributes:
            if not name.isprintable():
                raise CannotSave(f"{self._path()} has an attribute whose name is not printable: {name!r}")
        number = self._class_number(about, attributes, self._declared if is_root else about.declared)
        return ["object", number, *(self.item(held, ".{}", name) for name, held in attributes.items())]

    def _advice(self, cls: type) -> str:
        if "<locals>" in cls.__qualname__:
            return "define the class outside of functions"
        return f"its class must be in one of the modules {self._classes.names()}; the game names more in `modules`"

    def _class_number(self, about: Found, names: Iterable[str], declared: Iterable[str] = ()) -> int:
        key = (about.cls, *names)
        if key not in self._class_numbers:
            self._class_numbers[key] = len(self._class_rows)
            saved = [name for name in declared if is_saved(name)]
            self._class_rows.append([about.cls.__module__, about.cls.__qualname__, list(names), saved])
        return self._class_numbers[key]

    def _path(self) -> str:
        """Returns the way from the root to the value of the row that is being written, as Python spells it."""
        steps, number = [], len(self._rows)
        while number:
            number, step, key = self._origins[number]
            steps.append(step.format(key if isinstance(key, str) and step == ".{}" else short_repr(key)))
        return "".join(reversed(steps)).lstrip(".") or "the game"


def is_atom(value: Any) -> bool:
    """Whether MessagePack and JSON both hold this value as it is."""
    if type(value) is int:
        return LOWEST <= value < HIGHEST
    if type(value) is float:
        return math.isfinite(value)
    if type(value) is str:
        return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)
    return value is None or type(value) is bool


def is_too_deep(key: Any, left: int = DEEPEST_KEY) -> bool:
    """Whether a key is a tuple in a tuple in a tuple ..., deeper than `left`."""
    if not isinstance(key, (tuple, frozenset)):
        return False
    return left == 0 or any(is_too_deep(item, left - 1) for item in key)


def _in_order(items: Iterable[Any]) -> list[Any]:
    """Returns the items of a set in an order that does not depend on their hashes, as far as they have one."""
    return sorted(items, key=_rank)


def _rank(item: Any) -> tuple[Any, ...]:
    if isinstance(item, enum.Enum):
        return ("enum", type(item).__qualname__, str(item.name))
    if isinstance(item, tuple):
        return ("tuple", tuple(map(_rank, item)))
    if isinstance(item, (bool, int, float, str, bytes)):
        return (type(item).__name__, item)
    return ("~",)


def _map_row(writer: _Writer, value: Mapping[Any, Any]) -> Row:
    return [MAPS[type(value)], *writer.map(value)]


def _random_row(writer: _Writer, value: random.Random) -> Row:
    _version, numbers, gauss_next = value.getstate()
    return ["random", base64.b64encode(CHANCE.pack(*numbers)).decode("ascii"), gauss_next]


def _defaultdict_row(writer: _Writer, value: collections.defaultdict[Any, Any]) -> Row:
    factory = value.default_factory
    name = None if factory is None else getattr(factory, "__name__", "")
    if name is not None and FACTORIES.get(name) is not factory:
        raise writer.refuse("a defaultdict with a function of its own", f"use one of {', '.join(FACTORIES)}")
    return ["defaultdict", name, *writer.map(value)]


def _text_of(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


# A row for each type that is no class of the game.
_ROWS: dict[type, Callable[[_Writer, Any], Row]] = {
    int: lambda writer, value: ["int", hex(value)],
    float: lambda writer, value: ["float", repr(value)],
    str: lambda writer, value: ["text", _text_of(value.encode("utf-8", "surrogatepass"))],
    bytes: lambda writer, value: ["bytes", _text_of(value)],
    list: lambda writer, value: ["list", *writer.items(value)],
    tuple: lambda writer, value: ["tuple", *writer.items(value)],
    set: lambda writer, value: ["set", *writer.keys(_in_order(value), "an item")],
    frozenset: lambda writer, value: ["frozenset", *writer.keys(_in_order(value), "an item")],
    collections.deque: lambda writer, value: ["deque", value.maxlen, *writer.items(value)],
    collections.defaultdict: _defaultdict_row,
    random.Random: _random_row,
    **dict.fromkeys(MAPS, _map_row),
}
