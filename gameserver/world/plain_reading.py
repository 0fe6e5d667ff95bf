"""The plain data of `plain_objects` as objects again. This is loading.

In:  plain data from a file that anybody may have written, and the modules whose classes may be in it.
Out: the attributes of the object, and a sentence about each attribute or class that is another one now.
Raises ValueError with one sentence for any other data. The object itself does not change.

No constructor is called: an object gets the attributes that it had. `plain_classes` finds the classes.
"""

from __future__ import annotations

import enum
from typing import Any, Callable, Iterable, Mapping, NamedTuple, Sequence

from gameserver.world.plain_classes import Found, OwnClasses, is_saved
from gameserver.world.plain_objects import DEEPEST_KEY, FORMAT, Row, is_atom
from gameserver.world.plain_rows import ABSENT, KINDS, Node, checked, leaf


class Loaded(NamedTuple):
    """The attributes of the root by name. declared: the attributes that a new root had when it was saved."""

    attributes: dict[str, Any]
    declared: frozenset[str]
    sentences: list[str]


class _SavedClass(NamedTuple):
    """A class of the file, as it is now. kept: the positions and names of the values that are used.

    length: the number of values of an object. new: for each new attribute a function that makes its default. declared:
    the attributes that the class declared when it was saved.
    """

    about: Found
    length: int
    kept: list[tuple[int, str]]
    new: dict[str, Callable[[], Any]]
    declared: frozenset[str]


def load(data: Any, root: Any, classes: OwnClasses, given: Mapping[str, Any]) -> Loaded:
    """Returns the attributes that a saved object had; raises ValueError for data that is no object of root's class.

    root: a new object of the class; references to the saved object become references to it. given: as for `save`.
    """
    try:
        return _Reader(data, root, classes, given).load()
    except ValueError as error:
        raise ValueError(" ".join(str(error).split())) from error  # some errors of Python have more than one line
    except Exception as error:  # from the methods of a game's own class, such as its __hash__
        raise ValueError(f"it is no match of this game: {error!r}") from error


