"""Writes the packet tables of docs/protocol.md from the registry: `python docs/update_protocol.py`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

PAGE = Path(__file__).with_name("protocol.md")
sys.path.insert(0, str(PAGE.parent.parent))

from Net.PacketCodes import describe  # noqa: E402  (found by the line above)

DIRECTIONS = {"to_server": "Client to server", "to_client": "Server to client"}
START, END = "<!-- packets: made by update_protocol.py -->", "<!-- end of packets -->"


def table(rows: list[dict[str, Any]]) -> str:
    """The packets of one direction as a table in Markdown."""
    lines = ["| code | id | what it says | arguments |", "|---|---|---|---|"]
    for row in rows:
        args = "<br>".join(
            f"`{arg['name']}`{' (may be left out)' if arg['optional'] else ''}: {arg['must_be']}" for arg in row["args"]
        )
        lines.append(f"| {row['code']} | {row['id']} | {row['about']} | {args} |")
    return "\n".join(lines)


def updated(page: str) -> str:
    """The page with its tables made anew."""
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    packets = describe()
    tables = [f"## {title}\n\n{table(packets[direction])}" for direction, title in DIRECTIONS.items()]
    return before + START + "\n\n" + "\n\n".join(tables) + "\n\n" + END + after


if __name__ == "__main__":
    PAGE.write_text(updated(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
