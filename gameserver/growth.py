"""Experience, ages, and the weapons that they open up."""

from __future__ import annotations

from gameserver.objects import PlayerObject
from gameserver.settings import GameSettings
from gameserver.world import World


def experience_for_next_age(settings: GameSettings, age: int) -> int:
    """What a player of this age needs, from the beginning of it: 300, 360, 432, ... as in MooMoo.io."""
    return round(settings.first_age_experience * settings.age_growth ** (age - 1))


def gain_experience(world: World, player: PlayerObject, gained: int) -> None:
    """Adds experience, and as many ages as it is enough for."""
    player.experience += gained
    while player.experience >= experience_for_next_age(world.settings, player.age):
        player.experience -= experience_for_next_age(world.settings, player.age)
        player.age += 1


def choices(settings: GameSettings, player: PlayerObject) -> list[int]:
    """The numbers of the weapons that a player may change to now.

    Each weapon asks for a higher age than those it comes after, so there is no more than one choice an age.
    """
    weapons = enumerate(settings.weapons)
    return [number for number, row in weapons if player.age >= row.age and player.weapon in row.after]


def upgrade_players(world: World) -> None:
    """Gives players the weapon that they asked for, if it is among their choices; the dead may choose too."""
    for player in world.players.values():
        if player.upgrade_asked is not None:
            if player.upgrade_asked in choices(world.settings, player):
                player.weapon = player.upgrade_asked
            player.upgrade_asked = None
