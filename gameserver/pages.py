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
# The paths of the files of gameserver/web begin with this.
SHARED = "/web/"
# The content type of each kind of file. Files of other kinds are not served.
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".gif": "image/gif",
    ".html": "text/html; charset=utf-8",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".wav": "audio/wav",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
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


def make_pages(start: str) -> Pages:
    """Returns the table of the pages that do not change.

    start: the path of the page for "/", such as "/web/index.html". Raises ValueError for a path without a page.
    """
    files = {
        f"{SHARED}{path.relative_to(_WEB).as_posix()}": Page(CONTENT_TYPES[path.suffix], path.read_bytes())
        for path in sorted(_WEB.rglob("*"))
        if path.suffix in CONTENT_TYPES
    }
    if start not in files:
        raise ValueError(f"the game's page must be one of the server's, such as /web/index.html, not {start!r}")
    return {
        **files,
        "/": files[start],
        "/admin": files["/web/admin/admin.html"],
        "/packets.json": json_page(describe()),
    }
