"""Tests of state files with a right checksum and wrong values.

Such a file is refused with a sentence, or its rooms play on without a fault.
"""

from __future__ import annotations

import copy
import logging
import pickle
from pathlib import Path
from typing import Any, Iterator, Tuple

import msgpack
import pytest

from gameserver.checkpoint import saved_room, state_file
from gameserver.game import Game
from gameserver.match.seats import NoConnection, PlayerInfo, Seat
from gameserver.results.recorder import FORGETFUL
from gameserver.room import GameRoom
from gameserver.world import saved_world
from gameserver.world.settings import ServerSettings
from Net.address import Address
from tests.gameserver.checkpoint.test_restoring import keeping
from tests.gameserver.worlds import DT
from tests.support import plain_world

pytestmark = pytest.mark.slow

Path_ = Tuple[Any, ...]
TICKS = 20
WRONG = [None, "", -1, 2**70, float("nan"), [], {}, b""]
# A small world that has at least one thing of every kind.
SETTINGS = plain_world(
    map_size=1500.0, cell_size=1500, spawn_clearance=0.0, teams=2, trees_per_area=1, rocks=50, gold=50, animals=200
)


def lively_room() -> GameRoom:
    """Returns a room in the middle of a round, with things of every kind."""
    game = Game(SETTINGS)
    room = GameRoom("den", SETTINGS, ServerSettings(), 8, lambda _: game)
    for number in (1, 2, 3):
        info = PlayerInfo(number, f"player {number}", f"token {number}", "den", number % 2)
        room.game.add_player(number, info.name, info.team)
        room.keep_seat(Seat(NoConnection(Address("192.0.2.1", 5000)), info, room.replicator.make_view))
        room.game.grant_resources(number, 1000, 1000, 1000, 1000)
    room.start_game()
    for angle in range(8):
        for number in game.players:
            game.process_input(number, ("PLACE", angle % 2, angle * 0.78))
            game.process_input(number, ("MOVE", angle, angle))
        game.update(DT)
    for number in game.players:
        game.process_input(number, ("SHOOT", number * 2.0))
    game.update(1e-3)
    for number in game.players:
        game.process_input(number, ("SHOOT", 1.0))
        game.process_input(number, ("PLACE", 0, 1.0))
        game.process_input(number, ("UPGRADE", 1))
    animal = next(iter(game.animals.values()))
    animal.target_id, animal.hurt_by = 1, 2
    game.events.append(("DIED", 2, 1))
    return room


@pytest.fixture(scope="module")
def good() -> dict[str, Any]:
    data: dict[str, Any] = msgpack.unpackb(msgpack.packb(saved_room.save(lively_room())))
    for name in saved_world.THINGS:
        assert data["game"][name]["rows"], f"there are no {name}"
    return data


def load(data: Any) -> GameRoom:
    return saved_room.load(data, ServerSettings(), SETTINGS, Game, FORGETFUL)


