"""Experience, ages, and the weapons that a player can choose at each age."""

from __future__ import annotations

from gameserver.world.objects import PlayerObject
from gameserver.world.settings import GameSettings
from gameserver.world.world import World


def experience_for_next_age(settings: GameSettings, age: int) -> int:
    """Returns the experience from the start of this age to the next age: 300, 360, 432, ... as in MooMoo.io."""
    return round(settings.first_age_experience * settings.age_growth ** (age - 1))


def gain_experience(world: World, player: PlayerObject, gained: int) -> None:
    """Adds experience, and raises the age as often as the experience is enough for the next one."""
    player.experience += gained
    while player.experience >= experience_for_next_age(world.settings, player.age):
        player.experience -= experience_for_next_age(world.settings, player.age)
        player.age += 1


def choices(settings: GameSettings, player: PlayerObject) -> list[int]:
    """Returns the numbers of the weapons that a player may change to now.

    Each weapon needs a higher age than the weapons it comes after, so a player changes weapons at most once an age.
    """
    weapons = enumerate(settings.weapons)
    return [number for number, row in weapons if player.age >= row.age and player.weapon in row.after]


def upgrade_players(world: World) -> None:
    """Gives players the weapon that they asked for, if it is among their choices; dead players may choose too."""
    for player in world.players.values():
        if player.upgrade_asked is not None:
            if player.upgrade_asked in choices(world.settings, player):
                player.weapon = player.upgrade_asked
            player.upgrade_asked = None
