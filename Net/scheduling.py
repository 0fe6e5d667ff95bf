"""How the threads of one process share a core and Python's lock, as far as the system lets a program set this.

A server's core runs one tick thread, and hundreds of reader threads that each wake up a few times a second. A reader
that wakes up interrupts the tick, finds Python's lock taken, and sleeps again. This costs two useless thread switches,
and one more each time the tick releases the lock to send (docs/performance.md).
"""

from __future__ import annotations

import os
import sys

# A thread that waits for Python's lock asks for it again and again at this interval. Each time it wakes up for nothing,
# and the thread that has the lock must hand it over in the middle of its work. When hundreds of threads wait, Python's
# default of 5 ms leaves little time for other work. No thread of the server computes for longer than this interval
# without a pause.
_SWITCH_INTERVAL_S = 0.05


def let_threads_finish() -> None:
    """Raises Python's switch interval, so that a thread normally keeps the lock until it releases the lock itself."""
    sys.setswitchinterval(_SWITCH_INTERVAL_S)


def wait_for_a_turn() -> None:
    """Sets the calling thread's policy: when it wakes up, it does not interrupt the thread that is running.

    Linux calls this policy SCHED_BATCH. Threads that the calling thread starts inherit it. On other systems this
    function does nothing.
    """
    if sys.platform == "linux":
        try:
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))  # 0: the calling thread, not the process
        except OSError:
            pass  # some containers forbid it: then the server is slower, but still correct
