"""Tests of `.ci/audit.py` and of its use in `.ci/run`: no package counts as audited unless it was looked up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.skipif(os.name == "nt", reason="the scripts in .ci need bash")

CLEAN = {"name": "msgpack", "version": "1.2.1", "vulns": []}
BAD = {"name": "old", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}
UNKNOWN = {"name": "gone", "skip_reason": "the service cannot be reached"}


def audit(folder: Path, printed: str | None) -> subprocess.CompletedProcess[str]:
    """Runs the audit with a pip-audit that prints this text; None: without any pip-audit."""
    python = folder / "python"
    python.symlink_to(sys.executable)
    if printed is not None:
        program = folder / "pip-audit"
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{printed}\nEND\n")
        program.chmod(0o755)
    command = [str(python), str(ROOT / ".ci" / "audit.py"), str(folder / "packages.txt")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("answers", "status", "says"),
    [
        ([CLEAN], 0, "1 of 1 packages looked up, 0 with an advisory"),
        ([CLEAN, UNKNOWN], 0, "NOT AUDITED, the service does not know or cannot be reached: gone"),
        ([CLEAN, BAD], 1, "old 1: CVE-1, fixed in ['2']"),
        ([BAD, UNKNOWN], 1, "CVE-1"),
        ([UNKNOWN], 3, "NOT AUDITED: no package could be looked up from here"),
        ([UNKNOWN, UNKNOWN], 3, "NOT AUDITED"),
        ([], 3, "NOT AUDITED"),
    ],
)
def test_the_status_says_whether_anything_was_looked_up(
    answers: list[dict[str, Any]], status: int, says: str, tmp_path: Path
) -> None:
    done = audit(tmp_path, json.dumps({"dependencies": answers}))
    assert (done.returncode, done.stderr) == (status, "")
    assert says in done.stdout


@pytest.mark.parametrize("printed", [None, "", "Traceback", "[]", "null", '{"error": 1}'])
def test_an_auditor_that_breaks_off_has_audited_nothing(printed: str | None, tmp_path: Path) -> None:
    done = audit(tmp_path, printed)
    assert (done.returncode, done.stderr) == (3, "")
    assert "NOT AUDITED" in done.stdout


@pytest.mark.parametrize(
    ("audited", "status", "says"),
    [(0, 0, []), (1, 1, []), (3, 0, ["SKIPPED: NOT AUDITED: no package could be looked up in the list of advisories"])],
)
def test_the_check_before_a_commit_goes_on_unaudited_and_says_so_at_its_end(
    audited: int, status: int, says: list[str], tmp_path: Path
) -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert script.rstrip().endswith("\nsay_what_was_not_done\nsay_what_was_flaky"), "the last lines of all"
    start, end = script.index("not_done=()"), script.index("# run_tests PYTHON VENV")
    for program, code in ((".venv/bin/pip", 0), ("venvs/check/bin/python", audited)):
        path = tmp_path / program
        path.parent.mkdir(parents=True)
        path.write_text(f"#!/bin/sh\nexit {code}\n")
        path.chmod(0o755)
    part = f"set -euo pipefail\nvenvs=venvs\n{script[start:end]}\naudit_packages\nsay_what_was_not_done\n"
    done = subprocess.run(["bash", "-c", part], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (status, "")
    assert done.stdout.strip().splitlines() == says
