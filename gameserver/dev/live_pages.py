"""The pages under --dev: they are read again when a file changes, and each browser then loads its page again.

In:  a function that reads the pages. Out: the pages in the server's table, with a script; and on the path /dev a
     WebSocket that tells the script {"pages": version of the pages, "problem": text or null}, now and at each change.
The script (gameserver/web/dev/live.js) shows the problem, and loads its page again if it is of another version.
"""

from __future__ import annotations

import hashlib
import json
import threading
from typing import Callable, Iterable, Mapping, NoReturn, Union

from gameserver.server import GameServer
from Net.errors import HandshakeError
from Net.port.http import Page
from Net.websocket import WebSocket

PATH = "/dev"
SCRIPT = '\n<script type="module" src="/web/dev/live.js" data-pages="{version}"></script>\n'

Table = Mapping[str, Union[Page, Callable[[], Page]]]


class LivePages:
    """The pages of a server. read: returns those that come from files; raises ValueError or OSError."""

    def __init__(self, server: GameServer, read: Callable[[], Table]) -> None:
        self._server = server
        self._read = read
        self._lock = threading.Lock()  # guards everything below
        self._browsers: set[WebSocket] = set()
        self._pages: dict[str, Page] = {}  # without the script
        self._from_files: dict[str, Page] = {}  # those of them that `read` has returned
        self._gone: set[str] = set()  # paths whose files have gone
        self._version = ""
        self._problems: dict[str, str] = {}

    def start(self) -> None:
        """Adds the script to all pages that the server has by now, and opens the WebSocket."""
        with self._lock:
            self._pages = _fixed(self._server.pages())
        self.read()
        self._server.add_route(PATH, self._converse)

    def read(self) -> None:
        """Reads the pages again, and tells the browsers. Raises ValueError or OSError; then all is as before."""
        from_files = _fixed(self._read())
        with self._lock:
            before = self._from_files
            self._check(path for path in from_files if before and path not in before)
            gone = [path for path in before if path not in from_files]
            self._from_files = from_files
            self._pages = {path: page for path, page in {**self._pages, **from_files}.items() if path not in gone}
            self._version = _version_of(from_files)
            self._gone.update(gone)
            for path in gone:
                self._server.add_page(path, _gone)
            for path, page in self._pages.items():
                self._server.add_page(path, _with_script(page, self._version))
        self._tell()

    def _check(self, new: Iterable[str]) -> None:
        taken = next((path for path in new if self._server.serves(path) and path not in self._gone), None)
        if taken is not None:
            raise ValueError(f"{taken} is the path of another page of the server: give the file another name")

    def show(self, kind: str, problem: str | None) -> None:
        """Shows a problem on all pages, until the next one of its kind. None: there is none any more."""
        with self._lock:
            if problem == self._problems.get(kind):
                return
            if problem is None:
                del self._problems[kind]
            else:
                self._problems[kind] = problem
        self._tell()

    def _tell(self) -> None:
        with self._lock:
            browsers, message = list(self._browsers), self._message()
        for browser in browsers:
            browser.post(message)

    def _message(self) -> str:
        return json.dumps({"pages": self._version, "problem": "\n".join(self._problems.values()) or None})

    def _converse(self, websocket: WebSocket) -> NoReturn:
        with self._lock:
            self._browsers.add(websocket)
            message = self._message()
        try:
            websocket.post(message)
            while True:
                websocket.receive()
        finally:
            with self._lock:
                self._browsers.discard(websocket)


def _fixed(table: Table) -> dict[str, Page]:
    return {path: page for path, page in table.items() if isinstance(page, Page)}


def _version_of(pages: Mapping[str, Page]) -> str:
    digest = hashlib.sha256()
    for path, page in sorted(pages.items()):
        digest.update(f"{path}\n{len(page.body)}\n".encode() + page.body)
    return digest.hexdigest()[:16]


def _with_script(page: Page, version: str) -> Page:
    if not page.content_type.startswith("text/html"):
        return page
    return page._replace(body=page.body + SCRIPT.format(version=version).encode("ascii"))


def _gone() -> Page:
    raise HandshakeError(404, "there is no such page here any more", "RFC 9110 section 15.5.5")
