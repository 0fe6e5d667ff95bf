"""The files that --dev watches: the code that the server has loaded, and the files of its pages.

In:  the class of the game, and the folder of its pages. Out: paths.
Code that nobody has imported is not watched, so the folder of the game may have any other files.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGES = ROOT / "gameserver" / "web"
_LIBRARIES = ("site-packages", "dist-packages")


class Watched:
    """The files of one server. game_class: the files of its folder count as the game's. web_folder: None: without."""

    def __init__(self, game_class: object, web_folder: str | None) -> None:
        self._code_folders = [ROOT / "gameserver", ROOT / "Net"]
        module = sys.modules.get(getattr(game_class, "__module__", ""))
        file = getattr(module, "__file__", None)
        if file is not None:
            self._code_folders.append(Path(os.path.abspath(file)).parent)
        self._page_folders = [str(PAGES)] if web_folder is None else [str(PAGES), web_folder]
        self._pages_seen: set[str] = set()

    def code(self) -> list[str]:
        """Returns the files of all modules that are loaded from the folders of the server and of the game."""
        starts = tuple(os.path.join(folder, "") for folder in self._code_folders)
        files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
        own = [file for file in files if file and file.endswith(".py") and os.path.abspath(file).startswith(starts)]
        script = str(ROOT / "run_server.py")
        return sorted([script, *(file for file in own if not any(name in Path(file).parts for name in _LIBRARIES))])

    def pages(self) -> list[str]:
        """Returns all files of the folders with pages, also those that have gone since an earlier call."""
        for top in self._page_folders:
            for folder, subfolders, files in os.walk(top):
                subfolders[:] = [name for name in subfolders if not name.startswith(".")]
                self._pages_seen.update(os.path.join(folder, file) for file in files if not file.startswith("."))
        return sorted(self._pages_seen)


def forget_bytecode(path: str) -> None:
    """Removes the bytecode that Python keeps of a file.

    Python compares only the size and the second of the last change. So it would run the old code after two changes
    within a second.
    """
    try:
        os.unlink(importlib.util.cache_from_source(path))
    except (OSError, NotImplementedError):
        pass  # there is no bytecode of this file, or this Python keeps none
