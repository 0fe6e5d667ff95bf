"""Runs `python -m gameserver.store`, which prints the best players of a database."""

import sys

from gameserver.results.leaderboard import main
from Net.text.terminal import run_command

if __name__ == "__main__":
    sys.exit(run_command("store", main))
