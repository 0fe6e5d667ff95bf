"""What a browser gets from the port: path -> page.

In:  the files of gameserver/web, read once when the server is made, and functions for pages that change.
Out: the fixed table that `Net.http` answers from. A file that is not in it cannot be asked for.
"""

from __future__ import annotations

from pathlib import Path
from typing import Iterable

from gameserver.room import GameRoom
from gameserver.store import Store, StoreError
from Net.http import Page, Pages, json_page
from Net.PacketCodes import describe

_WEB = Path(__file__).parent / "web"
# The content type of each kind of file; one that is missing here is not served.
_CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def rooms_page(rooms: Iterable[GameRoom]) -> Page:
    """The rooms that let people in, for clients that look for one to join."""
    listed = [
        {
            "id": room.id,
            "status": room.status,
            "players": len(room.seats()),
            "capacity": room.capacity,
            "teams": room.game.settings.teams,
        }
        for room in rooms
        if room.closed_because is None
    ]
    return json_page({"rooms": listed})


def leaderboard_page(store: Store) -> Page:
    """The best players of all matches; without them if the store cannot be read.

    Why it cannot is for the operator, who finds it in the log: it names a path of this machine.
    """
    try:
        return json_page({"leaderboard": store.leaderboard()})
    except StoreError:
        return json_page({"leaderboard": [], "error": "the results cannot be read just now"})


def make_pages() -> Pages:
    """The table of the pages that do not change."""
    files = {
        f"/web/{path.relative_to(_WEB).as_posix()}": Page(_CONTENT_TYPES[path.suffix], path.read_bytes())
        for path in sorted(_WEB.rglob("*"))
        if path.suffix in _CONTENT_TYPES
    }
    return {
        **files,
        "/": files["/web/index.html"],
        "/admin": files["/web/admin/admin.html"],
        "/packets.json": json_page(describe()),
    }
