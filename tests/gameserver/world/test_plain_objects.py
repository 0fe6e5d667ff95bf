"""Tests of saving objects of any kind: everything comes back, with its type, its order and its identity."""

from __future__ import annotations

import collections
import copy
import enum
import io
import json
import math
import os
import random
import sys
import threading
from dataclasses import dataclass, field
from typing import Any, Callable, Generic, Iterator, NamedTuple, TypeVar

import msgpack
import pytest
from hypothesis import given, settings, strategies as st

from gameserver.world import plain_objects, plain_reading
from gameserver.world.plain_classes import OwnClasses
from gameserver.world.plain_objects import CannotSave
from tests.example_counts import examples

T = TypeVar("T")


class Thing:
    """An object with any attributes."""

    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)

    def method(self) -> None: ...


class Slotted:
    __slots__ = ("__private", "x", "y")

    def __init__(self, x: Any) -> None:
        self.x = x
        self.__private = 7

    def private(self) -> int:
        return self.__private


class Both(Slotted):
    """It has slots from its base class, and further attributes."""


class Point(NamedTuple):
    x: Any
    y: Any = 5


@dataclass
class Card:
    suit: str
    value: int = 1
    marks: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class Frozen:
    place: Any
    name: str = "a"


class Node:
    """Its hash needs an attribute that is a tuple, and its neighbours are in a set that cannot change."""

    def __init__(self, place: tuple[int, int]) -> None:
        self.place = place
        self.neighbours: frozenset[Node] = frozenset()

    def __hash__(self) -> int:
        return hash(self.place)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and self.place == other.place


class Colour(enum.Enum):
    RED = 1
    GREEN = "green"


class Level(enum.IntEnum):
    LOW = 1


class Walls(enum.Flag):
    LEFT = 1
    RIGHT = 2


class Stack(Generic[T]):
    def __init__(self) -> None:
        self.items: list[T] = []


class Crowd(list):  # type: ignore[type-arg]
    """A list with a class of its own."""


class Outer:
    class Inner:
        pass


OWN = OwnClasses([sys.modules[__name__]])


def by_msgpack(data: Any) -> Any:
    return msgpack.unpackb(msgpack.packb(data))


def by_json(data: Any) -> Any:
    return json.loads(json.dumps(data, allow_nan=False))


def again(value: Any, written_and_read: Callable[[Any], Any] = by_msgpack) -> Any:
    """A value that was saved as an attribute, and loaded."""
    saved = written_and_read(plain_objects.save(Thing(it=value), OWN, {}))
    loaded = plain_reading.load(saved, Thing(), OWN, {})
    assert [s for s in loaded.sentences if s != "Thing.it is gone: dropped"] == []
    return loaded.attributes["it"]


SIMPLE: list[Any] = [
    None, True, False, 0, -1, 2**63, 2**64, -(2**63) - 1, 1.5, -0.0, 1e-300, "", "ä", "\ud800", "\x00", b"",
    b"\xff\x00", [], (), {}, set(), frozenset(), [[]], ((1,), [2]), {1: "a", "b": 2, (1, "x"): [3], None: 0, 1.5: 1},
    {frozenset({1, 2}), (3,)}, collections.deque([1, 2], maxlen=3), collections.deque(), collections.Counter("hello"),
    collections.OrderedDict(b=1, a=2), Point(1, [2]), Card("h", 3, [1]), Frozen((1, 2)), {Frozen((1, 2)): 1},
    frozenset({Frozen((1, (2,))), (Frozen(1),)}), Colour.RED, Colour.GREEN, Level.LOW, Walls(3), Walls(0),
    {Colour.RED: 1}, [math.inf, -math.inf], Node((1, 2)),
]  # fmt: skip


@pytest.mark.parametrize("written_and_read", [by_msgpack, by_json])
@pytest.mark.parametrize("value", SIMPLE, ids=lambda value: type(value).__name__)
def test_a_value_comes_back_as_it_was(value: Any, written_and_read: Callable[[Any], Any]) -> None:
    loaded = again(value, written_and_read)
    assert (type(loaded), repr(loaded)) == (type(value), repr(value)) or type(value) in (Node, set, frozenset)
    assert loaded == value
    if isinstance(value, collections.deque):
        assert loaded.maxlen == value.maxlen


