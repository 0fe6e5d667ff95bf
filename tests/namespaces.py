"""Private networks for tests: two machines with cables between them, as network namespaces of Linux.

They need Linux, root, and the commands `ip` and `unshare`. `python -m tests.namespaces URL...`, run inside a namespace,
opens each URL and prints a line for each: "200" or the error.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Iterable, Iterator, NamedTuple

OPEN_S = 5.0
_HERE = Path(__file__).parent.parent
_numbers = itertools.count()


class Cable(NamedTuple):
    """A cable between the two machines: the addresses with their prefix lengths; is_up: whether our end is up."""

    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    is_up: bool = True


class Network(NamedTuple):
    """The names of two namespaces. ours: the machine of the server; theirs: the machine of the clients."""

    ours: str
    theirs: str

    def statuses(self, namespace: str, urls: Iterable[str]) -> dict[str, str]:
        """Opens URLs from inside a namespace; returns the result of each: 200, or the error."""
        asked = list(urls)
        command = [*inside(namespace), sys.executable, "-m", "tests.namespaces", *asked]
        done = subprocess.run(command, cwd=_HERE, capture_output=True, text=True, check=True, timeout=60)
        return dict(zip(asked, done.stdout.splitlines()))


def why_not() -> str:
    """Returns the reason why this machine cannot make namespaces, or "" if it can."""
    if sys.platform != "linux":
        return "needs the network namespaces of Linux"
    if os.geteuid() != 0:
        return "needs root, to make a network namespace"
    for command in ("ip", "unshare"):
        if shutil.which(command) is None:
            return f"needs the command {command}"
    try:
        with _namespace("gs-probe"):
            return ""
    except subprocess.CalledProcessError as error:
        return f"cannot make a network namespace: {error.stderr.decode(errors='replace').strip()}"


def inside(namespace: str) -> list[str]:
    """Returns the start of a command that runs in a namespace."""
    return ["ip", "netns", "exec", namespace]


@contextlib.contextmanager
def network(cables: Iterable[Cable]) -> Iterator[Network]:
    """Makes two machines with these cables between them, and removes them in the end."""
    with _namespace("gs-ours") as ours, _namespace("gs-theirs") as theirs:
        for number, cable in enumerate(cables):
            near, far = f"near{number}", f"far{number}"
            _ip(f"link add {near} netns {ours} type veth peer name {far} netns {theirs}")
            _plug_in(ours, near, cable.ours, cable.is_up)
            _plug_in(theirs, far, cable.theirs, True)
        yield Network(ours, theirs)


@contextlib.contextmanager
def _namespace(name: str) -> Iterator[str]:
    name = f"{name}-{os.getpid()}-{next(_numbers)}"  # no leftover of another test bears it
    _ip(f"netns add {name}")
    try:
        _ip(f"-n {name} link set lo up")
        yield name
    finally:
        _ip(f"netns del {name}")


def _plug_in(namespace: str, interface: str, addresses: Iterable[str], is_up: bool) -> None:
    for address in addresses:
        # Without "nodad" the kernel waits a second to check that no other machine has an IPv6 address.
        _ip(f"-n {namespace} address add {address} dev {interface}{' nodad' if ':' in address else ''}")
    if is_up:
        _ip(f"-n {namespace} link set {interface} up")


def _ip(arguments: str) -> None:
    subprocess.run(["ip", *arguments.split()], check=True, capture_output=True, timeout=30)


def main() -> None:
    for url in sys.argv[1:]:
        try:
            with urllib.request.urlopen(url, timeout=OPEN_S) as page:
                print(page.status)
        except OSError as error:
            print(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
