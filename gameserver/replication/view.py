"""The view of one client: what it watches, and what it has received of the world."""

from __future__ import annotations

from gameserver.replication.changes import Changes
from gameserver.replication.frame_cache import FrameCache
from gameserver.replication.static_objects import KnownCells
from gameserver.replication.viewpoints import Cell, Cells
from gameserver.rules.growth import choices, experience_for_next_age
from gameserver.world.objects import PlayerObject
from gameserver.world.settings import GameSettings
from gameserver.world.shown import percent
from Net.PacketCodes import TO_CLIENT, Packet
from Net.wire_format import WireFormat


class View:
    """The state of the world that one client has received.

    player_id: the player whose area of interest the client sees. form: the client's wire format.
    A spectator can watch any player. With player_id None it watches a `spot` (x, y) of the map.
    viewpoint: the viewpoint cell of the last STATE; None: the next STATE must be full.
    """

    __slots__ = (
        "_own_basis",
        "_own_values",
        "_stale_ids",
        "form",
        "is_spectator",
        "known",
        "player_id",
        "spot",
        "viewpoint",
    )

    def __init__(self, player_id: int | None, form: WireFormat, is_spectator: bool = False) -> None:
        self.player_id = player_id
        self.is_spectator = is_spectator
        self.spot = (0.0, 0.0)
        self.form = form
        self.viewpoint: Cell | None = None
        self.known = KnownCells()  # of the static objects
        self._stale_ids: list[int] = []  # entities that the client still shows from before it missed a STATE
        self._own_values: tuple[object, ...] | None = None  # values of the last SELF
        self._own_basis: tuple[object, ...] | None = None  # inputs of the computation of `_own_values`

    def renewed(self) -> View:
        """Returns the view of the same client as if it had received nothing."""
        view = View(self.player_id, self.form, self.is_spectator)
        view.spot = self.spot
        return view

    def watch(self, player_id: int | None) -> None:
        """Makes a spectator watch a player, or with None its last spot."""
        self.player_id = player_id

    def look_at(self, x: float, y: float) -> None:
        """Sets the spot of the map that a spectator watches while it watches no player."""
        self.spot = (x, y)

    def miss(self, changes: Changes, in_view: dict[Cell, Cells]) -> None:
        """Notes that the client gets no STATE in this tick."""
        if self.viewpoint is not None:
            cells = in_view[self.viewpoint]
            self._stale_ids = [entity_id for cell in cells for entity_id in changes.ids_before_in(cell)]
            self.viewpoint = None

    def state_frame(self, frames: FrameCache, viewpoint: Cell, sequence: int | None) -> bytes:
        """Returns STATE for this client, which sees the world from a viewpoint cell now."""
        if self._stale_ids:
            frame = frames.full_state(self._stale_ids, viewpoint, sequence, self.form)
            self._stale_ids = []
        else:
            frame = frames.state(self.viewpoint, viewpoint, sequence, self.form)
        self.viewpoint = viewpoint
        return frame

    def own_frame(self, player: PlayerObject, settings: GameSettings) -> bytes:
        """Returns SELF if the values of the client's own player have changed; else nothing."""
        basis = (
            settings,
            player.health,
            player.score,
            player.age,
            player.experience,
            player.weapon,
            tuple(player.resources),
        )
        if basis == self._own_basis:
            return b""
        self._own_basis = basis
        values = (
            percent(player.health, settings.player_health),
            player.score,
            list(player.resources),
            player.age,
            player.experience,
            experience_for_next_age(settings, player.age),
            player.weapon,
            choices(settings, player),
        )
        if values == self._own_values:
            return b""
        self._own_values = values
        return self.form.frame(TO_CLIENT.encode(Packet("SELF", values), self.form.as_text))
