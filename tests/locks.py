"""Locks that record the order in which they are taken, and the use of sockets while they are held.

The order is server -> room -> game -> websocket. No socket is read or written under the first three: many threads may
wait for the thread that holds one. Any other two locks must always be taken in the same order, whichever it is. A
violation is recorded even if no other thread is waiting: a deadlock need not happen to be found.

Only the locks of our own packages are watched: each module that uses `threading` gets a version with watched locks.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
import sys
import threading
import traceback
import types
from typing import Any, Callable, Iterable, NamedTuple, Tuple

import gameserver
import Net
from Net import sockets

# The modules that make these locks. A thread may take them from left to right only.
ORDER = ("gameserver.lobby", "gameserver.match.roster", "gameserver.base_game", "Net.outbox")
# No socket may be used under these.
NO_IO_UNDER = frozenset(ORDER[:3])
IO = ("send_now", "receive", "wait_readable", "wait_writable", "linger")


class Place(NamedTuple):
    """The place where a lock is made. Two locks made in the same line are of the same kind."""

    module: str
    line: int


# Module and line of the lock that was held, those of the lock that was taken, and where.
Step = Tuple[str, int, str, int, str]


class Watch:
    """A record of the locks that threads have taken, and of the violations."""

    def __init__(self) -> None:
        self.violations: list[str] = []
        self._held = threading.local()
        self._seen: dict[tuple[Place, Place], str] = {}  # (held, taken) -> where a thread first did that

    def held(self) -> list[WatchedLock]:
        """Returns the locks that the calling thread holds, in the order in which it took them."""
        try:
            return self._held.locks  # type: ignore[no-any-return]
        except AttributeError:
            self._held.locks = []
            return self._held.locks  # type: ignore[no-any-return]

    def before_taking(self, lock: WatchedLock) -> None:
        """Records a violation if the lock must not be taken now."""
        held = self.held()
        if not held or lock in held:
            return
        for other in held:
            step = (other.place, lock.place)
            if step not in self._seen:
                self._seen[step] = _where()
            if not self._may_follow(*step):
                names = f"{lock.place.module} is taken under {other.place.module}"
                self._note(f"{names}, against the order", self._seen.get(step[::-1]))

    def _may_follow(self, held: Place, taken: Place) -> bool:
        if held.module in ORDER and taken.module in ORDER:
            return ORDER.index(held.module) < ORDER.index(taken.module)
        return (taken, held) not in self._seen

    def before_io(self, what: str) -> None:
        """Records a violation if a socket must not be used now."""
        guilty = [lock.place.module for lock in self.held() if lock.place.module in NO_IO_UNDER]
        if guilty:
            self._note(f"sockets.{what} is called under {', '.join(guilty)}")

    def _note(self, what: str, the_other_way: str | None = None) -> None:
        there = f"\nThe other way round it was done here:\n{the_other_way}" if the_other_way else ""
        self.violations.append(f"{what}:\n{_where()}{there}")

    def steps(self) -> list[Step]:
        """Returns every step from a lock that was held to a lock that was taken, as values that a pipe carries."""
        return [(*held, *taken, where) for (held, taken), where in self._seen.items()]

    def take_violations(self) -> list[str]:
        """Returns the violations since the last call."""
        found, self.violations = self.violations, []
        return found


def contradictions(steps: Iterable[Step]) -> list[str]:
    """Returns what is wrong with the steps of several processes, each of which has watched only itself."""
    seen = {(Place(*step[:2]), Place(*step[2:4])): step[4] for step in steps}
    return [
        f"{taken.module} is taken under {held.module}:\n{where}\n"
        f"The other way round it was done here:\n{seen[taken, held]}"
        for (held, taken), where in seen.items()
        if held < taken and (taken, held) in seen and not {held.module, taken.module} <= {*ORDER}
    ]


def _where() -> str:
    return "".join(traceback.format_stack(limit=12)[:-3])


class WatchedLock:
    """A lock or a reentrant lock that tells the watch when a thread takes it."""

    def __init__(self, watch: Watch, place: Place, lock: Any) -> None:
        self.place = place
        self._watch = watch
        self._lock = lock

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """As that of `threading.Lock`."""
        self._watch.before_taking(self)
        is_taken = self._lock.acquire(blocking, timeout)
        if is_taken:
            self._watch.held().append(self)
        return bool(is_taken)

    def release(self) -> None:
        """As that of `threading.Lock`."""
        held = self._watch.held()
        del held[len(held) - 1 - held[::-1].index(self)]
        self._lock.release()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class WatchedThreading(types.ModuleType):
    """`threading` as one of our modules sees it: the same except for its locks."""

    def __init__(self, watch: Watch, owner: str) -> None:
        super().__init__("threading")
        self.__dict__.update(_watch=watch, _owner=owner)

    def Lock(self) -> WatchedLock:  # noqa: N802
        """As that of `threading`."""
        return WatchedLock(self._watch, Place(self._owner, sys._getframe(1).f_lineno), threading.Lock())

    def RLock(self) -> WatchedLock:  # noqa: N802
        """As that of `threading`."""
        return WatchedLock(self._watch, Place(self._owner, sys._getframe(1).f_lineno), threading.RLock())

    def __getattr__(self, name: str) -> Any:
        return getattr(threading, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(threading, name, value)


def install(watch: Watch) -> None:
    """Makes the watch see all locks and all uses of sockets in our packages from now on."""
    for package in (Net, gameserver):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            module = importlib.import_module(info.name)
            if getattr(module, "threading", None) is threading:
                module.threading = WatchedThreading(watch, info.name)  # type: ignore[attr-defined]
    for name in IO:
        setattr(sockets, name, _watched_io(watch, name, getattr(sockets, name)))


def _watched_io(watch: Watch, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def touch(*args: Any, **kwargs: Any) -> Any:
        if watch.held():
            watch.before_io(name)
        return function(*args, **kwargs)

    return touch


WATCH = Watch()
