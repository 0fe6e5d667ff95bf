"""World -> packets: what each player sees, encoded once for all who see the same. What stands is in `standing.py`.

The map is divided into cells; a player sees the cells round its own. Per tick and cell there are lists of numbers:
all that is in it (for those whose view it just entered), what changed in it, who left it, who was in it. Each is
encoded when the first view needs it and joined for the rest, so no list is encoded twice in a tick.
In:  the game, whose lock the caller holds, and the views. Out: per view the frames of this tick, as bytes.
"""

from __future__ import annotations

import math
from typing import Iterable, NamedTuple, Tuple

from gameserver.game import Game
from gameserver.growth import choices, experience_for_next_age
from gameserver.objects import Mover, PlayerObject, Projectile
from gameserver.standing import Knowledge, Standing
from Net.forms import Form
from Net.PacketCodes import TO_CLIENT, Packet
from Net.parts import Part, encode_part, join_parts

# STATE's kinds and flags (docs/protocol.md).
KIND_PLAYER, KIND_PROJECTILE, KIND_ANIMAL = 0, 1, 2
FLAG_ATTACKING, FLAG_JUST_HIT, FLAG_HUNTER, FLAG_DISCONNECTED = 1, 2, 4, 8
WEAPON_SHIFT = 4  # the number of a player's weapon is in bits 4 to 6
_ANGLE_STEPS = 256  # one byte for a whole turn
_STEPS_PER_RAD = _ANGLE_STEPS / (2 * math.pi)

Cell = int
Row = Tuple[int, ...]  # id, kind, x, y, angle, health, flags


class View:
    """What one client has been told. player_id: whose eyes it sees with. form: how it is written to.

    A spectator's eyes can be anybody's, or with None rest on a `spot` (x, y) of the map.
    """

    __slots__ = ("cells", "form", "is_spectator", "knowledge", "player_id", "self_values", "spot", "stale_ids")

    def __init__(self, player_id: int | None, form: Form) -> None:
        self.player_id = player_id
        self.is_spectator = False
        self.spot = (0.0, 0.0)
        self.form = form
        self.cells: tuple[Cell, ...] | None = None  # in view in the last STATE; None: the next one must be full
        self.knowledge = Knowledge()  # of what stands
        self.stale_ids: list[int] = []  # what the client still shows from before it missed a STATE
        self.self_values: tuple[object, ...] | None = None  # of the last SELF


class _Tick(NamedTuple):
    """The world at one tick, by cell."""

    rows: dict[int, Row]
    cells: dict[int, Cell]
    ids_in: dict[Cell, list[int]]


