"""Players who vanish without a word: they are in a network of their own, and from some moment its packets are dropped.

This needs Linux, root, and the commands `ip` and `iptables`. `python -m tests.soak.cut_off URL N` runs a group of N
players; it is started inside that network.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading
import time
from typing import Iterator

from tests.benchmarks import machine
from tests.soak.players import Players
from tests.soak.server import ServerProcess

SERVER_HOST, PLAYERS_HOST = "10.213.7.1", "10.213.7.2"
_NAMESPACE, _NEAR, _FAR = "gameserver-soak", "gs-soak0", "gs-soak1"
PLAY_S = 3.0
GIVE_UP_S = 30.0


def why_not() -> str | None:
    """Returns the reason why players cannot be cut off on this machine, or None."""
    if sys.platform != "linux":
        return "needs the network namespaces of Linux"
    if os.geteuid() != 0:
        return "needs root, to make a network namespace"
    missing = [name for name in ("ip", "iptables") if shutil.which(name) is None]
    return f"needs the command {missing[0]}" if missing else None


@contextlib.contextmanager
def network() -> Iterator[None]:
    """A network namespace with one cable to this machine."""
    _remove()
    try:
        for command in (
            f"ip netns add {_NAMESPACE}",
            f"ip link add {_NEAR} type veth peer name {_FAR} netns {_NAMESPACE}",
            f"ip addr add {SERVER_HOST}/30 dev {_NEAR}",
            f"ip link set {_NEAR} up",
            f"ip netns exec {_NAMESPACE} ip addr add {PLAYERS_HOST}/30 dev {_FAR}",
            f"ip netns exec {_NAMESPACE} ip link set {_FAR} up",
            f"ip netns exec {_NAMESPACE} ip link set lo up",
        ):
            subprocess.run(command.split(), check=True, capture_output=True)
        yield
    finally:
        _remove()


def _remove() -> None:
    for command in (f"ip link del {_NEAR}", f"ip netns del {_NAMESPACE}"):
        subprocess.run(command.split(), check=False, capture_output=True)


def drop_packets(does_drop: bool) -> None:
    """Cuts the cable, or mends it; neither end is told."""
    for chain in ("INPUT", "OUTPUT"):
        command = f"ip netns exec {_NAMESPACE} iptables -w {'-A' if does_drop else '-D'} {chain} -j DROP"
        subprocess.run(command.split(), check=True, capture_output=True)


class Vanishing:
    """Groups of players that join, play, and are cut off, one group after the other, until `stop`."""

    def __init__(self, server: ServerProcess, count: int) -> None:
        self.found_after_s: list[float] = []  # for each player, from the cut to the end of its connection
        self.never_found = 0
        self._server = server
        self._count = count
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        """Waits until the last group has been found."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        machine.step_back()  # a new Python starts for each group
        with network():
            self._vanish_once()
            while not self._stopping.is_set():
                self._vanish_once()

    def _vanish_once(self) -> None:
        url = self._server.url(SERVER_HOST)
        command = ["ip", "netns", "exec", _NAMESPACE, sys.executable, "-m", "tests.soak.cut_off", url, str(self._count)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as players:
            assert players.stdout is not None
            assert players.stdout.readline() == b"joined\n"
            time.sleep(PLAY_S)
            drop_packets(True)
            cut_s = time.monotonic()
            try:
                ends_s = self._wait_for_ends(cut_s)
            finally:
                players.kill()
                drop_packets(False)
        self.found_after_s += [end_s - cut_s for end_s in ends_s]
        self.never_found += self._count - len(ends_s)

    def _wait_for_ends(self, cut_s: float) -> list[float]:
        while True:
            time.sleep(0.2)
            log = self._server.log()
            ends_s = [line.at_s for line in log if line.at_s > cut_s and line.text.startswith(PLAYERS_HOST)]
            if len(ends_s) >= self._count or time.monotonic() > cut_s + GIVE_UP_S:
                return ends_s


def main() -> None:
    url, count = sys.argv[1:]
    players = Players(url, int(count))
    print("joined", flush=True)
    sys.stdin.read()  # until we are killed
    players.stop()


if __name__ == "__main__":
    main()
