"""The state of any game over time: the version in which each value changed, so that a client gets the missed changes.

Each state that differs from the last one is a new version. The history keeps for every field of every entity the value
that was sent last and the version in which it changed. So the changes since any version can be found, and a client that
cannot keep up needs no history of its own.

In:  game states, as `BaseGame.get_game_state` returns them. Out: changes, the contents of GAME_CHANGES.
Raises StateError for a state that is no plain data.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Dict, NamedTuple, Union

from gameserver.base_game import GameState
from gameserver.replication.state_faults import StateError, check_plain, check_shape, fault_in
from Net.msgpack_codec import pack

EntityId = Union[int, str]
Entities = Dict[str, Dict[EntityId, Dict[str, Any]]]

_MISSING = object()
_SCALARS = frozenset((int, float, bool, str, type(None)))


class Changes(NamedTuple):
    """The orders to a client: forget entities (`gone`), set fields of entities, set other values of the state."""

    gone: dict[str, list[EntityId]]
    entities: Entities
    others: dict[str, Any]


class _Packed(bytes):
    """A list or map as it was when it was sent: the game may change its own later."""


class _Known:
    """Fields as they were sent last, and the version in which each has changed. born: the version when they came."""

    __slots__ = ("born", "changed_in", "values")

    def __init__(self, born: int) -> None:
        self.born = born
        self.values: dict[str, Any] = {}
        self.changed_in: dict[str, int] = {}

    def differences(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Returns the fields that are new or have another value or type: 1, 1.0 and True differ."""
        found = {}
        values = self.values
        for name, value in fields.items():
            last = values.get(name, _MISSING)
            if last is value:
                continue  # small numbers and most texts are the same object
            if type(value) in _SCALARS:
                if type(last) is not type(value) or last != value:
                    found[name] = value
            elif type(last) is not _Packed or last != pack(value):
                check_plain(value)
                found[name] = value
        return found

    def keep(self, fields: dict[str, Any], version: int) -> None:
        """Remembers fields that are sent with this version."""
        for name, value in fields.items():
            self.values[name] = value if type(value) in _SCALARS else _Packed(pack(value))
            self.changed_in[name] = version

    def since(self, version: int, fields: dict[str, Any]) -> dict[str, Any]:
        """Returns those of the present fields that have changed since a version."""
        return {name: fields[name] for name, at in self.changed_in.items() if at > version}


class StateHistory:
    """Compares each state with the one before. version: grows with every state that differs."""

    def __init__(self) -> None:
        self.version = 0
        self._known: dict[str, dict[EntityId, _Known]] = {}
        self._others = _Known(0)
        self._gone: list[tuple[int, str, EntityId]] = []  # version, kind, id
        # A client with an older version than this needs the whole state: changes cannot say that a value is gone.
        self.whole_since = 1

    def compare(self, state: GameState) -> Changes:
        """Returns the changes from the last state to this one. Remembers nothing: `keep` does."""
        check_shape(state)
        try:
            return self._compare(state)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise StateError(fault_in(state) or str(error)) from error

    def _compare(self, state: GameState) -> Changes:
        changed: Entities = defaultdict(dict)
        gone: dict[str, list[EntityId]] = defaultdict(list)
        entities = state.get("entities", {})
        for kind, things in entities.items():
            known = self._known.get(kind, {})
            for entity_id, fields in things.items():
                before = known.get(entity_id)
                if before is None:
                    changed[kind][entity_id] = _Known(0).differences(fields)
                elif before.values.keys() <= fields.keys():
                    new = before.differences(fields)
                    if new:
                        changed[kind][entity_id] = new
                else:  # a field is gone, which no change can say
                    gone[kind].append(entity_id)
                    changed[kind][entity_id] = fields
        for kind, known in self._known.items():
            lost = known.keys() - entities.get(kind, {}).keys()
            if lost:
                gone[kind].extend(entity_id for entity_id in known if entity_id in lost)
        return Changes(dict(gone), dict(changed), self._others.differences(_others_in(state)))

    def keep(self, state: GameState, changes: Changes) -> None:
        """Remembers a state, after `compare` has returned its changes."""
        is_shorter = bool(self._others.values.keys() - state.keys())
        if not (any(changes) or is_shorter):
            return
        self.version += 1
        for kind, ids in changes.gone.items():
            for entity_id in ids:
                del self._known[kind][entity_id]
                self._gone.append((self.version, kind, entity_id))
        for kind, things in changes.entities.items():
            known = self._known.setdefault(kind, {})
            for entity_id, fields in things.items():
                thing = known.get(entity_id)
                if thing is None:
                    thing = known[entity_id] = _Known(self.version)
                thing.keep(fields, self.version)
        if is_shorter:
            self.whole_since = self.version
            self._others = _Known(0)
            self._others.keep(_others_in(state), self.version)
        else:
            self._others.keep(changes.others, self.version)

    def since(self, version: int, state: GameState) -> Changes | None:
        """Returns the changes from a version to the last kept state, which is `state`; None: it must be sent whole."""
        if version < self.whole_since:
            return None
        changed: Entities = defaultdict(dict)
        gone: dict[str, list[EntityId]] = defaultdict(list)
        for gone_in, kind, entity_id in self._gone:
            if gone_in > version:
                gone[kind].append(entity_id)
        for kind, known in self._known.items():
            for entity_id, thing in known.items():
                fields = thing.since(version, state["entities"][kind][entity_id])
                if fields or thing.born > version:
                    changed[kind][entity_id] = fields
        return Changes(dict(gone), dict(changed), self._others.since(version, state))

    def forget_gone(self, oldest: int) -> None:
        """Forgets which entities were gone by a version that every client has. oldest: that version."""
        if self._gone and self._gone[0][0] <= oldest:
            self._gone = [gone for gone in self._gone if gone[0] > oldest]


def _others_in(state: GameState) -> dict[str, Any]:
    return {key: value for key, value in state.items() if key != "entities"}
