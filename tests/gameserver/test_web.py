"""Tests of the files of gameserver/web: the browser features that they use, and the sentence for old browsers."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from gameserver.classroom.shell import shell
from gameserver.game import Game
from gameserver.pages import make_pages

WEB = Path(__file__).parent.parent.parent / "gameserver" / "web"
MODULES = sorted(path for path in WEB.rglob("*.js") if path.name != "nomodule.js")
# Features that a browser may lack, or that may throw: only browser.js touches them.
OPTIONAL = re.compile(
    r"\b(navigator|localStorage|sessionStorage|indexedDB|caches|cookieStore|cookie|crypto|matchMedia|devicePixelRatio"
    r"|history|screen|visualViewport|structuredClone|Notification|Audio|AudioContext|speechSynthesis|OffscreenCanvas"
    r"|createImageBitmap|ImageDecoder|ResizeObserver|IntersectionObserver|MutationObserver|BroadcastChannel|SharedWorker"
    r"|Worker|SharedArrayBuffer|RTCPeerConnection|requestIdleCallback|createObjectURL|Blob|FileReader|CompressionStream"
    r"|DecompressionStream|ClipboardItem|execCommand|getContext|roundRect|requestFullscreen|exitFullscreen"
    r"|requestPointerLock|exitPointerLock|setPointerCapture|releasePointerCapture|showModal|showPopover|animate"
    r"|visibilitychange|randomUUID|getGamepads|clipboard|wakeLock|vibrate)\b"
)


def code_of(source: str) -> str:
    """Returns a module without its comments and texts."""
    return re.sub(r"/\*.*?\*/|//[^\n]*", "", source, flags=re.DOTALL)


def test_the_pages_have_modules() -> None:
    assert {"browser.js", "main.js", "support.js"} <= {path.name for path in MODULES}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(WEB).as_posix())
def test_only_one_module_touches_features_that_may_be_missing(path: Path) -> None:
    found = OPTIONAL.findall(code_of(path.read_text(encoding="utf-8")))
    assert bool(found) == (path == WEB / "browser.js"), found


@pytest.mark.parametrize(
    "line", ["navigator.vibrate?.(20)", "const kept = localStorage.name;", 'canvas.getContext("2d")', "new Audio()"]
)
def test_such_a_feature_would_be_found(line: str) -> None:
    assert OPTIONAL.search(code_of(line))
    assert not OPTIONAL.search(code_of(f"// {line}\n/* {line} */"))


# The folders of the pages -> the folders that they may import from. Any module may import the top level's browser.js.
ARROWS = {
    "dev": set(),
    "lib": set(),
    "net": set(),
    "world": {"lib"},
    "input": {"lib", "world"},
    "render": {"world"},
    "ui": {"input", "lib", "render", "world"},
    "game": {"input", "lib", "render", "ui", "world"},
    "admin": {"lib", "net", "ui"},
    "classroom": {"lib", "net"},
}


@pytest.mark.parametrize("path", [path for path in MODULES if path.parent != WEB], ids=lambda path: path.name)
def test_a_module_imports_only_what_its_folder_may_import(path: Path) -> None:
    folder = path.parent.name
    imported = re.findall(r"""(?:from |import\()"([^"]+)\"""", path.read_text(encoding="utf-8"))
    targets = {(path.parent / name).resolve() for name in imported} - {WEB.resolve() / "browser.js"}
    assert {target.parent.name for target in targets} <= {folder, *ARROWS[folder]}


class Outline(HTMLParser):
    """The scripts of a page, and the elements that the tests below look for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[dict[str, str | None]] = []
        self.ids: dict[str, dict[str, str | None]] = {}
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags.add(tag)
        if tag == "script":
            self.scripts.append(attributes)
        if "id" in attributes:
            self.ids[str(attributes["id"])] = attributes


PAGES = {
    "game": (WEB / "index.html").read_text(encoding="utf-8"),
    "viewer": (WEB / "lib" / "viewer.html").read_text(encoding="utf-8"),
    "operator": (WEB / "admin" / "admin.html").read_text(encoding="utf-8"),
    "classroom": shell("Lab", "<main></main>", ["/web/classroom/lab.js"]).body.decode(),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_a_sentence_for_a_browser_that_cannot_run_it(name: str) -> None:
    page = Outline(PAGES[name])
    assert "hidden" in page.ids["unsupported"]
    assert "noscript" in page.tags
    without_modules, support, *modules = page.scripts
    assert "nomodule" in without_modules
    assert without_modules["src"] == "/web/nomodule.js"
    assert support == {"type": "module", "src": "/web/support.js"}, "it comes before the modules that it looks after"
    assert modules
    assert all(script["type"] == "module" for script in modules)


@pytest.mark.parametrize("name", PAGES)
def test_every_script_of_a_page_is_a_file_of_the_server(name: str) -> None:
    # The Content-Security-Policy runs no script that stands in the page itself.
    files = make_pages(Game.page)
    assert all(script.get("src") in files for script in Outline(PAGES[name]).scripts)


def test_every_page_of_the_folder_is_tested_here() -> None:
    whole = [path for path in WEB.rglob("*.html") if "<html" in path.read_text(encoding="utf-8")]
    assert len(whole) == len(PAGES)


def test_the_script_for_browsers_without_modules_is_written_in_their_language() -> None:
    code = code_of((WEB / "nomodule.js").read_text(encoding="utf-8"))
    assert not re.search(r"=>|`|\b(let|const|class|import|export|async|await|of)\b|\?\.|\?\?|\.\.\.", code)
