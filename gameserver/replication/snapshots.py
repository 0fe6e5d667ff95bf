"""World -> packets: the area of interest of each player, encoded once for all players that see the same.

Static objects are in `static_objects.py`.

The map is divided into cells. A player sees the cells round its own cell. For each tick and cell there are lists of
numbers: all entities in the cell (for views that the cell just entered), the entities that changed, the ids of the
entities that left it, and the ids of the entities that were in it. A list is encoded when the first view needs it; the
other views reuse its bytes. So no list is encoded twice in a tick.
In:  the game, whose lock the caller holds, and the views. Out: the frames of this tick for each view, as bytes.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Iterable, Iterator, Tuple

from gameserver.game import Game
from gameserver.replication.static_objects import Knowledge, Standing
from gameserver.rules.growth import choices, experience_for_next_age
from gameserver.world.objects import Mover, PlayerObject, Projectile
from Net.PacketCodes import TO_CLIENT, Packet
from Net.shared_packets import Halves, Part, encode_count, encode_part, join_list, packet_halves
from Net.wire_format import Form

# STATE's kinds and flags (docs/protocol.md).
KIND_PLAYER, KIND_PROJECTILE, KIND_ANIMAL = 0, 1, 2
FLAG_ATTACKING, FLAG_JUST_HIT, FLAG_HUNTER, FLAG_DISCONNECTED = 1, 2, 4, 8
WEAPON_SHIFT = 4  # the number of a player's weapon is in bits 4 to 6
_ANGLE_STEPS = 256  # one byte for a whole turn
_STEPS_PER_RAD = _ANGLE_STEPS / (2 * math.pi)

Cell = int
Row = Tuple[int, ...]  # id, kind, x, y, angle, health, flags


class View:
    """The state of the world that one client has received.

    player_id: the player whose area of interest the client sees. form: the client's wire format.
    A spectator can watch any player. With player_id None it watches a `spot` (x, y) of the map.
    """

    __slots__ = (
        "form",
        "is_spectator",
        "knowledge",
        "outlook",
        "player_id",
        "self_basis",
        "self_values",
        "spot",
        "stale_ids",
    )

    def __init__(self, player_id: int | None, form: Form) -> None:
        self.player_id = player_id
        self.is_spectator = False
        self.spot = (0.0, 0.0)
        self.form = form
        self.outlook: Cell | None = None  # viewpoint cell of the last STATE; None: the next STATE must be full
        self.knowledge = Knowledge()  # of the static objects
        self.stale_ids: list[int] = []  # entities that the client still shows from before it missed a STATE
        self.self_values: tuple[object, ...] | None = None  # values of the last SELF
        self.self_basis: tuple[object, ...] | None = None  # inputs of the computation of `self_values`

    def watch(self, player_id: int | None) -> None:
        """Makes a spectator watch a player, or with None its last spot."""
        self.player_id = player_id

    def look_at(self, x: float, y: float) -> None:
        """Sets the spot of the map that a spectator watches while it watches no player."""
        self.spot = (x, y)


class Snapshots:
    """Turns the state of a game into packets for its clients; remembers the last tick, to send only the changes."""

    def __init__(self, game: Game) -> None:
        settings = game.settings
        self._game = game
        self._cell_size = settings.cell_size
        self._columns = int(settings.map_size // settings.cell_size) + 1
        self._reach = settings.view_cells
        # Maps each cell to its viewpoint cell, and each viewpoint cell to the cells in view; cells with the same
        # cells in view share one viewpoint cell.
        self._outlooks: dict[Cell, Cell] = {}
        self._seen_from: dict[Cell, tuple[Cell, ...]] = {}
        self._standing = Standing(game, self._cell_at)
        # The world at this tick and at the tick before: rows and cells by the entity's id.
        self._rows: dict[int, Row] = {}
        self._cells: dict[int, Cell] = {}
        self._cells_before: dict[int, Cell] = {}
        # Made anew each tick: for each cell, the numbers of new or changed rows, and the ids that have left the cell.
        self._changed: dict[Cell, list[int]] = {}
        self._left: dict[Cell, list[int]] = {}
        self._parts: dict[tuple[str, Cell, bool], Part] = {}
        self._halves: dict[tuple[object, ...], Halves] = {}
        self._frames: dict[tuple[object, ...], bytes] = {}
        self._ids_in: dict[str, dict[Cell, list[int]]] = {}

    def build(self, views: Iterable[View], late: Iterable[View] = ()) -> dict[View, bytes]:
        """Returns this tick's frames for each view. Call it once a tick, with the game's lock held.

        late: views whose clients cannot take a STATE now; they get a full STATE when they are in `views` again.
        """
        self._scan()
        self._standing.compare()
        for view in late:
            self._miss(view)
        players = self._game.players
        frames = {}
        for view in views:
            player = players.get(view.player_id)  # type: ignore[arg-type]  # nobody has the id None
            if view.is_spectator:
                frames[view] = self._watched(view, player)
            elif player is not None:
                frames[view] = self._played(view, player)
        return frames

    # The world, by cell ---------------------------------------------------------------------------------------

    def _scan(self) -> None:
        """Assigns every entity to its cell, and finds the changes since the last tick."""
        rows_before, cells_before = self._rows, self._cells
        rows: dict[int, Row] = {}
        cells: dict[int, Cell] = {}
        changed: defaultdict[Cell, list[int]] = defaultdict(list)
        left: defaultdict[Cell, list[int]] = defaultdict(list)
        size, columns = self._cell_size, self._columns
        for row in self._all_rows():
            entity_id = row[0]
            rows[entity_id] = row
            cell = cells[entity_id] = row[3] // size * columns + row[2] // size
            if rows_before.get(entity_id) != row:
                changed[cell].extend(row)
                cell_before = cells_before.get(entity_id, cell)
                if cell_before != cell:
                    left[cell_before].append(entity_id)
        for entity_id in rows_before.keys() - rows.keys():
            left[cells_before[entity_id]].append(entity_id)
        self._rows, self._cells, self._cells_before = rows, cells, cells_before
        self._changed, self._left = changed, left
        self._parts, self._halves, self._frames, self._ids_in = {}, {}, {}, {}

    def _all_rows(self) -> Iterator[Row]:
        game = self._game
        settings = game.settings
        for player in game.players.values():
            if player.alive:
                marks = player.weapon << WEAPON_SHIFT
                if not player.connected:
                    marks |= FLAG_DISCONNECTED
                yield _row(player, KIND_PLAYER, settings.player_health, marks)
        for animal in game.animals.values():
            species = settings.species[animal.species]
            full_health = settings.animal_health * species.health
            yield _row(animal, KIND_ANIMAL, full_health, FLAG_HUNTER * species.hunts)
        for projectile in game.projectiles.values():
            yield _projectile_row(projectile)

    def _cell_at(self, x: float, y: float) -> Cell:
        """Returns the cell of a place. The cell follows from the rounded coordinates that go over the wire."""
        return round(y) // self._cell_size * self._columns + round(x) // self._cell_size

    def _outlook_from(self, cell: Cell) -> Cell:
        """Returns the viewpoint cell of a cell: one cell for all cells with the same cells in view.

        On a small map many cells share one viewpoint cell.
        """
        outlook = self._outlooks.get(cell)
        if outlook is None:
            seen = self._cells_round(cell)
            alike = (known for known, its_cells in self._seen_from.items() if its_cells == seen)
            outlook = self._outlooks[cell] = next(alike, cell)
            self._seen_from[outlook] = seen
        return outlook

    def _cells_round(self, centre: Cell) -> tuple[Cell, ...]:
        row, column = divmod(centre, self._columns)
        across, down = self._reach
        last = self._columns - 1
        rows = range(max(0, row - down), min(last, row + down) + 1)
        columns = range(max(0, column - across), min(last, column + across) + 1)
        return tuple(r * self._columns + c for r in rows for c in columns)

    # One view -------------------------------------------------------------------------------------------------

    def _played(self, view: View, player: PlayerObject) -> bytes:
        """Returns the frames for a player's own view."""
        cell = self._cells.get(player.id)
        if cell is None:  # dead players are in no cell
            cell = self._cell_at(player.x, player.y)
        outlook = self._outlook_from(cell)
        standing = self._standing_frames(view, outlook)
        return standing + self._self_frame(view, player) + self._state_frame(view, outlook, player.sequence)

    def _watched(self, view: View, player: PlayerObject | None) -> bytes:
        """Returns the frames for a spectator. It keeps the last spot when the player that it watches is gone."""
        if player is not None:
            view.spot = (player.x, player.y)
        outlook = self._outlook_from(self._cell_at(*view.spot))
        return self._standing_frames(view, outlook) + self._state_frame(view, outlook, None)

    def _miss(self, view: View) -> None:
        self._standing.miss(view.knowledge)
        if view.outlook is not None:
            seen = self._seen_from[view.outlook]
            view.stale_ids = [entity_id for cell in seen for entity_id in self._ids("before", cell)]
            view.outlook = None

    def _standing_frames(self, view: View, outlook: Cell) -> bytes:
        if outlook == view.outlook and not self._standing.has_news and not view.knowledge.has_missed():
            return b""  # the usual case: the view is the same, and it has no new static objects
        return self._standing.frames(view.knowledge, self._seen_from[outlook], view.form)

    def _state_frame(self, view: View, outlook: Cell, sequence: int | None) -> bytes:
        """Returns STATE for a view.

        Views share a frame if they have the same viewpoint cell now and at the last tick, the same input number and the
        same wire format.
        """
        if view.stale_ids:
            frame = self._make_state_frame(view, outlook, sequence)
            view.stale_ids = []
        else:
            key = (outlook, view.outlook, sequence, view.form)
            frame = self._frames.get(key, b"")
            if not frame:
                frame = self._frames[key] = self._make_state_frame(view, outlook, sequence)
        view.outlook = outlook
        return frame

    def _make_state_frame(self, view: View, outlook: Cell, sequence: int | None) -> bytes:
        head, tail = self._halves_for(view, outlook)
        return view.form.frame(head + encode_count(sequence, view.form.as_text) + tail)

    def _halves_for(self, view: View, outlook: Cell) -> Halves:
        """Returns STATE as prefix and suffix; the number of the client's last input belongs between them."""
        as_text = view.form.as_text
        if view.outlook is None:
            return self._whole_state(outlook, view.stale_ids, as_text)
        key = (outlook, view.outlook, as_text)
        halves = self._halves.get(key)
        if halves is None:
            halves = self._halves[key] = self._difference(view.outlook, outlook, as_text)
        return halves

    def _whole_state(self, outlook: Cell, stale_ids: list[int], as_text: bool) -> Halves:
        """Returns STATE for a client without a valid state; it must forget `stale_ids`."""
        moved = [self._part("now", cell, as_text) for cell in self._seen_from[outlook]]
        return self._state_halves(moved, [encode_part(stale_ids, as_text)], as_text)

    def _difference(self, outlook_before: Cell, outlook: Cell, as_text: bool) -> Halves:
        """Returns STATE for a client by its viewpoint cells at the last tick and now; they may be the same."""
        before, now = self._seen_from[outlook_before], self._seen_from[outlook]
        if outlook == outlook_before:
            moved = [self._part("changed", cell, as_text) for cell in now if cell in self._changed]
            gone = [self._part("left", cell, as_text) for cell in now if cell in self._left]
        else:
            moved = [self._part("changed" if cell in before else "now", cell, as_text) for cell in now]
            gone = [self._part("left" if cell in now else "before", cell, as_text) for cell in before]
        return self._state_halves(moved, gone, as_text)

    def _state_halves(self, moved: list[Part], gone: list[Part], as_text: bool) -> Halves:
        lists = [join_list(moved, as_text), join_list(gone, as_text)]
        return packet_halves("STATE", [encode_count(self._game.tick, as_text)], lists, as_text)

    def _part(self, what: str, cell: Cell, as_text: bool) -> Part:
        key = (what, cell, as_text)
        part = self._parts.get(key)
        if part is None:
            part = self._parts[key] = encode_part(self._numbers(what, cell), as_text)
        return part

    def _numbers(self, what: str, cell: Cell) -> list[int]:
        if what == "changed":
            return self._changed.get(cell, [])
        if what == "left":
            return self._left.get(cell, [])
        ids = self._ids(what, cell)
        return ids if what == "before" else [number for entity_id in ids for number in self._rows[entity_id]]

    def _ids(self, when: str, cell: Cell) -> list[int]:
        """Returns the ids of the entities in a cell `now` or at the tick `before`; sorted when a view first asks."""
        ids_in = self._ids_in.get(when)
        if ids_in is None:
            ids_in = self._ids_in[when] = defaultdict(list)
            for entity_id, its_cell in (self._cells if when == "now" else self._cells_before).items():
                ids_in[its_cell].append(entity_id)
        return ids_in.get(cell, [])

    def _self_frame(self, view: View, player: PlayerObject) -> bytes:
        settings = self._game.settings
        basis = (
            settings,
            player.health,
            player.score,
            player.age,
            player.experience,
            player.weapon,
            tuple(player.resources),
        )
        if basis == view.self_basis:
            return b""
        view.self_basis = basis
        values = (
            _percent(player.health, settings.player_health),
            player.score,
            list(player.resources),
            player.age,
            player.experience,
            experience_for_next_age(settings, player.age),
            player.weapon,
            choices(settings, player),
        )
        if values == view.self_values:
            return b""
        view.self_values = values
        return view.form.frame(TO_CLIENT.encode(Packet("SELF", values), view.form.as_text))


def _row(body: Mover, kind: int, full_health: float, flags: int) -> Row:
    if body.attacking:
        flags |= FLAG_ATTACKING
    if body.just_hit:
        flags |= FLAG_JUST_HIT
    health = 100 if body.health == full_health else _percent(body.health, full_health)
    return (body.id, kind, round(body.x), round(body.y), _angle_steps(body.angle_rad), health, flags)


def _projectile_row(projectile: Projectile) -> Row:
    angle = _angle_steps(projectile.angle_rad)
    return (projectile.id, KIND_PROJECTILE, round(projectile.x), round(projectile.y), angle, 100, 0)


def _angle_steps(angle_rad: float) -> int:
    return int(angle_rad * _STEPS_PER_RAD + 0.5) % _ANGLE_STEPS


def _percent(health: float, full: float) -> int:
    """Returns health as 0 to 100; a living player or animal has at least 1."""
    return math.ceil(100 * max(0.0, health) / full)
