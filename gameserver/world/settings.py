"""Every number of the game, in one place.

In:  keyword arguments, each with a default that plays well.
Out: a frozen object. All its settings are checked, so no rule checks them again.
Raises ValueError; its text has the setting's name, its value, and the allowed values.
"""

from __future__ import annotations

from dataclasses import dataclass

from gameserver.world.modes import MODES
from gameserver.world.ranges import check_settings
from gameserver.world.tables import ITEMS, SPECIES, WEAPONS, Item, Species, Weapon

# All counts below are for a map of this size. A smaller map gets fewer things, in proportion to its area.
FULL_MAP_SIZE = 14400.0  # world units


@dataclass(frozen=True)
class GameSettings:
    """The rules of one match in numbers: distances in world units, scales are radii, speeds in units per second."""

    # The same seed and the same inputs give the same match.
    seed: int = 0
    # Width and height. At most 65535, so that a position fits two bytes.
    map_size: float = FULL_MAP_SIZE
    # Updates per second. The room keeps this tick rate; the rules only get the delta times.
    tick_rate: int = 20

    # A client sees its own cell of this size, and `view_cells` more (columns, rows) to each side.
    cell_size: int = 600
    view_cells: tuple[int, int] = (2, 1)

    # A row of modes.py.
    mode: str = "free-for-all"
    # 0: everyone for themselves. Otherwise teams are numbered from 0.
    teams: int = 0
    # The match ends at the first limit that it reaches, if its mode uses that limit; None: no limit.
    time_limit_s: float | None = 300.0
    score_limit: int | None = None

    # Points, if the mode gives any, and experience, which every mode gives. gather_*: for each unit.
    kill_score: int = 100
    animal_score: int = 25
    gather_score: int = 1
    kill_experience: int = 150
    animal_experience: int = 50
    gather_experience: int = 4
    # The experience that the first age takes; each later age takes `age_growth` times as much as the one before.
    first_age_experience: int = 300
    age_growth: float = 1.2

    # Wood, food, stone and gold at the start of a round: enough to try the bow and a wall.
    start_resources: tuple[int, int, int, int] = (40, 0, 0, 0)
    # The price of a shot; the price of a meal, and the health that it gives.
    arrow_wood: int = 2
    meal_food: int = 10
    meal_health: float = 20.0

    player_scale: float = 35.0
    player_speed: float = 300.0
    player_health: float = 100.0
    respawn_after_s: float = 3.0
    # No other mover is within this distance of a new arrival, edge to edge, as long as the map has such places.
    spawn_clearance: float = 1200.0
    # Places tried for one arrival; each asks for a little less clearance than the one before.
    spawn_tries: int = 40

    # The north of the map, down to this share of its height, is snow. Snow makes every mover slower.
    snow_share: float = 1 / 6
    snow_speed_factor: float = 0.75
    # A river crosses the middle of the map; its width is this share of the map. It makes every mover slower. Its
    # current carries movers to the right, or to the left if it is negative.
    river_share: float = 1 / 20
    river_speed_factor: float = 0.5
    river_current: float = 80.0

    # The weapons of players. Each row of the table is a multiple of the numbers below.
    weapons: tuple[Weapon, ...] = WEAPONS
    melee_damage: float = 25.0
    # From the attacker's centre to the victim's edge.
    melee_reach: float = 100.0
    # The whole arc, half of it to each side of the aim.
    melee_arc_rad: float = 2.4
    melee_cooldown_s: float = 0.4

    projectile_scale: float = 10.0
    projectile_speed: float = 1200.0
    projectile_damage: float = 20.0
    projectile_range: float = 1000.0
    projectile_reload_s: float = 0.8

    # The buildings, and how far in front of the player they are built, edge to edge.
    items: tuple[Item, ...] = ITEMS
    build_gap: float = 5.0
    # The time until a spike can hurt the same mover again.
    spike_cooldown_s: float = 0.5

    # The kinds of animals, multiples of the numbers below.
    species: tuple[Species, ...] = SPECIES
    # The number on a full map, spread evenly over its areas: two for each.
    animals: int = 98
    animal_scale: float = 50.0
    animal_health: float = 100.0
    animal_wander_speed: float = 100.0
    # Slower than a player, so a player that notices the animal in time gets away.
    animal_chase_speed: float = 240.0
    # Centre to centre.
    animal_sight: float = 500.0
    # How often it looks round and chooses what to do: looking every tick would cost more and play no better.
    animal_think_s: float = 0.5
    # The most it turns at such a moment while it wanders, half of it to each side.
    animal_turn_rad: float = 3.0
    # How long a hurt animal runs away, if its species does not hunt.
    animal_flee_s: float = 3.0
    # The time until another animal comes to the area of a dead one.
    animal_respawn_s: float = 15.0
    bite_damage: float = 10.0
    # From the animal's centre to the victim's edge.
    bite_reach: float = 70.0
    bite_cooldown_s: float = 1.0

    # The proportions of MooMoo.io: a full map is divided into 7 x 7 areas, each with so many trees and bushes ...
    area_size: float = FULL_MAP_SIZE / 7
    trees_per_area: int = 9
    bushes_per_area: int = 3
    # ... and has so many of these in all.
    rocks: int = 32
    gold: int = 7
    tree_scales: tuple[float, ...] = (150.0, 160.0, 165.0, 175.0)
    bush_scales: tuple[float, ...] = (80.0, 85.0, 95.0)
    rock_scales: tuple[float, ...] = (80.0, 85.0, 90.0)
    # Places tried for one piece of scenery before the map goes without it.
    scenery_tries: int = 100

    def __post_init__(self) -> None:
        check_settings(self)
        if self.mode not in tuple(MODES):  # a tuple, because the given value may not be hashable
            raise ValueError(f"setting mode must be one of {', '.join(MODES)}, not {self.mode!r}")
        fewest, most = MODES[self.mode].teams
        if self.teams == 1 or not fewest <= self.teams <= most:
            allowed = f"{max(2, fewest)} to {most}" + ("" if fewest else " or 0 (no teams)")
            raise ValueError(f"setting teams must be {allowed} in mode {self.mode}, not {self.teams}")

    def share_of_full_map(self) -> float:
        """Returns this map's area as a share of a full map's area; the counts are multiplied by it."""
        return (self.map_size / FULL_MAP_SIZE) * (self.map_size / FULL_MAP_SIZE)


