"""What a browser gets from the port: path -> page."""

from __future__ import annotations

from typing import Iterable

from gameserver.room import GameRoom
from gameserver.store import Store, StoreError
from Net.http import Page, Pages, html_page, json_page
from Net.PacketCodes import describe

_FRONT_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Game server</title>
<h1>This is a game server</h1>
<p>It speaks WebSocket on this very address: a client connects to <code>ws://</code>, sends
<code>["JOIN",["your name"]]</code> and is in the game. Anything sent to <code>/echo</code> comes back.</p>
<p>All packets: <a href="/packets.json">/packets.json</a>. Try it in this page's console:</p>
<pre>ws = new WebSocket("ws://" + location.host); ws.onmessage = e => console.log(e.data)
ws.send('["JOIN",["Ann"]]'); ws.send('["MOVE",[0]]')</pre>
</html>
"""


def rooms_page(rooms: Iterable[GameRoom]) -> Page:
    """The open rooms, for whoever looks for one to join."""
    listed = [
        {
            "id": room.id,
            "status": room.status,
            "players": len(room.seats()),
            "capacity": room.capacity,
            "teams": room.game.settings.teams,
        }
        for room in rooms
    ]
    return json_page({"rooms": listed})


def leaderboard_page(store: Store) -> Page:
    """The best players of all matches; without them if the store can not be read."""
    try:
        return json_page({"leaderboard": store.leaderboard()})
    except StoreError as error:
        return json_page({"leaderboard": [], "error": str(error)})


def make_pages() -> Pages:
    """The table of pages."""
    front: Page = html_page(_FRONT_PAGE)
    return {"/": front, "/packets.json": json_page(describe())}
