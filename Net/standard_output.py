"""Standard output whose reader has gone, as `head` goes when it has seen enough.

In:  nothing. Out: nothing, and nowhere: what is printed from then on, or still waits to be, is lost without an error.
"""

from __future__ import annotations

import os
import sys


def print_to_nobody() -> None:
    """Is called after a BrokenPipeError, so that no second one comes when the process ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