class _Reader:
    def __init__(self, data: Any, root: Any, classes: OwnClasses, given: Mapping[str, Any]) -> None:
        if type(data) is not dict or data.keys() != {"format", "classes", "rows"}:
            raise ValueError("it is no saved match: it has no format, classes and rows")
        if data["format"] != FORMAT:
            raise ValueError(f"it is a saved match of format {data['format']!r}, and this program knows only {FORMAT}")
        self._rows = checked(data["rows"], list, "rows")
        self._class_rows = checked(data["classes"], list, "classes")
        self._root = root
        self._classes = classes
        self._given = given
        self._saved_classes: dict[int, _SavedClass] = {}
        self._sentences: dict[str, None] = {}
        self._nodes: dict[int, Node] = {}
        self._values: dict[int, Any] = {0: root}
        self._depths: dict[int, int] = {}  # of tuples in tuples

    def load(self) -> Loaded:
        saved, row = self._root_row()
        self._read_rows(row[2 + position] for position, _ in saved.kept)
        self._finish_all()
        attributes = {name: self._value(row[2 + position]) for position, name in saved.kept}
        return Loaded(attributes, saved.declared, list(self._sentences))

    # Rows -----------------------------------------------------------------------------------------------------

    def _root_row(self) -> tuple[_SavedClass, Row]:
        """Returns the class and the row of the root. The declared attributes of the root are those that it has."""
        row = checked(self._rows[0] if self._rows else None, list, "row 0")
        if row[:1] != ["object"] or len(row) < 2:
            raise ValueError("row 0 is no object")
        module, name, names, declared = self._class_row(row[1])
        cls = type(self._root)
        if name != cls.__qualname__:
            raise ValueError(f"it is a match of the game {name}, and this game is {cls.__qualname__}")
        about = self._classes.about(cls)
        present = dict.fromkeys((*about.declared, *vars(self._root)))
        saved = self._saved_class(about._replace(declared=tuple(present)), module, names, declared, present)
        if len(row) != 2 + saved.length:
            raise ValueError(f"row 0 must have {saved.length} values, not {len(row) - 2}")
        return saved, row

    def _read_rows(self, items: Iterable[Any]) -> None:
        """Makes a node for every row that these items need, however far the way."""
        to_do = [number for number in map(self._reference, items) if number]
        while to_do:
            number = to_do.pop()
            if number not in self._nodes:
                node = self._nodes[number] = self._node(self._rows[number], number)
                if node.value is not ABSENT:
                    self._values[number] = node.value
                to_do.extend(target for target in map(self._reference, node.items) if target)

    def _reference(self, item: Any) -> int | None:
        """Returns the number of the row that an item stands for; None: it is a value itself."""
        if type(item) is not list:
            if not is_atom(item):
                raise ValueError(f"a row has an item that is no value: {item!r}")
            return None
        if len(item) != 1 or type(item[0]) is not int or not 0 <= item[0] < len(self._rows):
            raise ValueError(f"a row has an item that stands for no row: {item!r}")
        number: int = item[0]
        return number

    def _node(self, row: Any, number: int) -> Node:
        kind = row[0] if type(row) is list and row and type(row[0]) is str else ""
        try:
            if kind in _OWN_KINDS:
                return _OWN_KINDS[kind](self, row)
            if kind in KINDS:
                return KINDS[kind](row)
            raise ValueError("it is of no known kind")
        except (ValueError, TypeError, IndexError, OverflowError) as error:
            raise ValueError(f"row {number} is wrong: {error}") from error

    # Values ---------------------------------------------------------------------------------------------------

    def _value(self, item: Any) -> Any:
        return self._values.get(item[0], ABSENT) if type(item) is list else item

    def _finish_all(self) -> None:
        """Finishes each node after the nodes that it needs. In a circle, nodes with keys come last."""
        needs = {
            number: {target for target in map(self._reference, node.items) if target}
            for number, node in self._nodes.items()
        }
        circles = sorted(self._finish_in_order(needs))
        unmade = {number for number in circles if number not in self._values}
        unkeyed = [number for number in circles if number not in unmade and not self._nodes[number].keys]
        for number in unkeyed:  # the hash of an object may need an attribute
            self._finish(number)
        if self._finish_in_order({number: needs[number] & unmade for number in unmade}):
            raise ValueError("a tuple holds itself")
        for number in unkeyed:
            self._finish(number)
        for number in reversed(circles):
            if number not in unmade and self._nodes[number].keys:
                self._finish(number)

    def _finish_in_order(self, needs: Mapping[int, set[int]]) -> set[int]:
        """Finishes each node after those that it needs. Returns the nodes that need each other, and their users."""
        users: dict[int, list[int]] = {number: [] for number in needs}
        for number, targets in needs.items():
            for target in targets:
                users[target].append(number)
        missing = {number: len(targets) for number, targets in needs.items()}
        ready = [number for number in sorted(needs, reverse=True) if not missing[number]]
        while ready:
            number = ready.pop()
            self._finish(number)
            del missing[number]
            for user in users[number]:
                missing[user] -= 1
                if not missing[user]:
                    ready.append(user)
        return set(missing)

    def _finish(self, number: int) -> None:
        node = self._nodes[number]
        if node.finish is None:
            return
        if self._depth(node.keys) > DEEPEST_KEY:
            raise ValueError(f"a key has more than {DEEPEST_KEY} tuples in each other")
        value = node.finish([self._value(item) for item in node.items])
        if node.value is ABSENT:
            self._values[number] = value
            self._depths[number] = 1 + self._depth(node.items)

    def _depth(self, items: Sequence[Any]) -> int:
        """Returns how many tuples in each other these items are."""
        return max((self._depths.get(item[0], 0) for item in items if type(item) is list), default=0)

    # Classes --------------------------------------------------------------------------------------------------

    def _class_row(self, number: Any) -> tuple[str, str, list[str], frozenset[str]]:
        """Returns the module, the name, the attributes and the declared attributes of a class in the file."""
        if type(number) is not int or not 0 <= number < len(self._class_rows):
            raise ValueError(f"there is no class {number!r}")
        module, name, names, declared = checked(self._class_rows[number], list, f"class {number}")
        for text in (module, name, *checked(names, list, "names"), *checked(declared, list, "names")):
            if not checked(text, str, "a name").isprintable():
                raise ValueError(f"no name is {text!r}")
        if len(set(names)) < len(names) or not all(map(is_saved, names)):
            raise ValueError(f"class {name} has impossible attributes")
        return module, name, names, frozenset(declared)

    def own_class(self, number: Any) -> _SavedClass:
        """Returns a class of the file; raises ValueError if the game has no such class."""
        if number not in self._saved_classes:
            module, name, names, declared = self._class_row(number)
            cls = self._classes.find(module, name)
            if cls is None:
                raise ValueError(f"the game has no class {name} of the module {module}")
            about = self._classes.about(cls)
            self._saved_classes[number] = self._saved_class(about, module, names, declared, about.defaults())
        return self._saved_classes[number]

    def _saved_class(
        self, about: Found, module: str, names: list[str], declared: frozenset[str], defaults: dict[str, Any]
    ) -> _SavedClass:
        """Compares a class of the file with the class as it is now, and notes a sentence about each difference."""
        name = about.cls.__qualname__
        if about.cls.__module__ != module:
            self._say(f"class {name} has moved from {module} to {about.cls.__module__}")
        kept = []
        for position, attribute in enumerate(names):
            why = about.why_dropped(attribute, attribute in declared)
            if why:
                self._say(f"{name}.{attribute} is {why}: dropped")
            else:
                kept.append((position, attribute))
        new = [known for known in about.declared if known not in declared and known not in names and is_saved(known)]
        for attribute in new:
            has = "it has its default" if attribute in defaults else "it has no default"
            self._say(f"{name}.{attribute} is new: {has}")
        filled = {attribute: defaults[attribute] for attribute in new if attribute in defaults}
        return _SavedClass(about, len(names), kept, filled, declared)

    def _say(self, sentence: str) -> None:
        self._sentences[sentence] = None

    def given(self, name: Any) -> Any:
        """Returns an object that was there before; raises ValueError for an unknown name."""
        if type(name) is not str or name not in self._given:
            raise ValueError(f"there is no given object {name!r}")
        return self._given[name]