def test_not_a_number_and_a_very_long_number_come_back() -> None:
    assert math.isnan(again(math.nan))
    assert again(10**5000) == 10**5000  # Python refuses to write so many decimals


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters()) | st.binary(),
    lambda inner: st.one_of(
        st.lists(inner),
        st.lists(inner).map(tuple),
        st.dictionaries(st.integers() | st.text() | st.tuples(st.integers(), st.text()), inner),
        st.sets(st.integers() | st.text()),
        st.frozensets(st.tuples(st.integers(), st.booleans())),
        st.lists(inner).map(collections.deque),
        st.builds(Point, inner, inner),
        st.builds(Card, st.text(), st.integers(), st.lists(inner)),
    ),
    max_leaves=20,
)


@pytest.mark.slow
@pytest.mark.parametrize("written_and_read", [by_msgpack, by_json])
@given(value=VALUES)
def test_any_value_comes_back_as_it_was(value: Any, written_and_read: Callable[[Any], Any]) -> None:
    assert again(value, written_and_read) == value


# Attributes -----------------------------------------------------------------------------------------------------


def test_objects_keep_the_attributes_of_their_dict_and_their_slots() -> None:
    both = Both(1)
    both.extra = [2]  # type: ignore[attr-defined]
    loaded = again(both)
    assert (type(loaded), loaded.x, loaded.private(), loaded.extra) == (Both, 1, 7, [2])
    assert not hasattr(loaded, "y"), "this slot was never set"


def test_attributes_keep_their_order() -> None:
    thing = Thing(b=(), a=1, c=[], d=2)
    assert list(vars(again(thing))) == ["b", "a", "c", "d"]


def test_a_class_within_a_class_and_a_generic_class_can_be_saved() -> None:
    stack = Stack[int]()
    stack.items.append(1)
    assert again(stack).items == [1]
    assert type(again(Outer.Inner())) is Outer.Inner


def test_an_attribute_whose_name_says_so_is_not_saved() -> None:
    assert vars(again(Thing(kept=1, unsaved_timer=threading.Lock()))) == {"kept": 1}


def test_random_numbers_go_on() -> None:
    rng = random.Random(5)
    rng.gauss(0.0, 1.0)
    loaded = again([rng, rng], by_json)
    assert loaded[0] is loaded[1]
    assert [loaded[0].gauss(0.0, 1.0), *(loaded[0].random() for _ in range(700))] == [
        rng.gauss(0.0, 1.0),
        *(rng.random() for _ in range(700)),
    ]


def test_a_defaultdict_keeps_its_function() -> None:
    loaded = again(collections.defaultdict(list, {1: [2]}))
    loaded["new"].append(3)
    assert loaded == {1: [2], "new": [3]}
    assert again(collections.defaultdict(None, a=1)).default_factory is None


# Identity and order ---------------------------------------------------------------------------------------------


def test_two_names_of_a_list_stay_names_of_one_list() -> None:
    shared = [1]
    first, second, inner = again((shared, shared, Thing(body=shared)))
    assert first is second is inner.body


def test_the_root_stays_the_root() -> None:
    root = Thing()
    root.players = [Thing(game=root)]  # type: ignore[attr-defined]
    new = Thing(players=[])
    loaded = plain_reading.load(by_msgpack(plain_objects.save(root, OWN, {})), new, OWN, {})
    assert loaded.attributes["players"][0].game is new
    assert new.players == [], "the root itself does not change"  # type: ignore[attr-defined]


def test_circles_come_back() -> None:
    snake, player = Thing(), Thing()
    snake.player, player.snake = player, snake  # type: ignore[attr-defined]
    snake.tail = (snake, [snake], {1: snake}, Point(snake))  # type: ignore[attr-defined]
    loaded = again(snake)
    assert loaded.player.snake is loaded
    assert loaded.tail[0] is loaded.tail[1][0] is loaded.tail[2][1] is loaded.tail[3].x is loaded
    assert list(vars(loaded)) == ["player", "tail"]
    itself: list[Any] = []
    itself.append((itself,))
    loaded = again(itself)
    assert loaded[0][0] is loaded


def test_a_circle_through_hashes_comes_back() -> None:
    nodes = [Node((0, 0)), Node((0, 1)), Node((1, 1))]
    for node in nodes:
        node.neighbours = frozenset(other for other in nodes if other is not node)
    loaded = again({node: node.place for node in nodes})
    first, second, third = loaded
    assert first.neighbours == {second, third}
    assert any(found is second for found in first.neighbours)
    assert loaded[Node((0, 1))] == (0, 1)
    held = {Node((3, 3))}
    next(iter(held)).neighbours = frozenset(held)
    (only,) = again(held)
    assert only in only.neighbours


