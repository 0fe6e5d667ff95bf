"""Areas of interest: each client is told what has changed in its own area, encoded once for all clients.

The map is divided into cells, and a client sees the cells round its own. An example, with three cells in a row, of
which each player sees its own and one to each side. Ann stands in cell 0 and Bob in cell 2. In this tick, a wolf walks
from cell 1 into cell 2.

    Changes      changed = {2: [the wolf's row]}, left = {1: [the wolf's id]}
    Viewpoints   Ann has the cells 0 and 1 in view, Bob the cells 1 and 2
    FrameCache   Ann's STATE: the wolf is gone, and nothing has moved in the cells 0 and 1
                 Bob's STATE: the wolf is gone from cell 1, and has moved in cell 2 (a client first forgets, then moves)

The list of cell 1 is in both packets and is encoded once. A third player in cell 0 gets the very bytes of Ann's packet.
If Ann walks into cell 1 in the next tick, she gets the changes of the cells 0 and 1, and everything in cell 2.

In:  the game and its state, and the views. Out: the frames of this tick for each view, as bytes.
"""

from __future__ import annotations

from typing import Iterable

from gameserver.base_game import GameState
from gameserver.game import Game
from gameserver.replication.changes import Changes
from gameserver.replication.entities import rows_of
from gameserver.replication.frame_cache import FrameCache
from gameserver.replication.static_objects import StaticObjects
from gameserver.replication.view import View
from gameserver.replication.viewpoints import Cell, Viewpoints
from gameserver.world.objects import PlayerObject


class AreaReplicator:
    """Turns the states of a `Game` into packets for its clients; remembers the last one, to send only the changes.

    The values of a client's own player are its secret, so they are no part of the state: they come from the game.
    """

    make_view = View

    def __init__(self, game: Game) -> None:
        self._game = game
        self._viewpoints = Viewpoints(game.settings)
        self._static = StaticObjects(self._viewpoints.cell_at)
        self._changes = Changes((), self._viewpoints, None)

    def watch(self, view: View, target_id: int | None, spot: tuple[float, float] | None) -> None:
        """Makes a spectator watch a player, or a spot of the map; spot: x and y, moved onto the map if outside."""
        size = self._game.settings.map_size
        view.watch(target_id)
        if spot is not None:
            view.look_at(min(max(spot[0], 0.0), size), min(max(spot[1], 0.0), size))

    def build(self, state: GameState, views: Iterable[View], late: Iterable[View] = ()) -> dict[View, bytes]:
        """Returns the frames of a game state for each view. The caller holds the game's lock.

        late: views whose clients cannot take a STATE now; they get a full STATE when they are in `views` again.
        """
        game, in_view, entities = self._game, self._viewpoints.in_view, state["entities"]
        changes = self._changes = Changes(rows_of(entities), self._viewpoints, self._changes)
        self._static.compare(entities["scenery"], entities["buildings"])
        for view in late:
            self._static.miss(view.known)
            view.miss(changes, in_view)
        cache = FrameCache(state["tick"], changes, in_view)
        frames = {}
        for view in views:
            player = game.players.get(view.player_id)  # type: ignore[arg-type]  # nobody has the id None
            if view.is_spectator:
                frames[view] = self._watched(view, player, cache)
            elif player is not None:
                frames[view] = self._played(view, player, cache)
        return frames

    def _played(self, view: View, player: PlayerObject, cache: FrameCache) -> bytes:
        """Returns the frames for a player's own view."""
        cell = self._changes.cells.get(player.id)
        if cell is None:  # dead players are in no cell
            cell = self._viewpoints.cell_at(player.x, player.y)
        viewpoint = self._viewpoints.of(cell)
        static = self._static_frames(view, viewpoint)
        own = view.own_frame(player, self._game.settings)
        return static + own + view.state_frame(cache, viewpoint, player.sequence)

    def _watched(self, view: View, player: PlayerObject | None, cache: FrameCache) -> bytes:
        """Returns the frames for a spectator. It keeps the last spot when the player that it watches is gone."""
        if player is not None:
            view.look_at(player.x, player.y)
        viewpoint = self._viewpoints.of(self._viewpoints.cell_at(*view.spot))
        return self._static_frames(view, viewpoint) + view.state_frame(cache, viewpoint, None)

    def _static_frames(self, view: View, viewpoint: Cell) -> bytes:
        if viewpoint == view.viewpoint and not self._static.has_news and not view.known.has_missed():
            return b""  # the usual case: the view is the same, and it has no new static objects
        return self._static.frames(view.known, self._viewpoints.in_view[viewpoint], view.form)
