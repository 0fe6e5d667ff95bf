"""The pages that a browser can load from the port: path -> page.

In:  the files of gameserver/web, read once when the server is made, and functions for pages that change.
Out: the fixed table from which `Net.port.http` answers. A browser cannot load a file that is not in the table.
"""

from __future__ import annotations

from pathlib import Path
from typing import Iterable

from gameserver.results.store import Store, StoreError
from gameserver.room import GameRoom
from Net.PacketCodes import describe
from Net.port.http import Page, Pages, json_page

_WEB = Path(__file__).parent / "web"
# The content type of each kind of file. Files of other kinds are not served.
_CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def rooms_page(rooms: Iterable[GameRoom]) -> Page:
    """Returns the rooms that let people in, for clients that look for a room to join."""
    listed = [
        {
            "id": room.id,
            "status": room.status,
            "players": len(room.roster.seats()),
            "capacity": room.capacity,
            "teams": room.game.settings.teams,
        }
        for room in rooms
        if room.closed_because is None
    ]
    return json_page({"rooms": listed})


def leaderboard_page(store: Store) -> Page:
    """Returns the best players of all matches, or an empty list and an error if the store cannot be read.

    The error does not give the reason, because the reason names a path of this machine. The operator finds it in the
    log.
    """
    try:
        return json_page({"leaderboard": store.leaderboard()})
    except StoreError:
        return json_page({"leaderboard": [], "error": "the results cannot be read just now"})


def make_pages() -> Pages:
    """Returns the table of the pages that do not change."""
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
