"""Every number of the game and the limits of the server, in one place: default, range, unit, and meaning.

In:  keyword arguments, each with a default that plays well.
Out: a frozen object. All its settings are checked, so no rule checks them again.
Raises SettingError; its text has the setting's name, its value, and the allowed values.

To add a setting, add a field. The checks, the flags of `run_server.py`, the settings file and the settings that clients
are told derive from what the field says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gameserver.world.base_settings import BaseSettings
from gameserver.world.modes import MODE_COLUMNS, MODES, Mode
from gameserver.world.ranges import (
    ANGLES,
    COUNTS,
    DISTANCES,
    HEALTH,
    POINTS,
    SCALES,
    SHARES,
    SPEEDS,
    TIMES_S,
    Range,
    SettingError,
    check_settings,
    setting,
)
from gameserver.world.tables import (
    ITEM_COLUMNS,
    ITEMS,
    SPECIES,
    SPECIES_COLUMNS,
    WEAPON_COLUMNS,
    WEAPONS,
    Item,
    Species,
    Weapon,
)

# All counts below are for a map of this size. A smaller map gets fewer things, in proportion to its area.
FULL_MAP_SIZE = 14400.0  # world units


@dataclass(frozen=True)
class GameSettings(BaseSettings):
    """The rules of one match in numbers: distances in world units, scales are radii, speeds in units per second.

    A setting with `changeable=True` may change while a game is running: the rules look it up each time. The other
    settings have already shaped the map or the grids, or have already decided which players were let in.
    """

    # At most 65535, so that a position fits two bytes.
    map_size: float = setting(
        FULL_MAP_SIZE, range=Range(1000, 65_535, "units"), help="width and height of the map", told=True
    )
    # A client sees its own cell, and `view_cells` more to each side.
    cell_size: int = setting(600, range=Range(100, 65_535, "units"), help="width and height of a cell", told=True)
    view_cells: tuple[int, int] = setting(
        (2, 1), range=Range(1, 100).each(2, 2), help="columns and rows in view on each side", told=True
    )

    modes: tuple[Mode, ...] = setting(
        MODES, rows=(1, 100), columns=MODE_COLUMNS, row_word="mode", help="ways to play a match"
    )
    mode: str = setting("free-for-all", row_of="modes", help="how a match is played", told=True)

    # Points, if the mode gives any, and experience, which every mode gives.
    kill_score: int = setting(100, range=POINTS, help="points for a killed player", changeable=True)
    animal_score: int = setting(25, range=POINTS, help="points for a killed animal", changeable=True)
    gather_score: int = setting(1, range=POINTS, help="points for each gathered unit", changeable=True)
    kill_experience: int = setting(150, range=POINTS, help="experience for a killed player", changeable=True)
    animal_experience: int = setting(50, range=POINTS, help="experience for a killed animal", changeable=True)
    gather_experience: int = setting(4, range=POINTS, help="experience for each gathered unit", changeable=True)
    # Each later age takes `age_growth` times as much experience as the one before.
    first_age_experience: int = setting(300, range=Range(1, 1_000_000), help="experience that the first age takes")
    age_growth: float = setting(1.2, range=Range(1, 10), help="growth of the experience from age to age")

    # Enough to try the bow and a wall.
    start_resources: tuple[int, int, int, int] = setting(
        (40, 0, 0, 0), range=POINTS.each(4, 4), help="wood, food, stone and gold at the start of a round"
    )
    arrow_wood: int = setting(2, range=POINTS, help="wood that a shot costs", changeable=True, told=True)
    meal_food: int = setting(10, range=POINTS, help="food that a meal costs", changeable=True, told=True)
    meal_health: float = setting(20.0, range=POINTS, help="health that a meal gives", changeable=True, told=True)

    player_scale: float = setting(35.0, range=SCALES, help="radius of a player", told=True)
    player_speed: float = setting(300.0, range=SPEEDS, help="speed of a player", changeable=True, told=True)
    player_health: float = setting(100.0, range=HEALTH, help="health of a player")
    respawn_after_s: float = setting(3.0, range=TIMES_S, help="time until a dead player comes back", changeable=True)
    # No other mover is within this distance of a new arrival, as long as the map has such places.
    spawn_clearance: float = setting(1200.0, range=DISTANCES, help="clear space round a new arrival, edge to edge")
    # Each try asks for a little less clearance than the one before.
    spawn_tries: int = setting(40, range=Range(1, 1000), help="places tried for one arrival")

    # Snow covers the north of the map.
    snow_share: float = setting(1 / 6, range=SHARES, help="share of the map's height that is snow")
    snow_speed_factor: float = setting(0.75, range=SHARES, help="factor of every mover's speed in snow")
    # A river crosses the middle of the map.
    river_share: float = setting(1 / 20, range=SHARES, help="share of the map's height that is river")
    river_speed_factor: float = setting(0.5, range=SHARES, help="factor of every mover's speed in the river")
    # A negative current carries movers to the left.
    river_current: float = setting(
        80.0, range=Range(-10_000, 10_000, "units/s"), help="speed at which the river carries movers to the right"
    )

    # Each row is a multiple of the numbers below. Eight weapons fit the three bits of STATE's flags.
    weapons: tuple[Weapon, ...] = setting(
        WEAPONS, rows=(1, 8), columns=WEAPON_COLUMNS, row_word="weapon", help="weapons of players", changeable=True
    )
    melee_damage: float = setting(25.0, range=POINTS, help="damage of a swing", changeable=True)
    melee_reach: float = setting(
        100.0, range=DISTANCES, help="reach of a swing, from the centre to the victim's edge", changeable=True
    )
    melee_arc_rad: float = setting(
        2.4, range=ANGLES, help="the whole arc of a swing, half of it to each side", changeable=True
    )
    melee_cooldown_s: float = setting(0.4, range=TIMES_S, help="time until the next swing", changeable=True)

    projectile_scale: float = setting(10.0, range=SCALES, help="radius of a projectile", told=True)
    projectile_speed: float = setting(1200.0, range=SPEEDS, help="speed of a projectile", changeable=True)
    projectile_damage: float = setting(20.0, range=POINTS, help="damage of a projectile", changeable=True)
    projectile_range: float = setting(1000.0, range=DISTANCES, help="distance that a projectile flies", changeable=True)
    projectile_reload_s: float = setting(0.8, range=TIMES_S, help="time until the next shot", changeable=True)

    items: tuple[Item, ...] = setting(
        ITEMS, rows=(2, 2), columns=ITEM_COLUMNS, row_word="building", help="buildings", changeable=True
    )
    build_gap: float = setting(
        5.0,
        range=Range(0, 1000, "units"),
        help="distance from a player to its new building, edge to edge",
        changeable=True,
        told=True,
    )
    spike_cooldown_s: float = setting(
        0.5, range=TIMES_S, help="time until a spike can hurt the same mover again", changeable=True
    )

    # Each row is a multiple of the numbers below.
    species: tuple[Species, ...] = setting(
        SPECIES, rows=(1, 100), columns=SPECIES_COLUMNS, row_word="animal", help="kinds of animals", changeable=True
    )
    # Spread evenly over the areas of the map: two for each.
    animals: int = setting(98, range=COUNTS, help="animals on a full map")
    animal_scale: float = setting(50.0, range=SCALES, help="radius of an animal")
    animal_health: float = setting(100.0, range=HEALTH, help="health of an animal", changeable=True)
    animal_wander_speed: float = setting(100.0, range=SPEEDS, help="speed of an animal that wanders", changeable=True)
    # Slower than a player, so a player that notices the animal in time gets away.
    animal_chase_speed: float = setting(
        240.0, range=SPEEDS, help="speed of an animal that chases or flees", changeable=True
    )
    animal_sight: float = setting(
        500.0, range=DISTANCES, help="how far an animal sees, centre to centre", changeable=True
    )
    # Looking every tick would cost more and play no better.
    animal_think_s: float = setting(
        0.5, range=TIMES_S, help="time until an animal looks round and chooses again", changeable=True
    )
    animal_turn_rad: float = setting(
        3.0, range=ANGLES, help="the most that a wandering animal turns then, both sides", changeable=True
    )
    animal_flee_s: float = setting(
        3.0, range=TIMES_S, help="time that a hurt animal runs away, if it does not hunt", changeable=True
    )
    animal_respawn_s: float = setting(
        15.0, range=TIMES_S, help="time until another animal comes to a dead one's area", changeable=True
    )
    bite_damage: float = setting(10.0, range=POINTS, help="damage of a bite", changeable=True)
    bite_reach: float = setting(
        70.0, range=DISTANCES, help="reach of a bite, from the centre to the victim's edge", changeable=True
    )
    bite_cooldown_s: float = setting(1.0, range=TIMES_S, help="time until the next bite", changeable=True)

    # The proportions of MooMoo.io: a full map is divided into 7 x 7 areas, each with so many trees and bushes ...
    area_size: float = setting(FULL_MAP_SIZE / 7, range=Range(100, 65_535, "units"), help="width and height of an area")
    trees_per_area: int = setting(9, range=COUNTS, help="trees in an area")
    bushes_per_area: int = setting(3, range=COUNTS, help="bushes in an area")
    # ... and has so many of these in all.
    rocks: int = setting(32, range=COUNTS, help="rocks on a full map")
    gold: int = setting(7, range=COUNTS, help="gold mines on a full map")
    tree_scales: tuple[float, ...] = setting(
        (150.0, 160.0, 165.0, 175.0), range=SCALES.each(1, 100), help="radii of trees"
    )
    bush_scales: tuple[float, ...] = setting((80.0, 85.0, 95.0), range=SCALES.each(1, 100), help="radii of bushes")
    rock_scales: tuple[float, ...] = setting((80.0, 85.0, 90.0), range=SCALES.each(1, 100), help="radii of rocks")
    scenery_tries: int = setting(
        100, range=Range(1, 1000), help="places tried for one piece of scenery before the map goes without it"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        fewest, most = self.rules_of_mode().teams
        if self.teams == 1 or not fewest <= self.teams <= most:
            allowed = f"{max(2, fewest)} to {most}" + ("" if fewest else " or 0 (no teams)")
            raise SettingError("teams", f"must be {allowed} in mode {self.mode}, not {self.teams}")

    def rules_of_mode(self) -> Mode:
        """Returns the row of this match's mode."""
        return next(row for row in self.modes if row.name == self.mode)

    @classmethod
    def restored(cls, data: Any) -> tuple[BaseSettings, list[str]]:
        """Makes settings from saved data of this version only. Raises ValueError for any other data."""
        settings, differences = super().restored(data)
        if differences:
            raise ValueError(f"its settings are of another version: {', '.join(differences)}")
        return settings, []

    def share_of_full_map(self) -> float:
        """Returns this map's area as a share of a full map's area; the counts are multiplied by it."""
        return (self.map_size / FULL_MAP_SIZE) * (self.map_size / FULL_MAP_SIZE)


