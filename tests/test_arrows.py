"""Who may import whom: the arrows of the design run one way.

    run_server -> server -> room -> game -> objects, grid, terrain ...
    server, room -> Net;  Net -> nothing of the game;  game -> nothing of Net

Read from the source with `ast`: every import counts, wherever in a file it stands, and arrows are followed to their
end, so that no helper module in between can hide one.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import sys
from pathlib import Path
from typing import Iterable, NamedTuple

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


class Rule(NamedTuple):
    """What `module` must not reach, however far the way."""

    module: str
    forbidden: tuple[str, ...]


LADDER = ("run_server", "gameserver.server", "gameserver.room", "gameserver.game")
# Modules that know the rules of the game and nothing else; whatever `game` imports is held to the same.
RULE_MODULES = tuple(
    f"gameserver.{name}"
    for name in ("game", "objects", "grid", "terrain", "world", "movement", "combat", "animals", "spawning", "inputs")
)
# No bytes, no sockets, no clocks of its own.
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
RULES = [
    *(Rule(module, ("gameserver", "run_server", "tests")) for module in project_arrows() if is_within(module, "Net")),
    *(Rule(module, OUTSIDE_WORLD) for module in RULE_MODULES),
    # Of Net it reaches the kinds of values (Net.schema) and nothing with a socket.
    Rule(
        "gameserver.checkpoint.saved_game",
        (*OUTSIDE_WORLD[1:], "Net.sockets", *LADDER[:-1], "os", "pathlib", "gameserver.checkpoint.state_file"),
    ),
    *(Rule(lower, LADDER[:step]) for step, lower in enumerate(LADDER) if step),
    *(Rule(module, LADDER[:-1]) for module in RULE_MODULES),
    Rule("gameserver.server", ("gameserver.classroom",)),
    *(
        Rule(module, ("gameserver.game",))
        for module in ("gameserver.world.objects", "gameserver.world.grid", "gameserver.world.terrain")
    ),
]


def broken_by(rule: Rule, arrows: Arrows) -> list[str]:
    return sorted(
        target for target in reach(arrows, rule.module) if any(is_within(target, area) for area in rule.forbidden)
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.module} must not reach {rule.forbidden[0]} ...")
def test_no_arrow_runs_backwards(rule: Rule) -> None:
    assert broken_by(rule, project_arrows()) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.module} to {rule.forbidden[0]}")
def test_a_reversed_arrow_would_be_noticed(rule: Rule) -> None:
    """Also one inside a function, and one round the corner."""
    for area in rule.forbidden:
        assert area in broken_by(rule, with_imports(rule.module, f"def late():\n    import {area}"))
        hidden = with_imports("Net.helper", f"from {area} import something")
        hidden[rule.module] = hidden[rule.module] | {"Net.helper"}
        assert area in broken_by(rule, hidden)


def test_each_step_of_the_ladder_is_an_arrow() -> None:
    """The table above names real modules, and each uses the next, if not always directly."""
    arrows = project_arrows()
    for upper, lower in zip(LADDER, LADDER[1:]):
        assert lower in reach(arrows, upper), f"{upper} -> {lower}"
    for module in RULE_MODULES:
        assert module in arrows
        assert module == "gameserver.game" or module in reach(arrows, "gameserver.game")
    for user in ("gameserver.server", "gameserver.room"):
        assert any(is_within(target, "Net") for target in reach(arrows, user))


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
    assert imports_of("gameserver.world.objects", statement, ["gameserver", "gameserver.game"]) == imported


# Private names -------------------------------------------------------------------------------------------------

# Files that still use private names of another module. No file may be added.
NOT_YET_CLEAN = {
    "tests/attacks/test_privilege_attacks.py",
    "tests/gameserver/checkpoint/test_restoring.py",
    "tests/gameserver/classroom/inspect/test_inspector.py",
    "tests/gameserver/classroom/inspect/test_timeline.py",
    "tests/gameserver/match/test_introductions.py",
    "tests/gameserver/match/test_player_ids.py",
    "tests/gameserver/results/test_store.py",
    "tests/gameserver/test_room.py",
    "tests/gameserver/test_server.py",
    "tests/soak/faults.py",
    "tests/soak/server.py",
    "tests/test_locks.py",
    "tests/test_races.py",
}


def test_no_module_uses_a_private_name_of_another() -> None:
    files = [
        ROOT / "run_server.py",
        *(file for top in (*PACKAGES, "docs", "tests") for file in (ROOT / top).rglob("*.py")),
    ]
    found = [
        f"{name}:{line}: {text}"
        for name, file in ((file.relative_to(ROOT).as_posix(), file) for file in files)
        if name not in NOT_YET_CLEAN
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
