"""The inputs of a player: one small function for each packet, which sets an intent and does nothing else.

The next update acts on the intents. So the order in which threads deliver inputs within a tick hardly matters, and a
match can be replayed from its inputs.

An input of a client is valid when it arrives here: the schema of its packet (`Net.PacketCodes`) has checked it. But
`Game.process_input` is also open to callers without a wire: replays, headless games, tests. For these callers, the
functions below check the values that would spoil the world. No rule checks an intent again; a rule only decides whether
the intent is possible.
"""

from __future__ import annotations

import math
from typing import Any, Callable

from gameserver.world.objects import BUILDINGS, PlayerObject

DIRECTIONS = range(8)
WEAPONS_AT_MOST = 8  # `growth.py` decides whether the player may choose the weapon with that number


def apply_input(player: PlayerObject, input_data: tuple[Any, ...]) -> None:
    """Sets the intent that `input_data` (packet id, arguments...) asks for.

    Raises ValueError for an unknown packet id, a direction that is not None or 0-7, an angle that is not finite, an
    item that is not in the table, or a choice that cannot be the number of a weapon.
    """
    packet_id, *arguments = input_data
    note_intent = INPUTS.get(packet_id)
    if note_intent is None:
        raise ValueError(f"unknown input {packet_id!r}, allowed are {', '.join(INPUTS)}")
    note_intent(player, *arguments)


def _move(player: PlayerObject, direction: int | None, sequence: int | None = None) -> None:
    if direction is not None and direction not in DIRECTIONS:
        raise ValueError(f"direction must be None or 0 to {DIRECTIONS[-1]}, not {direction!r}")
    player.direction = direction
    if sequence is not None:
        player.pending_sequence = sequence


def _aim(player: PlayerObject, angle_rad: float) -> None:
    player.angle_rad = _full_turn(angle_rad)


def _attack(player: PlayerObject, flag: bool, angle_rad: float) -> None:
    player.angle_rad = _full_turn(angle_rad)
    player.attacking = bool(flag)
    # A click can be over before the next tick. It still gives a swing.
    if flag:
        player.swing_asked = True


def _shoot(player: PlayerObject, angle_rad: float) -> None:
    angle_rad = _full_turn(angle_rad)
    if player.alive:
        player.angle_rad = angle_rad
        player.shot_asked_rad = angle_rad


def _place(player: PlayerObject, item: int, angle_rad: float) -> None:
    if item not in range(len(BUILDINGS)):
        raise ValueError(f"item must be 0 to {len(BUILDINGS) - 1}, not {item!r}")
    angle_rad = _full_turn(angle_rad)
    if player.alive:
        player.angle_rad = angle_rad
        player.place_asked = (item, angle_rad)


def _eat(player: PlayerObject) -> None:
    player.meal_asked = True


def _upgrade(player: PlayerObject, choice: int) -> None:
    if choice not in range(WEAPONS_AT_MOST):
        raise ValueError(f"choice must be 0 to {WEAPONS_AT_MOST - 1}, not {choice!r}")
    player.upgrade_asked = choice


def _full_turn(angle_rad: float) -> float:
    """Returns the same angle from 0 up to 2 pi; raises ValueError for infinity and NaN, which would spoil positions."""
    if not math.isfinite(angle_rad):
        raise ValueError(f"angle must be a finite number of radians, not {angle_rad!r}")
    return angle_rad % math.tau


INPUTS: dict[str, Callable[..., None]] = {
    "MOVE": _move,
    "AIM": _aim,
    "ATTACK": _attack,
    "SHOOT": _shoot,
    "PLACE": _place,
    "EAT": _eat,
    "UPGRADE": _upgrade,
}