def paths_in(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    """Yields the path to every value; in long lists only to the first two items and the last one."""
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from paths_in(item, (*path, key))
    elif isinstance(value, list):
        numbers = range(len(value)) if len(value) <= 40 and path[-1] != "rows" else (0, 1, len(value) - 1)
        for number in sorted({*numbers} & {*range(len(value))}):
            yield from paths_in(value[number], (*path, number))


def spoiled(data: Any, path: Path_, wrong: Any) -> Any:
    if not path:
        return wrong
    changed = copy.copy(data)
    changed[path[0]] = spoiled(data[path[0]], path[1:], wrong)
    return changed


def play_on(room: GameRoom) -> None:
    """Brings every player back, in JSON and in MessagePack, and ticks the room. A paused room would hide faults."""
    room.clock.pause(False)
    room.clock.wait_while(lambda: False, 0.0)
    for seat in room.roster.seats():
        seat.choose_wire_format(not seat.info.as_text)
        room.resume_player(NoConnection(Address("192.0.2.1", 1)), seat)  # type: ignore[arg-type]  # takes any packet
    for _ in range(TICKS):
        room.tick()
    room.game.update(1.0)
    for seat in room.roster.seats():
        room.game.process_input(seat.info.id, ("ATTACK", True, 0.5))
    room.tick()
    msgpack.packb(saved_room.save(room))
    room.end_game()
    room.reset_room()
    room.tick()


def test_a_good_state_plays_on(good: dict[str, Any]) -> None:
    play_on(load(copy.deepcopy(good)))


@pytest.mark.timeout(300)
def test_a_state_with_one_wrong_value_is_refused_or_plays_on(good: dict[str, Any]) -> None:
    refused = taken = 0
    frozen = pickle.dumps(good)  # a room may change the data that it is made of; unpickling is faster than deepcopy
    for path in paths_in(good):
        for wrong in WRONG:
            data = spoiled(pickle.loads(frozen), path, wrong)
            try:
                room = load(data)
            except ValueError:
                refused += 1
                continue
            taken += 1
            try:
                play_on(room)
            except Exception as error:
                raise AssertionError(f"{path} = {wrong!r} was taken up") from error
    assert refused > 1000
    assert taken > 50, "values that may be None, or empty, are taken"


@pytest.mark.parametrize(
    ("path", "wrong", "said"),
    [
        (("id",), ["den"], "id must be text"),
        (("id",), "a\u202eb", r"U\+202E"),
        (("capacity",), 2**70, "capacity"),
        (("seats", 0, "info", "id"), 2, "seats are those of players"),
        (("seats", 0, "info", "token"), "token 2", "same token"),
        (("seats", 0, "info", "is_spectator"), True, "is_spectator"),
        (("seats", 0, "info", "name"), "\x1b[2J", r"U\+001B"),
        (("game", "tick"), True, "tick"),
        (("game", "elapsed_s"), float("inf"), "elapsed_s"),
        (("game", "last_id"), 0, "last_id"),
        (("game", "team_points"), [0], "team_points"),
        (("game", "events"), [["SHUTDOWN", "x", 1]], "events"),
        (("game", "rng", 1, 0), -5, "rng"),
        (("game", "settings", "weapons", 0, 0), None, "weapons.name"),
        (("game", "settings", "map_size"), 1e300, "map_size"),
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else None,
)
def test_the_sentence_names_the_wrong_value(good: dict[str, Any], path: Path_, wrong: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        load(spoiled(good, path, wrong))


def cell(data: dict[str, Any], table: str, row: int, name: str) -> Path_:
    return ("game", table, "rows", row, data["game"][table]["names"].index(name))


SAID = {"owner_id": "a player who is not there", "placed": "not placed what is standing", "experience": "the next age"}


@pytest.mark.parametrize(
    ("table", "name", "wrong"),
    [
        ("players", "x", 1e6),
        ("players", "y", float("nan")),
        ("players", "health", -1.0),
        ("players", "scale", 0.0),
        ("players", "weapon", 8),
        ("players", "age", 10_000),
        ("players", "experience", 10**9),
        ("players", "team", 2),
        ("players", "placed", [0, 0]),
        ("players", "place_asked", [7, 0.0]),
        ("animals", "species", 99),
        ("animals", "home", 99),
        ("animals", "id", 1),
        ("projectiles", "owner_id", 77),
        ("projectiles", "heading_x", 1e9),
        ("buildings", "owner_id", 77),
        ("buildings", "item", 5),
        ("scenery", "kind", 5),
        ("scenery", "x", -1.0),
    ],
)
def test_a_thing_that_would_break_a_tick_is_refused(good: dict[str, Any], table: str, name: str, wrong: Any) -> None:
    with pytest.raises(ValueError, match=SAID.get(name, name)):
        load(spoiled(good, cell(good, table, 0, name), wrong))


def test_two_things_with_one_id_are_refused(good: dict[str, Any]) -> None:
    taken = good["game"]["scenery"]["rows"][0][good["game"]["scenery"]["names"].index("id")]
    with pytest.raises(ValueError, match="two things have the id"):
        load(spoiled(good, cell(good, "animals", 0, "id"), taken))


@pytest.mark.parametrize("wrong", ["name", "token"])
def test_two_rooms_that_do_not_fit_together_are_set_aside(
    good: dict[str, Any], wrong: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    other = copy.deepcopy(good)
    if wrong == "token":
        other["id"] = "attic"
        for seat, new_id in zip(other["seats"], (11, 12, 13)):
            seat["info"]["id"] = new_id
        for row in other["game"]["players"]["rows"]:
            row[other["game"]["players"]["names"].index("id")] += 10
        for table in ("buildings", "projectiles"):
            for row in other["game"][table]["rows"]:
                row[other["game"][table]["names"].index("owner_id")] += 10
    assert_set_aside([good, other], tmp_path, caplog, "same token" if wrong == "token" else "called 'den'")


@pytest.mark.parametrize("parts", [[None], ["room"], [[1]], [{1: 2}], [{"game": None, "seats": None}]], ids=repr)
def test_a_file_of_something_else_is_set_aside(
    parts: list[Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert_set_aside(parts, tmp_path, caplog, "it is no")


def assert_set_aside(parts: list[Any], folder: Path, caplog: pytest.LogCaptureFixture, said: str) -> None:
    file = folder / "rooms.state"
    file.write_bytes(state_file.encode(parts))
    with keeping(file) as arena:
        assert arena.server.lobby.all_rooms() == []
        assert arena.join("Ann").id == 1
    (warning,) = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert said in warning
    assert "it is now" in warning
    assert list(folder.glob("rooms.state.damaged-*"))
