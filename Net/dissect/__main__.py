"""Runs `python -m Net.dissect`."""

import sys

from Net.dissect.command import main
from Net.text.terminal import run_command

if __name__ == "__main__":
    sys.exit(run_command("Net.dissect", main))