class Snapshots:
    """Turns a game into what its players are sent; remembers the last tick, to send what changed."""

    def __init__(self, game: Game) -> None:
        settings = game.settings
        self._game = game
        self._cell_size = settings.cell_size
        self._columns = int(settings.map_size // settings.cell_size) + 1
        self._reach = settings.view_cells
        self._now = _Tick({}, {}, {})
        self._before = self._now
        self._changed: dict[Cell, list[int]] = {}  # ids of rows that are new or differ, in the cell they are in now
        self._left: dict[Cell, list[int]] = {}  # ids, in the cell they were in before
        self._views_from: dict[Cell, tuple[Cell, ...]] = {}
        self._standing = Standing(game, self._cell_at)
        # Made anew each tick.
        self._parts: dict[tuple[str, Cell, bool], Part] = {}
        self._frames: dict[tuple[object, ...], bytes] = {}

    def build(self, views: Iterable[View], late: Iterable[View] = ()) -> dict[View, bytes]:
        """Returns this tick's frames for each view; to be called once a tick, with the game's lock held.

        late: views whose clients can not take a STATE now; they get a full one when they are in `views` again.
        """
        self._compare(self._scan())
        self._standing.compare()
        for view in late:
            self._miss(view)
        return {view: self._build_view(view) for view in views if view.is_spectator or self._eyes(view)}

    # The world, by cell ---------------------------------------------------------------------------------------

    def _scan(self) -> _Tick:
        game = self._game
        rows: dict[int, Row] = {}
        for player in game.players.values():
            if player.alive:
                marks = player.weapon << WEAPON_SHIFT | FLAG_DISCONNECTED * (not player.connected)
                rows[player.id] = _row(player, KIND_PLAYER, game.settings.player_health, marks)
        for animal in game.animals.values():
            species = game.settings.species[animal.species]
            full_health = game.settings.animal_health * species.health
            rows[animal.id] = _row(animal, KIND_ANIMAL, full_health, FLAG_HUNTER * species.hunts)
        for projectile in game.projectiles.values():
            rows[projectile.id] = _projectile_row(projectile)
        cells: dict[int, Cell] = {}
        ids_in: dict[Cell, list[int]] = {}
        for entity_id, row in rows.items():
            cell = cells[entity_id] = self._cell_at(row[2], row[3])
            ids_in.setdefault(cell, []).append(entity_id)
        return _Tick(rows, cells, ids_in)

    def _compare(self, now: _Tick) -> None:
        before = self._before = self._now
        self._now = now
        self._changed, self._left, self._parts, self._frames = {}, {}, {}, {}
        for entity_id, row in now.rows.items():
            if before.rows.get(entity_id) != row:
                self._changed.setdefault(now.cells[entity_id], []).append(entity_id)
        for entity_id, cell in before.cells.items():
            if now.cells.get(entity_id) != cell:
                self._left.setdefault(cell, []).append(entity_id)

    def _cell_at(self, x: float, y: float) -> Cell:
        return int(y // self._cell_size) * self._columns + int(x // self._cell_size)

    def _cells_seen_from(self, x: float, y: float) -> tuple[Cell, ...]:
        centre = self._cell_at(x, y)
        cells = self._views_from.get(centre)
        if cells is None:
            cells = self._views_from[centre] = self._cells_round(centre)
        return cells

    def _cells_round(self, centre: Cell) -> tuple[Cell, ...]:
        row, column = divmod(centre, self._columns)
        across, down = self._reach
        last = self._columns - 1
        rows = range(max(0, row - down), min(last, row + down) + 1)
        columns = range(max(0, column - across), min(last, column + across) + 1)
        return tuple(r * self._columns + c for r in rows for c in columns)

    # One view -------------------------------------------------------------------------------------------------

    def _build_view(self, view: View) -> bytes:
        player = self._eyes(view)
        if player is not None:
            view.spot = (player.x, player.y)
        cells = self._cells_seen_from(*view.spot)
        frames = [self._standing.frames(view.knowledge, cells, view.form)]
        if player is None or view.is_spectator:
            frames.append(self._state_frame(view, cells, None))
        else:
            frames += [self._self_frame(view, player), self._state_frame(view, cells, player.sequence)]
        view.cells = cells
        view.stale_ids = []
        return b"".join(frames)

    def _eyes(self, view: View) -> PlayerObject | None:
        """The player whose eyes a view has; None when it is gone, or none was chosen."""
        return None if view.player_id is None else self._game.players.get(view.player_id)

    def _miss(self, view: View) -> None:
        self._standing.miss(view.knowledge)
        if view.cells is not None:
            view.stale_ids = [i for cell in view.cells for i in self._before.ids_in.get(cell, ())]
            view.cells = None

    def _state_frame(self, view: View, cells: tuple[Cell, ...], sequence: int | None) -> bytes:
        as_text = view.form.as_text
        key = (cells, view.cells, sequence, view.form)
        frame = None if view.stale_ids else self._frames.get(key)
        if frame is None:
            moved, gone = (
                self._full(view, cells) if view.cells is None else self._difference(view.cells, cells, as_text)
            )
            frame = view.form.frame(join_parts("STATE", (self._game.tick, sequence), (moved, gone), as_text))
            if not view.stale_ids:
                self._frames[key] = frame
        return frame

    def _full(self, view: View, cells: tuple[Cell, ...]) -> tuple[list[Part], list[Part]]:
        moved = [self._part("all", cell, view.form.as_text) for cell in cells]
        return moved, [encode_part(view.stale_ids, view.form.as_text)]

    def _difference(
        self, seen: tuple[Cell, ...], cells: tuple[Cell, ...], as_text: bool
    ) -> tuple[list[Part], list[Part]]:
        """What a client that saw `seen` at the last tick and sees `cells` now must show, and must forget."""
        moved = [self._part("changed" if cell in seen else "all", cell, as_text) for cell in cells]
        gone = [self._part("left" if cell in cells else "were", cell, as_text) for cell in seen]
        return moved, gone

    def _part(self, what: str, cell: Cell, as_text: bool) -> Part:
        key = (what, cell, as_text)
        part = self._parts.get(key)
        if part is None:
            part = self._parts[key] = encode_part(self._numbers(what, cell), as_text)
        return part

    def _numbers(self, what: str, cell: Cell) -> list[int]:
        if what == "left":
            return self._left.get(cell, [])
        if what == "were":
            return self._before.ids_in.get(cell, [])
        ids = self._changed.get(cell, []) if what == "changed" else self._now.ids_in.get(cell, [])
        return [number for entity_id in ids for number in self._now.rows[entity_id]]

    def _self_frame(self, view: View, player: PlayerObject) -> bytes:
        settings = self._game.settings
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


def _row(body: Mover, kind: int, full_health: float, marks: int) -> Row:
    flags = FLAG_ATTACKING * body.attacking | FLAG_JUST_HIT * body.just_hit | marks
    angle = int(body.angle_rad * _STEPS_PER_RAD + 0.5) % _ANGLE_STEPS
    return (body.id, kind, round(body.x), round(body.y), angle, _percent(body.health, full_health), flags)


def _projectile_row(projectile: Projectile) -> Row:
    angle = int(projectile.angle_rad * _STEPS_PER_RAD + 0.5) % _ANGLE_STEPS
    return (projectile.id, KIND_PROJECTILE, round(projectile.x), round(projectile.y), angle, 100, 0)


def _percent(health: float, full: float) -> int:
    """Health as 0 to 100; who lives shows at least 1."""
    return math.ceil(100 * max(0.0, health) / full)