# The settings that an operator may change while a game is running: the rules look them up each time. The other settings
# have already shaped the map or the grids, or have already decided which players were let in.
CHANGEABLE = (
    "player_speed",
    "melee_damage",
    "projectile_damage",
    "bite_damage",
    "respawn_after_s",
    "time_limit_s",
    "score_limit",
    "kill_score",
    "gather_experience",
)


@dataclass(frozen=True)
class ServerSettings:
    """The limits of the server, and how its rooms run; times in seconds."""

    # Names besides the machine's own that browsers may use for this server, and foreign pages that may connect.
    host_names: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    # Addresses of reverse proxies. The server believes only these when they name the client that they forward.
    trusted_proxies: tuple[str, ...] = ()

    # Whether the game's packets are deflated for clients that can inflate them: fewer bytes, more work.
    compress: bool = False

    max_connections: int = 1024
    # A class behind one router shares an address. The same number of an address's seats may wait for players whose
    # connection was lost. So a class finds all its seats again after its Wi-Fi drops, and a stranger that joins and
    # vanishes again and again holds no more seats than that. This number also sets how often the address may JOIN
    # (`joins.py`).
    max_connections_per_address: int = 64

    # Rooms in all. An awake room of one player takes some 1 % of a core, so this number leaves time for every tick.
    max_rooms: int = 32
    # Rooms of one address. A class that plays in groups of four gets its eight rooms, and one stranger cannot take all.
    max_rooms_per_address: int = 8
    # How often one address may open a room, after a burst of one room for each connection that it may have. Making a
    # room takes 10 to 20 ms, so this rate takes 2 % of a core.
    room_openings_per_minute: int = 60
    # A room ticks only twice a second once no player has done anything for this time and nobody moves.
    dormant_after_s: float = 30.0

    # The most players in a room, and the number of players that a round waits for.
    max_players: int = 40
    start_at: int = 1
    # Simple players that fill a room, for a person who tests alone.
    bots: int = 0
    # How long the results stay before the next round.
    results_s: float = 10.0

    # How long a seat waits for its player after the connection was lost.
    reconnect_s: float = 30.0
    # The same for a player that has sent no input yet. It is long enough for a page that is reloaded at once, and too
    # short for a stranger that fills rooms by joining and vanishing.
    reconnect_unplayed_s: float = 3.0
    # How long the matches in progress may go on when the server is told to stop.
    drain_s: float = 0.0
    # From the handshake to the first JOIN.
    join_timeout_s: float = 30.0
    # The time for closing handshakes when the server stops. After it, the server cuts the connections.
    shutdown_timeout_s: float = 1.0

    def __post_init__(self) -> None:
        check_settings(self)
        if self.start_at > self.max_players:
            raise ValueError(f"setting start_at ({self.start_at}) must not be above max_players ({self.max_players})")
