"""Settings: what each field says about itself, and the values that are refused."""

from __future__ import annotations

import math
from dataclasses import make_dataclass
from typing import Any

import pytest

from gameserver.game import Game
from gameserver.world.base_settings import BaseSettings
from gameserver.world.ranges import (
    Range,
    Setting,
    SettingError,
    changeable_settings,
    check_number,
    described,
    kind_of,
    setting,
)
from gameserver.world.settings import GameSettings, ServerSettings
from tests.gameserver.worlds import EMPTY

ALL = {**described(GameSettings), **described(ServerSettings)}
each_setting = pytest.mark.parametrize(("name", "known"), ALL.items(), ids=list(ALL))


@each_setting
def test_a_setting_says_what_it_means_and_which_numbers_it_may_be(name: str, known: Setting) -> None:
    assert known.help
    assert "\n" not in known.help
    if known.kind in (int, float):
        assert known.range is not None, name
    assert known.kind in (int, float, str, bool) or known.rows


@each_setting
def test_the_default_shows_the_kind(name: str, known: Setting) -> None:
    """A whole number by mistake, such as `player_speed: float = 300`, would make 300.5 forbidden."""
    for settings in (GameSettings, ServerSettings):
        annotation = settings.__annotations__.get(name)
        if annotation is not None and known.kind in (int, float):
            assert known.kind.__name__ in annotation


def test_only_numbers_that_the_rules_look_up_each_time_change_during_a_game() -> None:
    shape_the_map = {"map_size", "cell_size", "area_size", "rocks", "gold", "animals", "seed", "river_share"}
    kept_by_objects = {"player_scale", "player_health", "animal_scale", "projectile_scale"}
    kept_by_the_match = {"mode", "modes", "teams", "first_age_experience", "age_growth", "tick_rate"}
    changeable = changeable_settings(GameSettings)
    assert not {*shape_the_map, *kept_by_objects, *kept_by_the_match} & set(changeable)
    tables = {"weapons", "items", "species"}
    assert list(Game(EMPTY).changeable_settings()) == [name for name in changeable if name not in tables]
    assert tables < set(changeable)


def test_clients_are_told_every_setting_that_says_so() -> None:
    told = Game(EMPTY).client_settings()
    for name, known in described(GameSettings).items():
        if known.is_told:
            assert told[name] == getattr(EMPTY, name)


@pytest.mark.parametrize(
    ("value", "kind", "is_allowed"),
    [
        (1, int, True),
        (1.0, int, False),
        (1, float, True),
        (1.5, float, True),
        (True, int, False),
        (True, float, False),
        (math.nan, float, False),
        (math.inf, float, False),
        (3, int, False),
        ("1", int, False),
        (None, int, False),
    ],
)
def test_a_number_is_of_its_kind_and_in_its_range(value: Any, kind: type, is_allowed: bool) -> None:
    if is_allowed:
        check_number("name", value, Range(0, 2), kind)
    else:
        with pytest.raises(ValueError, match=r"setting name must be a (whole )?number from 0 to 2, not"):
            check_number("name", value, Range(0, 2), kind)


@pytest.mark.parametrize("value", [(), (1, 1, 1, 1), (1, 3), [1], 1])
def test_a_tuple_has_its_length_and_each_item_is_in_the_range(value: Any) -> None:
    check_number("name", (1, 2), Range(0, 2).each(1, 3), int)
    with pytest.raises(ValueError, match="setting name must be"):
        check_number("name", value, Range(0, 2).each(1, 3), int)


@pytest.mark.parametrize(
    ("column", "value"),
    [("age", 1.5), ("after", (0.5,)), ("after", [0]), ("name", 7), ("reach", -1.0), ("gather", True)],
)
def test_each_column_of_a_table_is_of_the_kind_of_the_default_table(column: str, value: Any) -> None:
    row = EMPTY.weapons[0]._replace(**{column: value})
    with pytest.raises(ValueError, match=rf"setting weapons\.{column} must be"):
        GameSettings(weapons=(row,))


@pytest.mark.parametrize(
    ("default", "right", "wrong", "said"),
    [
        (True, False, 1, "True or False"),
        (3, -5, 2.5, "a whole number"),
        (3, 10**9, True, "a whole number"),
        (1.5, 2, "2", "a finite number"),
        (1.5, -0.5, math.nan, "a finite number"),
        ("a", "", None, "text"),
        (("a",), ("b", "c"), ("b", 3), "text"),
        ((1, 2), (), [1], "a tuple"),
    ],
)
def test_a_setting_without_a_range_takes_any_value_of_its_kind(default: Any, right: Any, wrong: Any, said: str) -> None:
    field = ("it", Any, setting(default, help="a value"))
    settings: Any = make_dataclass("Settings", [field], bases=(BaseSettings,), frozen=True)
    assert settings(it=right).it == right
    with pytest.raises(SettingError, match=f"setting it must be {said}, not"):
        settings(it=wrong)


def test_the_kind_of_a_tuple_is_that_of_its_items() -> None:
    assert [kind_of(value) for value in (1, 1.0, "a", True, (2, 1), ((0.5,),))] == [int, float, str, bool, int, float]
