"""The arrows of the design: which module may import which. FLOORS below is the house, from top to ground.

An arrow is an import. The tests read the source with `ast`, so an import counts wherever it stands in a file.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import sys
from pathlib import Path
from typing import Iterable

import pytest

from tests.private_names import private_names_used

ROOT = Path(__file__).parent.parent
PACKAGES = ("Net", "gameserver")

Arrows = "dict[str, set[str]]"  # module -> what it imports, itself


def read_sources() -> dict[str, str]:
    """Every module of the project with its source."""
    files = [ROOT / "run_server.py", *(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))]
    return {module_name(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in files}


def module_name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(module: str, source: str, known: Iterable[str]) -> set[str]:
    """The names of all modules that a module imports; of our own, the modules that are really there."""
    known = set(known)
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = module.split(".")[: -node.level]
                base = ".".join([*package, base] if base else package)
            members = {f"{base}.{alias.name}" for alias in node.names} & known
            # `from gameserver import animals` is an arrow to animals, not to all of gameserver.
            found |= members or {base}
    return found


@functools.lru_cache(maxsize=None)
def project_arrows() -> Arrows:
    sources = read_sources()
    return {module: imports_of(module, source, sources) for module, source in sources.items()}


def with_imports(module: str, statement: str) -> Arrows:
    """The arrows as they would be if the module had this statement too."""
    arrows = project_arrows()
    return {**arrows, module: arrows.get(module, set()) | imports_of(module, statement, {*arrows, module})}


def reach(arrows: Arrows, start: str) -> set[str]:
    """Everything that a module imports, directly or through modules of ours."""
    seen: set[str] = set()
    to_do = [start]
    while to_do:
        for target in arrows.get(to_do.pop(), ()):
            if target not in seen:
                seen.add(target)
                to_do.append(target)
    return seen


def is_within(module: str, area: str) -> bool:
    """Whether an imported module is the area or a part of it."""
    return module == area or module.startswith(f"{area}.")


# Floors --------------------------------------------------------------------------------------------------------

# From the top of the house to its ground. A module may use its own room and the floors below it. The rooms on one floor
# do not know each other. A name stands for a module, or for a folder with everything in it.
FLOORS = (
    ("gameserver.dev.boot",),
    ("run_server",),
    ("gameserver.companions", "gameserver.flag_values", "gameserver.game_loader", "gameserver.store"),
    ("gameserver.flags",),
    ("gameserver",),  # the face: only the package's __init__.py
    ("gameserver.dev", "gameserver.lan_announce"),
    ("gameserver.classroom",),
    ("gameserver.classroom.lab", "gameserver.classroom.inspect", "gameserver.classroom.lessons"),
    ("gameserver.classroom.experiments", "gameserver.classroom.kinds"),
    ("gameserver.admin.console",),
    ("gameserver.world_manager", "gameserver.bots", "gameserver.own_pages"),
    ("gameserver.admin", "gameserver.checkpoint.checkpoint", "gameserver.settings_file.watcher"),
    ("gameserver.server",),
    ("gameserver.handlers", "gameserver.pages"),
    ("gameserver.session",),
    ("gameserver.lobby",),
    ("gameserver.admission",),
    ("gameserver.checkpoint",),
    ("gameserver.room",),
    ("gameserver.match",),
    ("gameserver.replication",),
    ("gameserver.game",),
    ("gameserver.base_game",),
    ("gameserver.rules", "gameserver.settings_file"),
    (
        "gameserver.world",
        "gameserver.results",
        "gameserver.faults",
        "gameserver.file_changes",
        "gameserver.repeats",
        "gameserver.client",
    ),
    ("gameserver.known_room",),
    ("Net.dissect",),
    ("Net.port",),
    ("Net",),
    ("Net.text",),
)
FLOOR_OF = {area: number for number, floor in enumerate(FLOORS) for area in floor}
# The parts of a Game use no bytes, no sockets and no clocks.
WORLD = ("gameserver.game", "gameserver.rules", "gameserver.world")
OUTSIDE_WORLD = (
    "Net",
    "socket",
    "socketserver",
    "select",
    "selectors",
    "ssl",
    "http",
    "urllib",
    "asyncio",
    "subprocess",
    "sqlite3",
    "time",
    "datetime",
    "msgpack",
)


def area_of(module: str) -> str:
    """The entry of FLOORS that a module belongs to: the longest one that fits."""
    areas = [area for area in FLOOR_OF if is_within(module, area) and (area != "gameserver" or module == area)]
    assert areas, f"{module} has no floor: add it to FLOORS"
    return max(areas, key=len)


def arrows_upwards(module: str, arrows: Arrows) -> list[str]:
    """The modules of this project that a module uses, and that are not below it or in its own room."""
    own = area_of(module)
    ours = [target for target in arrows[module] if target.split(".")[0] in ("run_server", *PACKAGES)]
    return sorted(t for t in ours if area_of(t) != own and FLOOR_OF[area_of(t)] <= FLOOR_OF[own])


def uses_outside_world(arrows: Arrows) -> list[str]:
    """Each module of the world that reaches something of the outside, however far the way."""
    return [
        f"{module} -> {target}"
        for module in sorted(arrows)
        if any(is_within(module, area) for area in WORLD)
        for target in sorted(reach(arrows, module))
        if any(is_within(target, area) for area in OUTSIDE_WORLD)
    ]


@pytest.mark.parametrize("module", read_sources())
def test_no_arrow_runs_upwards(module: str) -> None:
    assert arrows_upwards(module, project_arrows()) == []


@pytest.mark.parametrize("lower", FLOOR_OF)
def test_an_arrow_upwards_would_be_noticed(lower: str) -> None:
    """Also an arrow inside a function, and one to a neighbour on the same floor."""
    for upper, floor in FLOOR_OF.items():
        if floor <= FLOOR_OF[lower] and upper != lower:
            arrows = with_imports(lower, f"def late():\n    import {upper}")
            assert upper in arrows_upwards(lower, arrows)


def test_every_floor_is_a_part_of_the_house() -> None:
    modules = set(project_arrows())
    assert set(FLOOR_OF) <= modules
    assert {area_of(module) for module in modules} == set(FLOOR_OF)


def test_the_world_knows_no_bytes_no_sockets_and_no_clocks() -> None:
    assert uses_outside_world(project_arrows()) == []


@pytest.mark.parametrize("name", OUTSIDE_WORLD)
@pytest.mark.parametrize("module", WORLD)
def test_a_world_with_an_outside_would_be_noticed(module: str, name: str) -> None:
    assert f"{module} -> {name}" in uses_outside_world(with_imports(module, f"import {name}"))


# Circles -------------------------------------------------------------------------------------------------------


def circles(arrows: Arrows) -> list[tuple[str, ...]]:
    """Each set of modules of which every one reaches every other."""
    reached = {module: reach(arrows, module) for module in arrows}
    together = {module: sorted(m for m in reached[module] if module in reached.get(m, ())) for module in arrows}
    return sorted({tuple(members) for members in together.values() if members})


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circles(project_arrows()) == []


def test_a_circle_would_be_noticed() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a", "d.e"}}) == [("a", "b", "c")]


# Third parties -------------------------------------------------------------------------------------------------


def is_standard(name: str) -> bool:
    """Whether a top-level module belongs to Python itself."""
    if sys.version_info >= (3, 10):
        return name in sys.stdlib_module_names
    if name in sys.builtin_module_names:
        return True
    spec = importlib.util.find_spec(name)
    origin = Path(spec.origin) if spec and spec.origin and spec.origin not in ("built-in", "frozen") else None
    return origin is not None and "site-packages" not in origin.parts and ROOT not in origin.parents


def third_parties(arrows: Arrows, package: str) -> set[str]:
    names = {target.split(".")[0] for module in arrows if is_within(module, package) for target in arrows[module]}
    return {name for name in names if name not in PACKAGES and not is_standard(name)}


def test_the_only_third_party_of_net_is_msgpack() -> None:
    assert third_parties(project_arrows(), "Net") == {"msgpack"}


@pytest.mark.parametrize("name", ["websockets", "numpy", "pytest", "simplejson"])
def test_another_third_party_would_be_noticed(name: str) -> None:
    assert third_parties(with_imports("Net.frames", f"import {name}.part"), "Net") == {"msgpack", name}


@pytest.mark.parametrize(
    ("statement", "imported"),
    [
        ("import a, b.c as d", {"a", "b.c"}),
        ("from a.b import c", {"a.b"}),
        ("from gameserver import game", {"gameserver.game"}),
        ("from gameserver import __version__", {"gameserver"}),
        ("from . import game", {"gameserver.game"}),
        ("from .game import Game", {"gameserver.game"}),
        ("if TYPE_CHECKING:\n    from gameserver.game import Game", {"gameserver.game"}),
        ("def f():\n    import a", {"a"}),
    ],
)
def test_every_form_of_import_is_read(statement: str, imported: set[str]) -> None:
    assert imports_of("gameserver.room", statement, ["gameserver", "gameserver.game"]) == imported


# Private names -------------------------------------------------------------------------------------------------


def test_no_module_uses_a_private_name_of_another() -> None:
    files = [
        ROOT / "run_server.py",
        *(file for top in (*PACKAGES, "docs", "tests") for file in (ROOT / top).rglob("*.py")),
    ]
    found = [
        f"{name}:{line}: {text}"
        for name, file in ((file.relative_to(ROOT).as_posix(), file) for file in files)
        for line, text in private_names_used(file.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("source", "used"),
    [
        ("websocket._sock.close()", ["websocket._sock"]),
        ("self.server._lock", ["self.server._lock"]),
        ("from Net.frames import _XOR_TABLES", ["from Net.frames import _XOR_TABLES"]),
        ("patch.setattr(sockets, '_x', 0); patch.setattr('Net.sockets._y', 0)", ["_x", "Net.sockets._y"]),
        ("self._x; cls._x; frame._replace(fin=True); thing.__dict__; os._exit(1)", []),
        ("class Own: ...\nOwn._x", []),
        ("getattr(thing, 'x_')", []),
    ],
)
def test_every_form_of_a_private_name_is_noticed(source: str, used: list[str]) -> None:
    assert [text for _, text in private_names_used(source)] == used
