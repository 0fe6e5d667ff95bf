"""The pages of a game of one's own: a folder -> path -> page.

In:  a folder with an index.html. Its files, also those in its subfolders, are read once, at the start.
Out: the pages; `add_pages` gives them to a server. index.html is also the page of the path "/".
Raises ValueError, one sentence that names the file.

As with the server's own pages, a file of another kind than those of `CONTENT_TYPES` is not served. Nor is a file whose
name, or whose folder's name, begins with a dot.
"""

from __future__ import annotations

import os
from typing import Iterator, Mapping
from urllib.parse import quote

from gameserver.pages import CONTENT_TYPES, SHARED
from gameserver.server import GameServer
from Net.port.http import Page

INDEX = "index.html"
# The pages stay in memory, and each request computes a hash over its page. A bound on the files that are looked at
# refuses a folder that was named by mistake, such as a whole disk.
FILE_BYTES = 4 * 2**20
FOLDER_BYTES = 32 * 2**20
MOST_FILES = 2000
# These stand in the path of a URL as they are; browsers replace no other character that `quote` keeps.
_PLAIN = "/!$&'()*+,;=:@"


def read_folder(folder: str) -> dict[str, Page]:
    """Reads the files of a folder."""
    if not os.path.isdir(folder):
        raise ValueError(f"--web: there is no folder {folder if folder.strip() else repr(folder)}")
    if not os.path.isfile(os.path.join(folder, INDEX)):
        raise ValueError(f"--web: the folder {folder} has no file {INDEX}")
    root = os.path.realpath(folder)
    pages: dict[str, Page] = {}
    size = 0
    for name in _names(root):
        content_type = CONTENT_TYPES.get(os.path.splitext(name)[1].lower())
        if content_type is not None:
            page = Page(content_type, _read(root, name))
            pages["/" + quote(name, safe=_PLAIN)] = page
            size += len(page.body)
        if size > FOLDER_BYTES:
            raise ValueError(f"--web: the files of {folder} have more than {FOLDER_BYTES >> 20} MiB")
    return {**pages, "/": pages[f"/{INDEX}"]}


def add_pages(server: GameServer, pages: Mapping[str, Page]) -> None:
    """Adds the pages to a server. Only "/" may have a page already. Call it when everything else is added."""
    taken = [path for path in pages if path != "/" and (server.serves(path) or path.startswith(SHARED))]
    if taken:
        raise ValueError(f"--web: {taken[0]} is the path of a page of the server: give the file another name")
    for path, page in pages.items():
        server.add_page(path, page)


def _names(root: str) -> Iterator[str]:
    """Yields the names of all files, relative to the folder, with slashes."""
    count = 0
    for folder, subfolders, files in os.walk(root):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        for file in sorted(files):
            count += 1
            if count > MOST_FILES:
                raise ValueError(f"--web: the folder {root} has more than {MOST_FILES} files")
            path = os.path.join(folder, file)
            if not file.startswith(".") and os.path.isfile(path):
                yield os.path.relpath(path, root).replace(os.sep, "/")


def _read(root: str, name: str) -> bytes:
    """Returns the content of a file. A link may lead to a file in the folder that is served too, and nowhere else."""
    path = os.path.realpath(os.path.join(root, name))
    inside = os.path.relpath(path, root) if _is_below(root, path) else os.pardir
    if any(part.startswith(".") for part in inside.split(os.sep)):
        raise ValueError(f"--web: {name} is a link to a file that is not served")
    try:
        with open(path, "rb") as file:
            content = file.read(FILE_BYTES + 1)
    except OSError as error:
        raise ValueError(f"--web: {name} cannot be read: {error.strerror}") from None
    if len(content) > FILE_BYTES:
        raise ValueError(f"--web: {name} has more than {FILE_BYTES >> 20} MiB")
    return content


def _is_below(root: str, path: str) -> bool:
    return path.startswith(os.path.join(root, ""))
