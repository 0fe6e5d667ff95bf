"""How the threads of one process share a core, where the system lets them say.

A server's core runs one tick thread and, each a few times a second, hundreds of threads that read. A reader that wakes
up interrupts the tick, finds Python's lock taken, and sleeps again: two switches for nothing, and one more each time
the tick gives the lock away to send. Measured: half of all switches were of this kind (docs/performance.md).
"""

from __future__ import annotations

import os


def wait_for_a_turn() -> None:
    """Lets the calling thread, whenever it wakes up, wait until the thread that runs then has done its work.

    Linux calls this SCHED_BATCH; elsewhere nothing changes.
    """
    if hasattr(os, "SCHED_BATCH"):
        try:
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))  # 0: the calling thread, not the process
        except OSError:
            pass  # forbidden in some containers: slower, not wrong