# Rows of objects ------------------------------------------------------------------------------------------------


def _given(reader: _Reader, row: Row) -> Node:
    _, name = row
    return leaf(reader.given(name))


def _member(reader: _Reader, row: Row) -> Node:
    _, number, name = row
    about = reader.own_class(number).about
    if not about.is_enum:
        raise ValueError(f"{about.cls.__qualname__} is no enumeration")
    member = about.cls.__members__.get(checked(name, str, "a name"))  # type: ignore[attr-defined]
    if member is None:
        raise ValueError(f"{about.cls.__qualname__}.{name} is gone")
    return leaf(member)


def _flags(reader: _Reader, row: Row) -> Node:
    _, number, value = row
    cls = reader.own_class(number).about.cls
    if not issubclass(cls, enum.Flag):
        raise ValueError(f"{cls.__qualname__} is no enumeration of flags")
    return leaf(cls(checked(value, int, "flags")))


def _object(reader: _Reader, row: Row) -> Node:
    _, number, *values = row
    saved = reader.own_class(number)
    about = saved.about
    if len(values) != saved.length:
        raise ValueError(f"a {about.cls.__qualname__} must have {saved.length} values, not {len(values)}")
    items = [values[position] for position, _ in saved.kept]
    names = [name for _, name in saved.kept]
    if about.is_record:
        return Node(items, finish=lambda items: _record(saved, dict(zip(names, items))))
    if about.is_enum or not about.is_plain:
        raise ValueError(f"no object of the class {about.cls.__qualname__} can be made")
    value: Any = object.__new__(about.cls)

    def fill(items: list[Any]) -> None:
        for name, item in zip(names, items):
            about.set(value, name, item)
        for name, default in saved.new.items():
            about.set(value, name, default())

    return Node(items, value, fill)


def _record(saved: _SavedClass, values: dict[str, Any]) -> Any:
    """Returns a NamedTuple."""
    about = saved.about
    values.update({name: default() for name, default in saved.new.items()})
    missing = [name for name in about.declared if name not in values]
    if missing:
        raise ValueError(f"{about.cls.__qualname__}.{missing[0]} is new and has no default")
    return tuple.__new__(about.cls, [values[name] for name in about.declared])


_OWN_KINDS: dict[str, Callable[[_Reader, Row], Node]] = {
    "given": _given,
    "member": _member,
    "flags": _flags,
    "object": _object,
}
