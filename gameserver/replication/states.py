"""Whole states: each client gets the whole state of the game once, and then what has changed since.

This is the replicator of any game without one of its own. All clients see the same. Clients that have received the same
version of the state get the same frame, which is encoded once.

In:  game states, and the views. Out: the frames with GAME_STATE or GAME_CHANGES for each view, as bytes.
Raises StateError for a state that is no plain data; then no view has changed.
"""

from __future__ import annotations

import logging
from typing import Dict, Iterable, Optional, Tuple, Union

from gameserver.base_game import GameState
from gameserver.replication.state_faults import StateError, fault_in, sizes_by_kind
from gameserver.replication.state_history import Changes, StateHistory
from Net.limits import Limits
from Net.PacketCodes import TO_CLIENT, Packet
from Net.wire_format import WireFormat

log = logging.getLogger(__name__)

# A larger packet does not fit into a client's outbox: the client would be dropped as one that reads too slowly.
MOST_BYTES = Limits().outbox_bytes


# By the version that a client has, and by `as_text`.
Messages = Dict[Tuple[Optional[int], bool], Union[str, bytes]]


class StateView:
    """The version of the state that one client has received; None: nothing yet."""

    __slots__ = ("form", "is_spectator", "player_id", "version")

    def __init__(self, player_id: int, form: WireFormat, is_spectator: bool = False) -> None:
        self.player_id = player_id
        self.form = form
        self.is_spectator = is_spectator
        self.version: int | None = None

    def renewed(self) -> StateView:
        """Returns the view of the same client as if it had received nothing."""
        return StateView(self.player_id, self.form, self.is_spectator)


class StateReplicator:
    """Turns the states of one game into packets."""

    make_view = StateView

    def __init__(self) -> None:
        self._history = StateHistory()
        self._is_too_large = False  # the log has said so

    def watch(self, view: StateView, target_id: int | None, spot: tuple[float, float] | None) -> None:
        """Does nothing: every client sees the whole state, and its page chooses what to show of it."""

    def build(
        self, state: GameState, views: Iterable[StateView], late: Iterable[StateView] = ()
    ) -> dict[StateView, bytes]:
        """Returns the frames of a state for each view. A view that has this version already gets none."""
        views, history = list(views), self._history
        before, changes = history.version, history.compare(state)
        formats = {False, *(view.form.as_text for view in views)}
        messages: Messages = {(before, as_text): _encoded(state, changes, as_text) for as_text in formats}
        history.keep(state, changes)  # all that can fail has come before
        if before < history.whole_since:
            messages.clear()
        frames: dict[tuple[int | None, WireFormat], bytes] = {}
        built = {}
        for view in views:
            if view.version == history.version:
                continue
            key = view.version, view.form
            if key not in frames:
                frames[key] = self._frame(state, view, messages)
            if frames[key]:
                built[view] = frames[key]
                view.version = history.version
        history.forget_gone(min((view.version or 0 for view in (*views, *late)), default=history.version))
        return built

    def _frame(self, state: GameState, view: StateView, messages: Messages) -> bytes:
        """Returns the frame that brings a view up to date; an empty one if it is too large to be sent."""
        key = view.version, view.form.as_text
        if key not in messages:
            changes = None if view.version is None else self._history.since(view.version, state)
            messages[key] = _encoded(state, changes, view.form.as_text)
        frame = view.form.frame(messages[key])
        if len(frame) <= MOST_BYTES:
            self._is_too_large = False
            return frame
        if not self._is_too_large:
            self._is_too_large = True
            log.error(
                "the game state takes %d bytes, and a client can take %d: it gets none of it. Sizes in bytes: %s",
                len(frame),
                MOST_BYTES,
                sizes_by_kind(state),
            )
        return b""


def _encoded(state: GameState, changes: Changes | None, as_text: bool) -> str | bytes:
    """Returns the message with some changes of a state, or with None the message with the whole state."""
    packet = Packet("GAME_STATE", (state,)) if changes is None else Packet("GAME_CHANGES", changes)
    try:
        return TO_CLIENT.encode(packet, as_text)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise StateError(fault_in(state) or str(error)) from error
