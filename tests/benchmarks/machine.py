"""The machine under measurement: which process may use which CPU, and how busy other programs keep it."""

from __future__ import annotations

import argparse
import contextlib
import os
from pathlib import Path
from typing import Iterator, Tuple

Cpus = Tuple[int, ...]  # empty: any
_STEP_BACK = 10  # steps of niceness: about a tenth of the weight of other programs


def parse_cpus(text: str) -> Cpus:
    """Reads `0` or `0,1` from the command line; raises ArgumentTypeError for CPUs that this process may not use."""
    cpus = tuple(int(number) for number in text.split(","))
    if not set(cpus) <= set(usable_cpus()):
        raise argparse.ArgumentTypeError(f"only these CPUs can be used: {usable_cpus()}")
    return cpus


def usable_cpus() -> Cpus:
    """The CPUs that this process may use; none where a process cannot be pinned to a CPU."""
    return tuple(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else ()


def other_cpus(taken: Cpus) -> Cpus:
    """The CPUs that are not taken; all CPUs if every one is taken."""
    usable = usable_cpus()
    return tuple(cpu for cpu in usable if cpu not in taken) or usable


def pin(cpus: Cpus) -> None:
    """Keeps this thread, and all that it starts from now on, to these CPUs."""
    if cpus and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cpus)


@contextlib.contextmanager
def pinned(cpus: Cpus) -> Iterator[None]:
    """Pins this thread for as long as it takes to start another process, which stays pinned."""
    before = usable_cpus()
    pin(cpus)
    try:
        yield
    finally:
        pin(before)


def step_back() -> None:
    """Lowers the priority of this thread (elsewhere than on Linux: of this process) and of all that it starts."""
    if hasattr(os, "nice"):
        os.nice(_STEP_BACK)


def allow_many_files() -> None:
    """Raises the limit on open files of this process, and of those that it starts, as far as the system allows."""
    try:
        import resource
    except ImportError:
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # some systems allow less than they say
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def busy_s() -> float | None:
    """CPU seconds that all processes together have used since the machine was started, or None if it is unknown."""
    stat = Path("/proc/stat")
    if not stat.exists():
        return None
    user, nice, system, _idle, _waiting, *others = map(int, stat.read_text().splitlines()[0].split()[1:9])
    return (user + nice + system + sum(others)) / os.sysconf("SC_CLK_TCK")


def cpu_s_of(pid: int) -> float:
    """CPU seconds that a process has used, the system's included; only Linux tells."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def resident_bytes_of(pid: int) -> int:
    """Memory that a process has now; only Linux tells."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