@pytest.mark.parametrize("link", [lambda rest: [rest], lambda rest: (rest,), lambda rest: Thing(next=rest)])
def test_a_chain_of_any_length_needs_no_stack(link: Callable[[Any], Any]) -> None:
    chain: Any = None
    for _ in range(5_000):
        chain = link(chain)
    loaded, length = again(chain), 0
    while loaded is not None:
        loaded, length = (loaded.next if isinstance(loaded, Thing) else loaded[0]), length + 1
    assert length == 5_000


def test_equal_sets_are_saved_alike() -> None:
    """A set of texts has another order in each process."""
    words = [f"word {number}" for number in range(50)]
    saved = plain_objects.save(Thing(it={*words, (1, "a"), 3, None, Colour.RED}), OWN, {})
    other = {Colour.RED, None, 3, (1, "a"), *reversed(words)}
    assert saved == plain_objects.save(Thing(it=other), OWN, {})


def test_given_objects_are_named_and_not_saved() -> None:
    lock, new_lock = threading.Lock(), threading.Lock()
    saved = by_json(plain_objects.save(Thing(lock=lock, users=[Thing(lock=lock)]), OWN, {"lock": lock}))
    loaded = plain_reading.load(saved, Thing(), OWN, {"lock": new_lock})
    assert loaded.attributes["users"][0].lock is new_lock


def test_the_saved_data_shares_nothing_with_the_object() -> None:
    thing = Thing(body=[1, [2]], tags={"a": {1}})
    saved = plain_objects.save(thing, OWN, {})
    before = copy.deepcopy(saved)
    thing.body[1].append(3)  # type: ignore[attr-defined]
    thing.tags["a"].add(2)  # type: ignore[attr-defined]
    assert saved == before


# What cannot be saved -------------------------------------------------------------------------------------------


def numbers() -> Iterator[int]:
    yield 1


class Further(Point):
    """A NamedTuple that can have further attributes."""


def further() -> Further:
    value = Further(1)
    value.extra = 2  # type: ignore[attr-defined]
    return value


def local_object() -> Any:
    class Local: ...

    return Local()


def deep_key() -> Any:
    key: Any = ()
    for _ in range(30):
        key = (key,)
    return {key: 1}


REFUSED: list[tuple[Any, str]] = [
    (threading.Lock(), "is a lock and cannot be saved"),
    (threading.RLock(), "is a lock"),
    (threading.Event(), "is a lock"),
    (threading.Thread(), "is a thread"),
    (lambda: 1, "is a function"),
    (Thing().method, "is a method"),
    (numbers(), "is a generator"),
    (io.StringIO(), "is a file"),
    (os, "is a module"),
    (Thing, "is a class"),
    (collections.defaultdict(lambda: 0), "is a defaultdict with a function of its own"),
    (random.SystemRandom(), r"is of the class random\.SystemRandom and"),
    (collections.UserDict(), "modules tests"),
    (Crowd(), "is of the class Crowd, which inherits from a built-in class"),
    (further(), "is a tuple with further attributes"),
    (local_object(), "define the class outside of functions"),
    (iter([]), "is of the class builtins.list_iterator"),
    (deep_key(), "more than 20 tuples in each other"),
]


