"""Tests of experience, ages and weapons."""

from __future__ import annotations

import dataclasses

import pytest

from gameserver.rules.growth import choices, experience_for_next_age, gain_experience
from gameserver.world.settings import GameSettings
from tests.gameserver.worlds import DT, EMPTY, RIGHT, click, game_with, kill, put_animal, run

HAMMER, AXE, GREAT_AXE, SWORD, KATANA, POLEARM, DAGGERS, BOW = range(8)


def test_each_age_takes_a_fifth_more_than_the_one_before_from_300_on() -> None:
    assert [experience_for_next_age(EMPTY, age) for age in range(1, 6)] == [300, 360, 432, 518, 622]


def test_experience_adds_up_to_ages_and_the_rest_is_kept() -> None:
    game = game_with((7000, 7000))
    player = game.players[1]
    gain_experience(game, player, 299)
    assert (player.age, player.experience) == (1, 299)
    gain_experience(game, player, 1 + 360 + 5)
    assert (player.age, player.experience) == (3, 5)


def test_kills_of_players_and_animals_bring_experience() -> None:
    game = game_with((7000, 7000), (9000, 9000), melee_damage=1000.0)
    kill(game, 2)
    assert game.players[1].experience == EMPTY.kill_experience
    run(game, EMPTY.melee_cooldown_s)
    put_animal(game, 7000, 7110)
    click(game, 1, 1.57)
    assert game.players[1].experience == EMPTY.kill_experience + EMPTY.animal_experience


def test_a_weapon_can_be_chosen_at_its_age_after_the_one_before_it() -> None:
    game = game_with((7000, 7000))
    player = game.players[1]

    def offered(age: int, weapon: int) -> list[int]:
        player.age, player.weapon = age, weapon
        return choices(EMPTY, player)

    assert offered(1, HAMMER) == []
    assert offered(2, HAMMER) == [AXE, SWORD, DAGGERS]
    assert offered(3, HAMMER) == [AXE, SWORD, POLEARM, DAGGERS, BOW]
    assert offered(3, AXE) == []
    assert offered(4, AXE) == [GREAT_AXE]
    assert offered(9, KATANA) == []


def test_an_age_gives_no_more_than_one_choice() -> None:
    weapons = EMPTY.weapons
    assert all(row.age > weapons[before].age for row in weapons for before in row.after)


def test_an_upgrade_changes_the_weapon_and_uses_the_choice_up() -> None:
    game = game_with((7000, 7000))
    game.players[1].age = 2
    game.process_input(1, ("UPGRADE", SWORD))
    game.update(DT)
    assert game.players[1].weapon == SWORD
    game.process_input(1, ("UPGRADE", AXE))
    game.update(DT)
    assert game.players[1].weapon == SWORD


def test_a_weapon_that_is_not_offered_is_ignored_and_not_kept_for_later() -> None:
    game = game_with((7000, 7000))
    game.process_input(1, ("UPGRADE", SWORD))
    game.update(DT)
    game.players[1].age = 2
    game.update(DT)
    assert game.players[1].weapon == HAMMER


def test_there_may_be_fewer_weapons_than_numbers_for_them() -> None:
    game = game_with((7000, 7000), weapons=EMPTY.weapons[:1])
    game.process_input(1, ("UPGRADE", BOW))
    game.update(DT)
    assert game.players[1].weapon == HAMMER


@pytest.mark.parametrize("weapon", range(8))
def test_damage_reach_and_cooldown_are_the_weapons(weapon: int) -> None:
    row = EMPTY.weapons[weapon]
    reach = EMPTY.melee_reach * row.reach + EMPTY.player_scale
    game = game_with((7000, 7000), (7000 + reach - 1, 7000), (7000, 7000 + reach + 1))
    game.players[1].weapon = weapon
    game.process_input(1, ("ATTACK", True, 0.0))
    game.update(DT)
    assert game.players[2].health == EMPTY.player_health - EMPTY.melee_damage * row.damage
    assert game.players[1].swing_in_s == pytest.approx(EMPTY.melee_cooldown_s * row.cooldown - DT)
    click(game, 1, 1.57)
    assert game.players[3].health == EMPTY.player_health


@pytest.mark.parametrize("weapon", [HAMMER, KATANA, DAGGERS])
def test_a_weapon_decides_how_fast_its_player_walks(weapon: int) -> None:
    game = game_with((7000, 7000))
    game.players[1].weapon = weapon
    game.process_input(1, ("MOVE", RIGHT, None))
    run(game, 1.0)
    assert game.players[1].x == pytest.approx(7000 + EMPTY.player_speed * EMPTY.weapons[weapon].speed)


def test_the_dead_keep_age_weapon_and_resources_and_a_new_round_takes_them() -> None:
    game = game_with((7000, 7000), (9000, 9000))
    victim = game.players[2]
    victim.age, victim.weapon, victim.resources = 4, KATANA, [1, 2, 3, 4]
    kill(game, 2)
    run(game, EMPTY.respawn_after_s + DT)
    assert victim.alive
    assert (victim.age, victim.weapon, victim.resources) == (4, KATANA, [1, 2, 3, 4])
    game.reset()
    assert (victim.age, victim.weapon, victim.resources) == (1, HAMMER, list(EMPTY.start_resources))


def test_a_row_is_checked_like_any_setting() -> None:
    bad = EMPTY.weapons[0]._replace(damage=-1.0)
    with pytest.raises(ValueError, match=r"setting weapons.damage must be .* to .*, not -1"):
        dataclasses.replace(EMPTY, weapons=(bad,))
    with pytest.raises(ValueError, match="setting weapons must be"):
        GameSettings(weapons=EMPTY.weapons * 2)
