"""The lessons of docs/lessons as pages of this server: /lessons, and one page for each.

In:  the Markdown files, and the shell around each page. Out: path -> `Page`, for `GameServer.add_page`.
In a clone, the files are in docs/lessons. An installed package finds them where setup.cfg puts them.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Callable

from gameserver.classroom.lessons.markdown import render
from Net.port.http import Page, html_page

# In a clone, and in an environment with the installed package (options.data_files of setup.cfg).
PLACES = (
    Path(__file__).parents[3] / "docs" / "lessons",
    Path(sys.prefix) / "share" / "gameserver" / "lessons",
)
INDEX = "README.md"
_NO_LESSONS = "# Lessons\n\nThe lessons are not here: they lie in docs/lessons of the project.\n"
_STYLE = '<link rel="stylesheet" href="/web/classroom/lessons.css">'

Shell = Callable[[str, str], Page]  # title, inner HTML -> the whole page


def bare_shell(title: str, main: str) -> Page:
    """Returns a page without a shell around it. title: plain text."""
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
    return html_page(f'{head}<meta name="viewport" content="width=device-width, initial-scale=1">{main}</html>')


def lesson_pages(shell: Shell = bare_shell, folder: Path | None = None) -> dict[str, Page]:
    """Returns the pages by their paths. folder: the files' folder, if it is not one of PLACES."""
    found = folder or next((place for place in PLACES if (place / INDEX).is_file()), None)
    if found is None:
        return dict.fromkeys(("/lessons", "/lessons/"), _lesson(_NO_LESSONS, shell))
    pages = {_path(file.name): _lesson(file.read_text(encoding="utf-8"), shell) for file in sorted(found.glob("*.md"))}
    pages["/lessons/"] = pages["/lessons"]  # some people type this path; all links in the page start at the root
    # The programs of the lessons, to read and to copy.
    for file in sorted(found.glob("*.py")):
        pages[_path(file.name)] = Page("text/plain; charset=utf-8", file.read_bytes())
    return pages


def _path(name: str) -> str:
    """Returns the path of a lesson's file on the server: /lessons/2-one-frame for 2-one-frame.md."""
    return "/lessons" if name == INDEX else f"/lessons/{name[:-3] if name.endswith('.md') else name}"


def _link(target: str) -> str:
    """Returns a link between files of the lessons as a link between their pages, and any other link unchanged."""
    return _path(target) if target.endswith((".md", ".py")) and "/" not in target else target


def _lesson(text: str, shell: Shell) -> Page:
    title = text.splitlines()[0].lstrip("# ")
    return shell(title, f'{_STYLE}\n<main class="lesson">\n{render(text, _link)}\n</main>')