@pytest.mark.parametrize(("value", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_a_value_that_cannot_be_saved_is_named_with_its_path(value: Any, said: str) -> None:
    root = Thing(players={3: Thing(timers=[0, value])})
    with pytest.raises(CannotSave, match=said) as refused:
        plain_objects.save(root, OWN, {})
    assert str(refused.value).startswith("players[3].timers[1] ")


def test_a_key_that_cannot_be_saved_is_named_too() -> None:
    with pytest.raises(CannotSave, match=r"^tags \(an item\) is a function"):
        plain_objects.save(Thing(tags={len}), OWN, {})
    with pytest.raises(CannotSave, match=r"^names\['Ann'\]\[0\] \(a key\) is a lock"):
        plain_objects.save(Thing(names={"Ann": [{threading.Lock(): 1}]}), OWN, {})


# Another version ------------------------------------------------------------------------------------------------


class Snake:
    """Its versions are made by changing the data."""

    speed = 3

    def length(self) -> int:
        return 1


@dataclass
class Food:
    size: int
    taste: str = "sweet"
    bites: list[int] = field(default_factory=list)
    cook: str | None = field(init=False)


def data_of(cls: str, names: list[str], values: list[Any], declared: list[str], module: str = __name__) -> Any:
    """A saved root with one attribute, an object of this class."""
    classes = [[__name__, "Thing", ["it"], []], [module, cls, names, declared]]
    return {"format": 1, "classes": classes, "rows": [["object", 0, [1]], ["object", 1, *values]]}


def loaded_from(data: Any) -> tuple[Any, list[str]]:
    loaded = plain_reading.load(by_msgpack(data), Thing(it=0), OWN, {})
    return loaded.attributes["it"], loaded.sentences


def test_a_dataclass_gets_the_defaults_of_new_fields_and_loses_fields_that_are_gone() -> None:
    food, said = loaded_from(data_of("Food", ["size", "old", "extra"], [7, 8, 9], ["size", "old"]))
    assert vars(food) == {"size": 7, "extra": 9, "taste": "sweet", "bites": []}
    assert said == [
        "Food.old is gone: dropped",
        "Food.taste is new: it has its default",
        "Food.bites is new: it has its default",
        "Food.cook is new: it has no default",
    ]


def test_a_slot_that_is_gone_is_dropped() -> None:
    slotted, said = loaded_from(data_of("Slotted", ["x", "z"], [1, 2], ["x", "z"]))
    assert slotted.x == 1
    assert "Slotted.z is gone: dropped" in said


def test_a_named_tuple_gets_the_defaults_of_new_fields() -> None:
    assert loaded_from(data_of("Point", ["x", "z"], [1, 2], ["x", "z"])) == (
        Point(1, 5),
        ["Point.z is gone: dropped", "Point.y is new: it has its default"],
    )
    with pytest.raises(ValueError, match=r"Point\.x is new and has no default"):
        loaded_from(data_of("Point", ["y"], [1], ["y"]))


def test_an_attribute_that_is_a_method_now_is_dropped() -> None:
    snake, said = loaded_from(data_of("Snake", ["length", "speed"], [5, 4], []))
    assert (snake.length(), snake.speed) == (1, 4)
    assert said == ["Snake.length is a method now: dropped"]


def test_a_class_that_has_moved_is_found() -> None:
    snake, said = loaded_from(data_of("Snake", ["speed"], [5], [], module="old_snake"))
    assert (type(snake), said) == (Snake, [f"class Snake has moved from old_snake to {__name__}"])


def test_a_class_that_is_gone_does_no_harm_if_only_a_dropped_attribute_needs_it() -> None:
    data = data_of("Dragon", ["fire"], [5], [])
    with pytest.raises(ValueError, match="the game has no class Dragon of the module"):
        loaded_from(data)
    data["classes"][0] = [__name__, "Thing", ["dragon"], ["dragon"]]
    loaded = plain_reading.load(data, Thing(it=0), OWN, {})
    assert loaded == ({}, {"dragon"}, ["Thing.dragon is gone: dropped", "Thing.it is new: it has its default"])


def test_an_attribute_of_the_root_that_no_new_object_has_is_kept_if_none_had_it_before() -> None:
    saved = plain_objects.save(Thing(winner=3, old=4), OWN, {}, declared=["old"])
    loaded = plain_reading.load(saved, Thing(), OWN, {})
    assert loaded.attributes == {"winner": 3}
    assert loaded.sentences == ["Thing.old is gone: dropped"]


def test_a_match_of_another_game_is_refused() -> None:
    with pytest.raises(ValueError, match="it is a match of the game Thing, and this game is Snake"):
        plain_reading.load(plain_objects.save(Thing(), OWN, {}), Snake(), OWN, {})


# Files that somebody has made -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("posix", "system"),
        ("builtins", "eval"),
        ("builtins", "object"),
        ("builtins", "type"),
        ("subprocess", "Popen"),
        ("threading", "Thread"),
        (__name__, "os"),
        (__name__, "os.system"),
        (__name__, "threading.Thread"),
        (__name__, "collections.OrderedDict"),
        (__name__, "OwnClasses"),
        (__name__, "T"),
        (__name__, "Thing.method"),
        (__name__, "Thing.__class__"),
        (__name__, "Thing.__init__.__globals__"),
        (__name__, "local_object"),
        (__name__, ""),
        ("gameserver.base_game", "BaseGame"),
        ("not.a.module", "Thing2"),
    ],
)
@pytest.mark.parametrize("row", [["object", 1, "id"], ["member", 1, "id"], ["flags", 1, 1]])
def test_no_class_but_those_of_the_game_is_made(module: str, name: str, row: list[Any]) -> None:
    data = data_of(name, ["x"], [], [], module)
    data["rows"][1] = row
    modules = set(sys.modules)
    with pytest.raises(ValueError, match="has no class"):
        loaded_from(data)
    assert set(sys.modules) == modules, "nothing was imported"


