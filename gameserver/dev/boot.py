"""The start of a server's process under --dev: it runs the command line, and reports an error of its imports.

In:  the arguments of run_server.py. Out: its exit status.
It imports nothing of the game before `main`, because the code that fails may be anywhere.
"""

from __future__ import annotations

from gameserver.dev.channel import Place
from gameserver.dev.problems import problem_of


def main() -> int:
    """Runs the server of this process."""
    try:
        from run_server import run  # the code of the server: any part of it may be what has just changed
    except (Exception, SystemExit) as error:
        place = Place.in_environment()
        if place is None or place.number == 1:
            raise  # no earlier server can show it
        place.connect().send({"problem": problem_of(error)})
        return 1
    return run()
