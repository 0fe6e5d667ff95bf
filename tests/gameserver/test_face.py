"""The face of the package: the classes that the design names, and nothing that is imported before it is needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import gameserver

ROOT = Path(__file__).parents[2]


def test_the_classes_that_the_design_names_can_be_imported_from_the_package() -> None:
    from gameserver import Game, GameClient, GameObject, GameRoom, GameServer, GameWorldManager, PlayerObject

    classes = {Game, GameClient, GameObject, GameRoom, GameServer, GameWorldManager, PlayerObject}
    assert all(getattr(gameserver, cls.__name__) is cls for cls in classes)
    assert {cls.__name__ for cls in classes} <= set(gameserver.__all__)


def test_what_a_game_of_ones_own_needs_can_be_imported_from_the_package() -> None:
    from gameserver import BaseGame, BaseSettings, Player, Range, setting

    assert {thing.__name__ for thing in (BaseGame, BaseSettings, Player, Range, setting)} <= set(gameserver.__all__)


def test_every_name_of_the_face_belongs_to_the_package() -> None:
    assert all(getattr(gameserver, name).__module__.startswith("gameserver.") for name in gameserver.__all__)
    assert set(gameserver.__all__) <= set(dir(gameserver))


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Gmae'"):
        _ = gameserver.Gmae


@pytest.mark.parametrize("name", gameserver.__all__)
def test_each_class_can_be_the_first_import_of_a_process(name: str) -> None:
    subprocess.run([sys.executable, "-c", f"from gameserver import {name}"], cwd=ROOT, check=True, timeout=50)


def test_the_game_needs_no_msgpack_and_of_net_only_the_face() -> None:
    code = "import sys; from gameserver import Game; print(*sorted(sys.modules))"
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, timeout=50, capture_output=True, text=True
    )
    loaded = shown.stdout.split()
    assert [name for name in loaded if name.split(".")[0] in ("Net", "msgpack", "socket")] == ["Net", "Net.face"]


def test_the_version_can_be_read_without_an_import() -> None:
    """So setuptools builds a package on a machine that has no msgpack."""
    tree = ast.parse(Path(gameserver.__file__).read_text(encoding="utf-8"))
    assigned = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    assert ast.literal_eval(assigned["__version__"]) == gameserver.__version__
