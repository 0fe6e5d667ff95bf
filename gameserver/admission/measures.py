"""The operator's measures against people: bans, mutes and kicks, and the people that each measure concerns.

In:  the address, name and token of a player. Out: whether the person may connect, may JOIN, may chat.

The server cannot identify a person for certain. It knows an address, a name and the token of a seat. A whole class may
share an address, and one person may change it. Anybody may choose any name. A browser keeps the token. So a measure
concerns:

    ban     the address, on every path, and a JOIN with the token from any other address
    kick    for a while: a JOIN with the token, or with the same name from the same address
    mute    a JOIN with the token, and everybody who joins from the address later, except spared names
"""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Callable

from gameserver.admission.tokens import is_same_token
from Net.errors import PacketError
from Net.schema import Kind, nullable, text

BAN, MUTE, KICK = "ban", "mute", "kick"
MEASURES = (BAN, MUTE, KICK)


@dataclass
class Measure:
    """One decision about one person.

    measure: one of MEASURES. host: the person's address. name: the person's name in the game; token: the token of the
    person's seat; both are empty if there is none. at: Unix time of the decision. until: Unix time of the end; None:
    the measure holds until the operator ends it. spared: names from this address that a mute does not concern.
    """

    measure: str
    host: str
    name: str
    token: str
    reason: str
    at: float
    until: float | None = None
    spared: list[str] = field(default_factory=list)

    def is_of(self, host: str, name: str, token: str | None) -> bool:
        """Whether the measure is about this person, as far as the server can tell."""
        return self.has_token(token) or (host == self.host and _same(name, self.name))

    def has_token(self, token: str | None) -> bool:
        """Whether this is the token of the person's seat."""
        return bool(token and self.token) and is_same_token(str(token), self.token)

    def silences(self, host: str, name: str, token: str | None) -> bool:
        """Whether a mute concerns a person that joins now."""
        if self.is_of(host, name, token):
            return True
        return host == self.host and not any(_same(name, spared) for spared in self.spared)


def _same(name: str, other: str) -> bool:
    return name.casefold() == other.casefold()


class Measures:
    """All measures in force. Any thread may call it. clock: Unix time, because measures outlive the process."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._measures: list[Measure] = []
        # Every connection looks an address up here, so this works without the lock: the set is replaced, never changed.
        self._banned: frozenset[str] = frozenset()

    def add(
        self,
        measure: str,
        host: str,
        name: str = "",
        token: str | None = None,
        reason: str = "",
        lasts_s: float | None = None,
        spared: tuple[str, ...] = (),
    ) -> None:
        """Puts a measure in force. It replaces a measure of the same kind about the same person."""
        now = self._clock()
        until = None if lasts_s is None else now + lasts_s
        added = Measure(measure, host, name, token or "", reason, now, until, list(spared))
        with self._lock:
            self._keep(old for old in self._in_force() if old.measure != measure or not old.is_of(host, name, token))
            self._keep([*self._measures, added])

    def lift(self, measure: str, host: str, name: str | None = None) -> list[Measure]:
        """Ends the measures of a kind about an address, or only those about one name there. Returns them."""
        with self._lock:
            lifted = [
                old
                for old in self._in_force()
                if old.measure == measure and old.host == host and (name is None or _same(name, old.name))
            ]
            self._keep(old for old in self._measures if old not in lifted)
        return lifted

    def spare(self, host: str, name: str) -> None:
        """Spares one name from all mutes of an address: this name may chat."""
        with self._lock:
            for measure in self._in_force():
                if measure.measure == MUTE and measure.host == host and name not in measure.spared:
                    measure.spared.append(name)

    def why_banned(self, host: str) -> str | None:
        """Returns the reason why nobody may connect from an address; None if the address is not banned."""
        return "this address is banned" if host in self._banned else None

    def check_join(self, host: str, name: str, token: str | None) -> None:
        """Raises PacketError if the person that sends this JOIN is banned, or was kicked a short time ago."""
        for measure in self.in_force():
            if measure.measure == BAN and measure.has_token(token):
                raise PacketError("BANNED", "the operator has banned you")
            if measure.measure == KICK and measure.is_of(host, name, token):
                left_s = (measure.until or 0.0) - self._clock()
                raise PacketError("KICKED", f"the operator has sent you away: come back in {max(1, round(left_s))} s")

    def is_muted(self, host: str, name: str, token: str | None) -> bool:
        """Whether the person that sends this JOIN is muted."""
        return any(old.measure == MUTE and old.silences(host, name, token) for old in self.in_force())

    def in_force(self) -> list[Measure]:
        """Returns the measures in force, the oldest first."""
        with self._lock:
            return list(self._in_force())

    def describe(self) -> list[dict[str, Any]]:
        """Returns the operator's view of the measures, as plain data without the tokens."""
        now = self._clock()
        return [
            {
                "measure": old.measure,
                "address": old.host,
                "name": old.name,
                "reason": old.reason,
                "seconds_ago": round(now - old.at),
                "seconds_left": None if old.until is None else round(old.until - now),
            }
            for old in self.in_force()
        ]

    # Save and restore -----------------------------------------------------------------------------------------

    def save(self) -> list[dict[str, Any]]:
        """Returns the measures in force as plain data."""
        return [asdict(measure) for measure in self.in_force()]

    def load(self, data: Any) -> None:
        """Puts the measures from the result of `save` in force; raises ValueError for anything else."""
        if type(data) is not list:
            raise ValueError("the measures must be a list")
        loaded = [_load(row) for row in data]
        with self._lock:
            self._keep([*loaded, *self._measures])

    def _in_force(self) -> list[Measure]:
        """Removes the measures whose time is over, and returns the others. The caller holds the lock."""
        now = self._clock()
        if any(measure.until is not None and measure.until <= now for measure in self._measures):
            self._keep(old for old in self._measures if old.until is None or old.until > now)
        return self._measures

    def _keep(self, measures: Any) -> None:
        self._measures = list(measures)
        self._banned = frozenset(measure.host for measure in self._measures if measure.measure == BAN)


def _check_time(value: Any) -> Any:
    if type(value) not in (int, float) or not 0 <= value <= 1e11:
        raise ValueError("a Unix time")
    return value


def _check_names(value: Any) -> Any:
    if type(value) is not list:
        raise ValueError("a list of names")
    return [_NAME.check(name) for name in value]


def _exactly(kind: Kind) -> Kind:
    """Returns a kind that also refuses a text that the check would change."""

    def check(value: Any) -> Any:
        if kind.check(value) != value:
            raise ValueError(kind.must_be)
        return value

    return Kind(kind.must_be, check)


_NAME = _exactly(text(0, 16))
_TIME = Kind("a Unix time", _check_time)
_KINDS: dict[str, Kind] = {
    "measure": _exactly(text(1, 10)),
    "host": _exactly(text(1, 64)),
    "name": _NAME,
    "token": _exactly(text(0, 64)),
    "reason": _exactly(text(0, 100)),
    "at": _TIME,
    "until": nullable(_TIME),
    "spared": Kind("a list of names", _check_names),
}


def _load(row: Any) -> Measure:
    names = {field.name for field in fields(Measure)}
    if type(row) is not dict or row.keys() != names:
        raise ValueError("a measure is of another version")
    for name, kind in _KINDS.items():
        try:
            kind.check(row[name])
        except ValueError as error:
            raise ValueError(f"a measure: {name} must be {error}") from None
    if row["measure"] not in MEASURES:
        raise ValueError(f"there is no measure {row['measure']!r}")
    return Measure(**row)