@dataclass(frozen=True)
class ServerSettings:
    """The limits of the server, and how its rooms run; times in seconds."""

    # `Net.port.origin` and `Net.port.lan` check the three lists of names and addresses.
    host_names: tuple[str, ...] = setting((), kind=str, help="further name that this server goes by")
    allowed_origins: tuple[str, ...] = setting((), kind=str, help="foreign page that may connect; *: any")
    # The server believes only these when they name the client that they forward.
    trusted_proxies: tuple[str, ...] = setting((), kind=str, help="address of a reverse proxy that is believed")

    # Only for clients that can inflate the packets.
    compress: bool = setting(False, help="deflate the game's packets: fewer bytes, more work")

    max_connections: int = setting(1024, range=Range(1, 100_000), help="connections that can be open at once")
    # A class behind one router shares an address. The same number of an address's seats may wait for players whose
    # connection was lost. So a class finds all its seats again after its Wi-Fi drops, and a stranger that joins and
    # vanishes again and again holds no more seats than that. This number also sets how often the address may JOIN
    # (`joins.py`).
    max_connections_per_address: int = setting(
        64, range=Range(1, 100_000), help="connections that one address can have open"
    )

    # An awake room of one player takes some 1 % of a core, so this number leaves time for every tick.
    max_rooms: int = setting(32, range=Range(1, 10_000), help="rooms that can be open at once")
    # A class that plays in groups of four gets its eight rooms, and one stranger cannot take all.
    max_rooms_per_address: int = setting(8, range=Range(1, 10_000), help="rooms that one address can have open")
    # An address also has a burst of one room for each connection that it may have. Making a room takes 10 to 20 ms, so
    # this rate takes 2 % of a core.
    room_openings_per_minute: int = setting(
        60, range=Range(1, 1_000_000, "per minute"), help="how often one address may open a room"
    )
    # A dormant room ticks only twice a second.
    dormant_after_s: float = setting(
        30.0, range=TIMES_S, help="time after which a room in which nobody does anything rests"
    )

    # One thread simulates a room; with more players than this, every tick is late.
    max_players: int = setting(40, range=Range(1, 1000), help="seats in a room")
    start_at: int = setting(1, range=Range(1, 1000), help="players that a round waits for")
    # More bots than seats have no use.
    bots: int = setting(0, range=Range(0, 1000), help="simple players that fill a room, for a person who tests alone")
    results_s: float = setting(10.0, range=TIMES_S, help="time that the results stay before the next round")

    reconnect_s: float = setting(30.0, range=TIMES_S, help="time that a seat waits for a player with a lost connection")
    # Long enough for a page that is reloaded at once, and too short for a stranger that fills rooms by joining and
    # vanishing.
    reconnect_unplayed_s: float = setting(
        3.0, range=TIMES_S, help="the same time for a player that has sent no input yet"
    )
    drain_s: float = setting(0.0, range=TIMES_S, help="time that matches get to end before the server stops")
    join_timeout_s: float = setting(30.0, range=TIMES_S, help="time from the handshake to the first JOIN")
    # After this time, the server cuts the connections.
    shutdown_timeout_s: float = setting(1.0, range=TIMES_S, help="time for closing handshakes when the server stops")

    def __post_init__(self) -> None:
        check_settings(self)
        if self.start_at > self.max_players:
            raise SettingError("start_at", f"({self.start_at}) must not be above max_players ({self.max_players})")
