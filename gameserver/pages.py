"""What a browser gets from the port: path -> page.

In:  the files of gameserver/web, read once when the server is made, and functions for pages that change.
Out: the fixed table that `Net.http` answers from. A file that is not in it can not be asked for.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

from gameserver.lan_announce import qr_page
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


def make_pages(describe_rooms: Callable[[], Any], public_url: Callable[[], str]) -> Pages:
    """The table of pages.

    describe_rooms: what /rooms.json says whenever it is asked for, as plain data. public_url: what /qr.svg shows.
    """
    files = _read_files()
    return {
        **files,
        "/": files["/web/index.html"],
        "/admin": files["/web/admin/admin.html"],
        "/packets.json": json_page(describe()),
        "/rooms.json": lambda: json_page(describe_rooms()),
        "/qr.svg": lambda: qr_page(public_url()),
    }


def _read_files() -> dict[str, Page]:
    return {
        f"/web/{path.relative_to(_WEB).as_posix()}": Page(_CONTENT_TYPES[path.suffix], path.read_bytes())
        for path in sorted(_WEB.rglob("*"))
        if path.suffix in _CONTENT_TYPES
    }
