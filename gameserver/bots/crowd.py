"""A crowd of bots, which gives up its seats to people.

In:  the URL of a running server, the number of bots, and what makes their brains. Out: real connections of
     `GameClient`, so that bots receive and send the same packets as any client.
One thread plays all bots. So a bot may wait only for its opening and closing handshake.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from typing import NamedTuple

from gameserver.bots.brains import Brain, MakeBrain
from gameserver.client import GameClient, JoinRefused
from Net.errors import ConnectionClosed, HandshakeError
from Net.port.own_connections import OwnConnections

log = logging.getLogger(__name__)

_NAMES = ("Ada", "Alan", "Barbara", "Blaise", "Carl", "Dana", "Edsger", "Emmy", "Frances", "Grace", "Hedy", "Ivan")
# The time between two looks of all bots at their incoming packets.
_BEAT_S = 0.1
# The seats that bots leave free for the next person, and the time after which a bot tries again to join.
_FREE_SEATS = 1
_RETRY_S = 2.0


class _Bot(NamedTuple):
    client: GameClient
    brain: Brain


class Crowd:
    """A number of bots in one room, as long as the room has seats for them.

    url: the server's address, as ws://host:port. count: the number of bots. make_brain: see `brain_for`. own: the
    server's own connections, if the server runs in this process; then the bots do not count towards the per-address
    limit of people at this machine.
    """

    def __init__(
        self, url: str, count: int, make_brain: MakeBrain, seed: int = 0, own: OwnConnections | None = None
    ) -> None:
        self._url = url
        self._dial = None if own is None else own.dial
        self._count = count
        self._make_brain = make_brain
        self._rng = random.Random(seed)  # nosec B311  # to play, not to keep secrets
        self._bots: list[_Bot] = []
        self._retry_at_s = 0.0
        self._joined = 0
        self._refused: set[str] = set()  # the codes of ERRORs that the log has
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bots", daemon=True)

    def start(self) -> None:
        """Starts the thread that plays all bots."""
        self._thread.start()

    def stop(self) -> None:
        """Makes all bots leave, and waits for the end of their thread."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(_BEAT_S):
            now_s = time.monotonic()
            for bot in list(self._bots):
                self._play(bot, now_s)
            self._balance(now_s)
        for bot in self._bots:
            bot.client.close()

    def _play(self, bot: _Bot, now_s: float) -> None:
        """Handles the packets that have arrived for a bot, and lets it act."""
        try:
            bot.client.update()
            bot.brain.act(now_s)
        except ConnectionClosed:
            self._remove(bot, now_s)
        except JoinRefused as refusal:
            log.info("a bot cannot come in: %s", refusal)
            self._remove(bot, now_s)
        except Exception:
            log.exception("a bot has failed and leaves: the others play on")
            self._count -= 1
            self._remove(bot, now_s)

    def _remove(self, bot: _Bot, now_s: float) -> None:
        """Makes a bot leave, and waits for some time before another one joins."""
        self._bots.remove(bot)
        bot.client.close()
        self._retry_at_s = now_s + _RETRY_S

    def _balance(self, now_s: float) -> None:
        """Adds one bot if there are seats enough, or makes one leave if no seat is free for the next person."""
        known = [bot for bot in self._bots if bot.client.free_seats is not None]
        free = known[0].client.free_seats if known else None
        if free is not None and free < _FREE_SEATS:
            self._remove(known[-1], now_s)
        elif self._wants_more(now_s, known) and (free is None or free > _FREE_SEATS):
            self._add(known[0].client.room if known else None, now_s)

    def _wants_more(self, now_s: float, known: list[_Bot]) -> bool:
        """Whether another bot may try to join. Bots join one at a time, because each must know the free seats first."""
        return len(self._bots) < self._count and now_s >= self._retry_at_s and len(known) == len(self._bots)

    def _add(self, room: str | None, now_s: float) -> None:
        suffix = "" if self._joined < len(_NAMES) else f" {self._joined // len(_NAMES) + 1}"
        client = GameClient(self._url, f"{_NAMES[self._joined % len(_NAMES)]}{suffix}", room=room, dial=self._dial)
        client.on_error(self._on_error)
        brain = self._make_brain(client, random.Random(self._rng.random()))  # nosec B311  # the same
        try:
            client.connect()
        except (OSError, HandshakeError, ConnectionClosed) as error:
            log.info("a bot cannot come in: %s", error)
            self._retry_at_s = now_s + _RETRY_S
            return
        self._joined += 1
        self._bots.append(_Bot(client, brain))

    def _on_error(self, code: str, text: str) -> None:
        """Logs the first ERROR of each kind: a bot may make the same mistake many times a second."""
        if code not in self._refused:
            self._refused.add(code)
            log.warning("a packet of a bot was refused: %s", text)
