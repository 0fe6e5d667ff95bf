"""Writes the tables of docs/flags.md from the flags of run_server.py: `python docs/update_flags.py`."""

from __future__ import annotations

import sys
from pathlib import Path

PAGE = Path(__file__).with_name("flags.md")
sys.path.insert(0, str(PAGE.parent.parent))

from gameserver.flags import GROUPS, Flag  # noqa: E402  (found by the line above)

START, END = "<!-- flags: made by update_flags.py -->", "<!-- end of flags -->"
VERSION = "print the version of the server, and end"


def row(flag: Flag) -> str:
    """One flag as a row of a table in Markdown."""
    options = flag.options
    metavar = options.get("metavar", "")
    usage = f"{flag.name} [{metavar}]" if options.get("nargs") == "?" else f"{flag.name} {metavar}".rstrip()
    about = options.get("help", VERSION)
    if options.get("action") == "append":
        about += " (may be given again)"
    default = options.get("default")
    shown = "" if default is None or default == [] else "off" if default is False else f"`{default}`"
    return f"| `{usage}` | {shown or 'none'} | {allowed(flag)} | {about} |"


def allowed(flag: Flag) -> str:
    """The values that a flag takes."""
    if flag.options.get("choices"):
        return ", ".join(f"`{choice}`" for choice in flag.options["choices"])
    return "" if flag.range is None else f"{flag.range.low:,} to {flag.range.high:,}"


def table(flags: tuple[Flag, ...]) -> str:
    """The flags of one group as a table in Markdown."""
    return "\n".join(["| flag | default | values | meaning |", "|---|---|---|---|", *map(row, flags)])


def updated(page: str) -> str:
    """The page with its tables made anew."""
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    tables = [f"## {title.capitalize()}\n\n{table(flags)}" for title, flags in GROUPS.items()]
    return before + START + "\n\n" + "\n\n".join(tables) + "\n\n" + END + after


if __name__ == "__main__":
    PAGE.write_text(updated(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
