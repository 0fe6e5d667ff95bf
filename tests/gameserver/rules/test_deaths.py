"""Tests of the credit for a kill: `Game.handle_scoring` gives it, whatever has killed the player."""

from __future__ import annotations

from typing import Callable

import pytest

from gameserver.game import Game
from gameserver.rules.building import put
from gameserver.world.settings import GameSettings
from tests.gameserver.worlds import COW, DT, EMPTY, RIGHT, click, put_animal, run

SPIKE_ITEM = 1
SPIKE_SCALE = EMPTY.items[SPIKE_ITEM].scale


class Counting(Game):
    """A game that notes each call of `handle_scoring`, and otherwise plays as any game."""

    def __init__(self, settings: GameSettings) -> None:
        self.credited: list[int] = []
        super().__init__(settings)

    def handle_scoring(self, player_id: int) -> None:
        self.credited.append(player_id)
        super().handle_scoring(player_id)


class Uncounted(Counting):
    """A game that credits nobody."""

    def handle_scoring(self, player_id: int) -> None:
        self.credited.append(player_id)


def duel(kind: type[Counting] = Counting) -> Counting:
    """Returns a game in which player 2 stands in front of player 1 and has almost no health."""
    game = kind(EMPTY)
    for player_id, x in ((1, 7000.0), (2, 7080.0)):
        player = game.add_player(player_id, "name")
        player.x, player.y = x, 7000.0
    game.players[2].health = 0.1
    return game


def strike(game: Game) -> None:
    click(game, 1)


def shoot(game: Game) -> None:
    game.process_input(1, ("SHOOT", 0.0))
    run(game, 3 * DT)


def prick(game: Game) -> None:
    victim = game.players[2]
    put(game, game.players[1], SPIKE_ITEM, victim.x + victim.scale + SPIKE_SCALE + 1, victim.y)
    game.process_input(2, ("MOVE", RIGHT, None))
    game.update(DT)


@pytest.mark.parametrize("attack", [strike, shoot, prick])
@pytest.mark.parametrize("kind", [Counting, Uncounted])
def test_every_kill_is_credited_once_by_handle_scoring(attack: Callable[[Game], None], kind: type[Counting]) -> None:
    game = duel(kind)
    attack(game)
    assert game.take_events() == [("DIED", 2, 1)]
    assert game.credited == [1]
    kills = 1 if kind is Counting else 0
    assert (game.players[1].kills, game.players[1].score) == (kills, kills * EMPTY.kill_score)


def test_two_kills_in_one_tick_are_two_credits() -> None:
    game = duel()
    third = game.add_player(3, "name")
    third.x, third.y, third.health = 7040.0, 7070.0, 0.1
    click(game, 1)
    assert game.take_events() == [("DIED", 2, 1), ("DIED", 3, 1)]
    assert game.credited == [1, 1]


def test_nobody_is_credited_for_a_death_by_an_animal_or_by_a_player_that_has_left() -> None:
    game = duel()
    put_animal(game, game.players[2].x + 90, 7000)
    run(game, 1.0)
    assert game.take_events() == [("DIED", 2, None)]
    assert game.credited == []


def test_a_dead_animal_scores_but_is_no_kill() -> None:
    game = duel()
    game.players[2].x = 9000.0
    put_animal(game, 7080, 7000, COW).health = 0.1
    click(game, 1)
    assert game.players[1].score > 0
    assert game.credited == []
    assert game.players[1].kills == 0


def test_an_unknown_player_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        duel().handle_scoring(3)
