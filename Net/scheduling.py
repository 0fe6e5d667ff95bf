"""How the threads of one process share a core and Python's lock, as far as the system lets them say.

A server's core runs one tick thread and, each a few times a second, hundreds of threads that read. A reader that wakes
up interrupts the tick, finds Python's lock taken, and sleeps again: two switches for nothing, and one more each time
the tick gives the lock away to send (docs/performance.md).
"""

from __future__ import annotations

import os
import sys

# A thread that waits for Python's lock asks for it again and again at this interval; each time it wakes up for nothing,
# and the thread that has the lock must hand it over in the middle of its work. With hundreds waiting, Python's default
# of 5 ms leaves time for little else. Nothing here computes for longer than this without a pause.
_SWITCH_INTERVAL_S = 0.05


def let_threads_finish() -> None:
    """Lets each thread of the process keep Python's lock until it gives it up by itself, as a rule."""
    sys.setswitchinterval(_SWITCH_INTERVAL_S)


def wait_for_a_turn() -> None:
    """Lets the calling thread, whenever it wakes up, wait until the thread that runs then has done its work.

    Linux calls this SCHED_BATCH, and threads that it starts inherit it; elsewhere nothing changes.
    """
    if sys.platform == "linux":
        try:
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))  # 0: the calling thread, not the process
        except OSError:
            pass  # forbidden in some containers: slower, not wrong