@pytest.mark.parametrize("name", ["Crowd", "Colour", "Level", "Walls"])
def test_a_class_of_the_game_whose_objects_are_more_than_their_attributes_is_not_made(name: str) -> None:
    with pytest.raises(ValueError, match="no object of the class"):
        loaded_from(data_of(name, ["x"], [1], []))


@pytest.mark.parametrize("name", ["__class__", "__dict__", "unsaved_x"])
def test_a_name_that_is_never_saved_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="impossible attributes"):
        loaded_from(data_of("Thing", [name], [1], []))


def test_a_tuple_that_holds_itself_is_refused() -> None:
    data = data_of("Thing", [], [], [])
    data["rows"][1:] = [["tuple", [2]], ["tuple", [1]]]
    with pytest.raises(ValueError, match="a tuple holds itself"):
        loaded_from(data)


def test_a_key_that_would_need_much_stack_is_refused() -> None:
    data = data_of("Thing", [], [], [])
    data["rows"][1:] = [["set", [2]], *(["tuple", [number]] for number in range(3, 5000)), ["tuple"]]
    with pytest.raises(ValueError, match="more than 20 tuples"):
        loaded_from(data)


WRONG = [None, True, -1, 7, 2**63, 1.5, float("nan"), "", "x", b"", [], [0], [99], [[1]], {}, ["object"], ["set", [0]]]


def lively() -> Any:
    thing = Thing(it=[1, 2.5, "text", None, True, [3], (4, [5]), {6: [7], "k": (8,)}, {9, (1, 2)}, frozenset({10})])
    thing.more = [  # type: ignore[attr-defined]
        Point(1, [2]), Card("h"), Frozen((1,)), Colour.RED, Walls(3), Both(1), Slotted(2), random.Random(1), thing,
        collections.deque([1], 3), collections.Counter("ab"), collections.defaultdict(int, a=1), b"ab", 2**70, math.inf,
        "\ud800", {Frozen((1,)): Node((1, 2))},
    ]  # fmt: skip
    return thing


def paths_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, (dict, list)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from paths_in(item, (*path, key))


def spoiled(data: Any, path: tuple[Any, ...], wrong: Any) -> Any:
    if not path:
        return wrong
    changed = copy.copy(data)
    changed[path[0]] = spoiled(data[path[0]], path[1:], wrong)
    return changed


def refused(data: Any) -> bool:
    """Whether data is refused with one sentence; any other error fails the test. Other data must be of some object."""
    try:
        loaded = plain_reading.load(data, Thing(it=0, more=0), OWN, {})
    except ValueError as error:
        text = str(error)
    else:
        plain_objects.save(Thing(**loaded.attributes), OWN, {})
        return False
    assert len(text.splitlines()) == 1
    return True


@pytest.mark.slow
def test_data_with_one_wrong_value_is_refused_or_is_an_object() -> None:
    good = by_msgpack(plain_objects.save(lively(), OWN, {}))
    assert not refused(good)
    results = [refused(spoiled(good, path, wrong)) for path in paths_in(good) for wrong in WRONG]
    assert sum(results) > 1000
    assert len(results) - sum(results) > 100, "values may be other values"


@pytest.mark.slow
def test_data_with_one_wrong_byte_or_without_its_end_is_refused_or_is_an_object() -> None:
    good = msgpack.packb(plain_objects.save(lively(), OWN, {}))
    chance = random.Random(7)
    numbers = sorted({*range(0, len(good), 3), *range(len(good) - 600, len(good))})
    for number in numbers:
        for data in (good[:number] + bytes([chance.randrange(256)]) + good[number + 1 :], good[:number]):
            try:
                found = msgpack.unpackb(data)
            except (ValueError, msgpack.UnpackException):
                continue
            refused(found)


@pytest.mark.slow
@settings(max_examples=examples(300))
@given(data=st.data())
def test_any_rows_are_refused_or_are_an_object(data: st.DataObject) -> None:
    kinds = ["list", "tuple", "set", "frozenset", "dict", "deque", "object", "member", "given", "defaultdict", "int"]
    items = st.integers(-1, 8) | st.sampled_from(["int", "RED", "x", None]) | st.integers(0, 7).map(lambda n: [n])
    rows = data.draw(st.lists(st.builds(lambda kind, row: [kind, *row], st.sampled_from(kinds), st.lists(items))))
    classes = [[__name__, name, names, []] for name, names in (("Thing", ["it"]), ("Point", ["x", "y"]), ("Node", []))]
    refused({"format": 1, "classes": classes, "rows": [["object", 0, [1]], *rows]})
