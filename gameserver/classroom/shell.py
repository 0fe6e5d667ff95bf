"""The shell around every teaching page: the title, links to the other pages, and the choice of size and colours.

In:  the inner part of a page, as HTML. Out: a `Page`. The shell itself is gameserver/web/classroom/shell.html.
"""

from __future__ import annotations

import html
from pathlib import Path
from string import Template
from typing import Iterable

from Net.port.http import Page, html_page

_WEB = Path(__file__).parent.parent / "web" / "classroom"
_TITLES = {"inspect": "Inspect", "lab": "Lab"}


def page_of(name: str) -> Page:
    """Returns the page with the inner part web/classroom/NAME.html and the script NAME.js."""
    main = (_WEB / f"{name}.html").read_text(encoding="utf-8")
    return shell(_TITLES[name], main, [f"/web/classroom/{name}.js"])


def shell(title: str, main: str, scripts: Iterable[str] = ()) -> Page:
    """Returns a teaching page. main: HTML. scripts: paths of modules of this server."""
    tags = "\n".join(f'<script type="module" src="{html.escape(script)}"></script>' for script in scripts)
    template = Template((_WEB / "shell.html").read_text(encoding="utf-8"))
    return html_page(template.substitute(title=html.escape(title), main=main, scripts=tags))
