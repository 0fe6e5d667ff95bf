"""The seam between a game and its clients: a replicator turns game states into frames, for each client its own.

In:  the states that `BaseGame.get_game_state` returns, one after the other, and the views of the clients.
Out: frames as bytes. A view records what its client has received.

`replicator_of` chooses the replicator by the class of the game. For another one, register it for a class:
`@replicator_of.register(MyGame)`.
"""

from __future__ import annotations

import functools
from typing import Any, Iterable, Protocol

from gameserver.base_game import BaseGame, GameState
from gameserver.game import Game
from gameserver.replication.areas import AreaReplicator
from gameserver.replication.states import StateReplicator
from Net.wire_format import WireFormat


class ClientView(Protocol):
    """The part of the state that one client has received. form: the wire format of the client."""

    form: WireFormat

    def renewed(self) -> Any:
        """Returns the view of the same client as if it had received nothing."""


class Replicator(Protocol):
    """Turns game states into frames. make_view: makes a client's view from its id, wire format and is_spectator."""

    make_view: Any

    def build(self, state: GameState, views: Iterable[Any], late: Iterable[Any] = ()) -> dict[Any, bytes]:
        """Returns the frames of a state for each view. The caller holds the game's lock.

        late: views whose clients can take no state now. They get all missed changes when they are in `views` again.
        """

    def watch(self, view: Any, target_id: int | None, spot: tuple[float, float] | None) -> None:
        """Makes a spectator watch a player, or a spot of the map."""


@functools.singledispatch
def replicator_of(game: BaseGame) -> Replicator:
    """Returns a new replicator for a game."""
    return StateReplicator()


@replicator_of.register(Game)
def _(game: Game) -> Replicator:
    return AreaReplicator(game)
