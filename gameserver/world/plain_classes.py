"""The classes of a game whose objects are saved: where they are found, and which attributes their objects have.

In:  the game's own modules. Out: `Found`, a class with everything that saving and loading need to know of it.
No other class is ever found: a file names its classes, and it must not be able to make any object that it likes.
"""

from __future__ import annotations

import dataclasses
import enum
import inspect
from functools import partial
from types import ModuleType
from typing import Any, Callable, Iterable, NamedTuple

# An attribute whose name begins so is not saved: a lock, a thread, a cache.
UNSAVED = "unsaved_"


class Found(NamedTuple):
    """A class. slots: the descriptors of its slots by name. declared: the attributes that the class itself names.

    is_own: it can be found by its name. is_record: it is a NamedTuple. is_enum: its objects are its members. is_plain:
    its objects consist of attributes alone, and of no built-in class.
    """

    cls: type
    slots: dict[str, Any]
    declared: tuple[str, ...]
    has_dict: bool
    is_own: bool
    is_record: bool
    is_enum: bool
    is_plain: bool

    def attributes(self, thing: Any) -> dict[str, Any]:
        """Returns the attributes of an object that are saved, by name."""
        if self.is_record:
            return dict(zip(self.declared, thing))
        found = {name: slot.__get__(thing) for name, slot in self.slots.items() if _is_set(slot, thing)}
        return {**found, **vars(thing)} if self.has_dict else found

    def set(self, thing: Any, name: str, value: Any) -> None:
        """Sets an attribute; no method of the class is called."""
        slot = self.slots.get(name)
        if slot is None:
            vars(thing)[name] = value
        else:
            slot.__set__(thing, value)

    def why_dropped(self, name: str, was_declared: bool) -> str:
        """Returns why an object of this class cannot have an attribute from a file; "": it can have it."""
        if (was_declared or not self.has_dict) and name not in self.declared:
            return "gone"
        if name in self.slots or name in self.declared:
            return ""
        standing = inspect.getattr_static(self.cls, name, None)
        is_method = inspect.isroutine(standing) or isinstance(standing, (property, classmethod, staticmethod))
        return "a method now" if is_method else ""

    def defaults(self) -> dict[str, Callable[[], Any]]:
        """Returns a function for each attribute that has a default; it makes the default."""
        if self.is_record:
            defaults: dict[str, Any] = self.cls._field_defaults  # type: ignore[attr-defined]
            return {name: partial(_same, value) for name, value in defaults.items()}
        found: dict[str, Callable[[], Any]] = {}
        for field in fields_of(self.cls):
            if field.default is not dataclasses.MISSING:
                found[field.name] = partial(_same, field.default)
            elif field.default_factory is not dataclasses.MISSING:
                found[field.name] = field.default_factory
        return found


class OwnClasses:
    """The classes that some modules define, by module and name."""

    def __init__(self, modules: Iterable[ModuleType]) -> None:
        self._modules = list(modules)
        self._known: dict[type, Found] = {}

    def find(self, module: str, name: str) -> type | None:
        """Returns the class of this name, from the module of this name or else from any other of the modules."""
        for candidate in sorted(self._modules, key=lambda known: known.__name__ != module):
            cls = _class_in(candidate, name)
            if cls is not None:
                return cls
        return None

    def about(self, cls: type) -> Found:
        """Returns what is known of a class."""
        if cls not in self._known:
            self._known[cls] = _described(cls, self.find(cls.__module__, cls.__qualname__) is cls)
        return self._known[cls]

    def names(self) -> str:
        """Returns the names of the modules, for a sentence."""
        return ", ".join(module.__name__ for module in self._modules)


def fields_of(cls: type) -> tuple[dataclasses.Field[Any], ...]:
    """Returns the fields of a dataclass; none for another class."""
    return dataclasses.fields(cls) if dataclasses.is_dataclass(cls) else ()


def is_saved(name: str) -> bool:
    """Whether an attribute of this name is saved. Python itself sets names such as `__orig_class__`."""
    return not name.startswith(UNSAVED) and not (name.startswith("__") and name.endswith("__"))


def _class_in(module: ModuleType, name: str) -> type | None:
    """Returns a class that is defined in this module itself; never one that the module has imported."""
    members: Any = vars(module)
    found = None
    for part in name.split("."):
        found = members.get(part)
        if not isinstance(found, type) or found.__module__ != module.__name__:
            return None
        members = vars(found)
    return found


def _described(cls: type, is_own: bool) -> Found:
    is_record = issubclass(cls, tuple) and hasattr(cls, "_fields")
    slots: dict[str, Any] = {}
    for base in cls.__mro__:
        for name in _slots_of(base):
            slots.setdefault(name, vars(base)[name])
    fields = cls._fields if is_record else (*(field.name for field in fields_of(cls)), *slots)  # type: ignore[attr-defined]
    return Found(
        cls,
        slots,
        tuple(dict.fromkeys(fields)),
        any("__dict__" in vars(base) for base in cls.__mro__),
        is_own,
        is_record,
        issubclass(cls, enum.Enum),
        _is_plain(cls),
    )


def _slots_of(cls: type) -> list[str]:
    """Returns the names of the slots that a class itself adds, as Python spells them in the class."""
    slots = vars(cls).get("__slots__", ())
    names = [slots] if isinstance(slots, str) else list(slots)
    private = f"_{cls.__name__.lstrip('_')}"
    spelt = [private + name if name.startswith("__") and not name.endswith("__") else name for name in names]
    return [name for name in spelt if name in vars(cls) and not name.startswith("__")]


def _same(value: Any) -> Any:
    return value


def _is_plain(cls: type) -> bool:
    try:
        object.__new__(cls)
    except TypeError:
        return False
    return True


def _is_set(slot: Any, thing: Any) -> bool:
    try:
        slot.__get__(thing)
    except AttributeError:
        return False
    return True
