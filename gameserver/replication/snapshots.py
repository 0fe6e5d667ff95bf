"""World -> packets: each client is told what has changed in its area of interest, encoded once for all clients.

The map is divided into cells, and a client sees the cells round its own. An example, with three cells in a row, of
which each player sees its own and one to each side. Ann stands in cell 0 and Bob in cell 2. In this tick, a wolf walks
from cell 1 into cell 2.

    Changes      changed = {2: [the wolf's row]}, left = {1: [the wolf's id]}
    Viewpoints   Ann has the cells 0 and 1 in view, Bob the cells 1 and 2
    FrameCache   Ann's STATE: the wolf is gone, and nothing has moved in the cells 0 and 1
                 Bob's STATE: the wolf is gone from cell 1, and has moved in cell 2 (a client first forgets, then moves)

The list of cell 1 is in both packets and is encoded once. A third player in cell 0 gets the very bytes of Ann's packet.
If Ann walks into cell 1 in the next tick, she gets the changes of the cells 0 and 1, and everything in cell 2.

In:  the game, whose lock the caller holds, and the views. Out: the frames of this tick for each view, as bytes.
"""

from __future__ import annotations

from typing import Iterable

from gameserver.game import Game
from gameserver.replication.changes import Changes
from gameserver.replication.entities import rows_of
from gameserver.replication.frame_cache import FrameCache
from gameserver.replication.static_objects import StaticObjects
from gameserver.replication.view import View
from gameserver.replication.viewpoints import Cell, Viewpoints
from gameserver.world.objects import PlayerObject


class Replicator:
    """Turns the state of a game into packets for its clients; remembers the last tick, to send only the changes."""

    def __init__(self, game: Game) -> None:
        self._game = game
        self._viewpoints = Viewpoints(game.settings)
        self._static = StaticObjects(game, self._viewpoints.cell_at)
        self._changes = Changes((), self._viewpoints, None)

    def build(self, views: Iterable[View], late: Iterable[View] = ()) -> dict[View, bytes]:
        """Returns this tick's frames for each view. Call it once a tick, with the game's lock held.

        late: views whose clients cannot take a STATE now; they get a full STATE when they are in `views` again.
        """
        game, in_view = self._game, self._viewpoints.in_view
        changes = self._changes = Changes(rows_of(game), self._viewpoints, self._changes)
        self._static.compare()
        for view in late:
            self._static.miss(view.known)
            view.miss(changes, in_view)
        cache = FrameCache(game.tick, changes, in_view)
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
