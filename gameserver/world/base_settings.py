"""The settings that every game has; a game adds its own in a subclass, as `gameserver.world.settings` does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gameserver.world import saved_settings
from gameserver.world.ranges import TICK_RATES, TIMES_S, Range, check_settings, setting


@dataclass(frozen=True)
class BaseSettings:
    """The settings of any game. Raises ValueError for a value that is not allowed."""

    # The same seed and the same inputs give the same match.
    seed: int = setting(0, range=Range(0, 2**63 - 1), help="the same seed gives the same match")
    # The rules only get the delta times.
    tick_rate: int = setting(
        20, range=TICK_RATES, help="updates of the world per second", changeable=True, told=True, kept_by_room=True
    )
    # Teams are numbered from 0.
    teams: int = setting(0, range=Range(0, 4), help="0: everyone for themselves, or 2 to 4", told=True)
    # The match ends at the first limit that it reaches, if the game uses that limit; None: no limit.
    time_limit_s: float | None = setting(
        300.0, range=TIMES_S, help="the time that a round lasts", optional=True, changeable=True
    )
    score_limit: int | None = setting(
        None, kind=int, range=Range(1, 1_000_000), help="score that ends a round", optional=True, changeable=True
    )

    def __post_init__(self) -> None:
        check_settings(self)

    @classmethod
    def restored(cls, data: Any) -> tuple[BaseSettings, list[str]]:
        """Makes settings from saved data. Returns them, and a sentence for each setting that is new or gone.

        Raises ValueError for a value that is not allowed.
        """
        return saved_settings.load(cls, data)
