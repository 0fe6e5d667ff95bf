"""Tests of animals: cows flee, wolves hunt, and every area keeps its number of animals."""

from __future__ import annotations

from collections import Counter

import pytest

from gameserver.game import Game
from gameserver.world.settings import GameSettings
from gameserver.world.terrain import areas_of
from tests.gameserver.worlds import COW, DT, EMPTY, WOLF, click, distance, game_with, put_animal, run


def test_a_cow_pays_no_attention_to_players() -> None:
    game = game_with((7200, 7000))
    cow = put_animal(game, 7000, 7000, COW)
    run(game, 2.0)
    assert cow.target_id is None
    assert game.players[1].health == EMPTY.player_health


def test_an_animal_that_no_player_could_see_stands_still_until_one_comes() -> None:
    game = game_with((1000, 7000))
    wolf, cow = put_animal(game, 9000, 7000, WOLF), put_animal(game, 7000, 12000, COW)
    for animal in (wolf, cow):
        animal.think_in_s = 0.0
    run(game, 3.0)
    assert [(wolf.x, wolf.y), (cow.x, cow.y)] == [(9000, 7000), (7000, 12000)]
    for seen_from in ((9000 - 3 * 600, 7000), (9000, 7000 + 2 * 600)):  # just within a player's view
        player, before = game.players[1], (wolf.x, wolf.y)
        player.x, player.y = seen_from
        run(game, EMPTY.animal_think_s + 2 * DT)
        assert (wolf.x, wolf.y) != before
        wolf.x, wolf.y = 9000, 7000
    assert (cow.x, cow.y) == (7000, 12000)


def test_a_hunter_that_is_left_alone_gives_up_its_prey() -> None:
    game = game_with((7200, 7000))
    wolf = put_animal(game, 7000, 7000, WOLF)
    run(game, 1.0)
    assert wolf.target_id == 1
    game.players[1].x = 1000
    run(game, 1.0)
    assert (wolf.target_id, wolf.attacking) == (None, False)


def test_a_cow_that_is_hurt_flees_and_calms_down() -> None:
    game = game_with((7000, 7000))
    cow = put_animal(game, 7120, 7000, COW)
    click(game, 1)
    before = distance(cow, game.players[1])
    run(game, 1.0)
    fled = distance(cow, game.players[1]) - before
    assert fled == pytest.approx(EMPTY.animal_chase_speed * EMPTY.species[COW].run)
    run(game, EMPTY.animal_flee_s)
    x, y = cow.x, cow.y
    game.update(DT)
    step = ((cow.x - x) ** 2 + (cow.y - y) ** 2) ** 0.5
    assert step == pytest.approx(EMPTY.animal_wander_speed * EMPTY.species[COW].wander * DT)


def test_a_wolf_hunts_a_player_that_hurt_it_from_beyond_its_sight() -> None:
    game = game_with((7000 - EMPTY.animal_sight - 200, 7000))
    wolf = put_animal(game, 7000, 7000, WOLF)
    wolf.think_in_s = 60.0
    game.process_input(1, ("SHOOT", 0.0))
    while wolf.target_id is None:
        game.update(DT)
        assert game.elapsed_s < 2.0
    assert wolf.target_id == 1


def test_an_animal_that_was_hurt_by_a_player_who_has_left_wanders_on() -> None:
    game = game_with((7000, 7000))
    cow = put_animal(game, 7120, 7000, COW)
    click(game, 1)
    game.remove_player(1)
    run(game, 1.0)
    assert (cow.flee_in_s, cow.hurt_by) == (0.0, None)


@pytest.mark.parametrize("species", [COW, WOLF])
def test_an_animal_is_worth_the_score_of_its_species(species: int) -> None:
    game = game_with((7000, 7000), melee_damage=1000.0)
    put_animal(game, 7110, 7000, species)
    click(game, 1)
    worth = EMPTY.species[species].worth
    assert game.players[1].score == EMPTY.animal_score * worth
    assert game.players[1].experience == EMPTY.animal_experience * worth


def test_every_area_of_a_full_map_has_a_cow_and_a_wolf() -> None:
    game = Game(GameSettings(time_limit_s=None))
    side = game.settings.area_size
    found = Counter((animal.home, animal.species) for animal in game.animals.values())
    assert found == {(area, species): 1 for area in range(49) for species in (COW, WOLF)}
    assert all(int(a.y / side) * 7 + int(a.x / side) == a.home for a in game.animals.values())


def test_a_dead_animal_is_replaced_by_its_like_in_its_area() -> None:
    game = Game(GameSettings(map_size=5000.0, time_limit_s=None, animal_respawn_s=1.0))
    homes = Counter((animal.home, animal.species) for animal in game.animals.values())
    victim = list(game.animals.values())[3]
    player = game.add_player(1, "name")
    player.x, player.y = victim.x - 100, victim.y
    victim.health = 1.0
    click(game, 1)
    assert victim.id not in game.animals
    run(game, 1.0 + 2 * DT)
    newcomer = list(game.animals.values())[-1]
    assert newcomer.id < victim.id
    assert (newcomer.home, newcomer.species) == (victim.home, victim.species)
    assert Counter((animal.home, animal.species) for animal in game.animals.values()) == homes


def test_a_small_map_has_both_species_in_each_area_if_there_are_enough() -> None:
    game = Game(GameSettings(map_size=4000.0, animals=104))
    assert len(areas_of(game.settings)) == 4
    found = Counter((animal.home, animal.species) for animal in game.animals.values())
    assert set(found.values()) == {1}
    assert len(found) == 8
