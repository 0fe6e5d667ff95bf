"""Tests of docs/security.md: it answers exactly the findings of the scanners, and agrees with other files."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from Net.port.http import CONTENT_SECURITY_POLICY
from tests.nginx import flags_of_the_example

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


def test_every_finding_that_is_silenced_is_answered_and_no_other() -> None:
    files = [*ROOT.glob("Net/**/*.py"), *ROOT.glob("gameserver/**/*.py"), ROOT / "run_server.py"]
    silenced = {
        (finding, path.relative_to(ROOT).as_posix())
        for path in files
        for finding in re.findall(r"# nosec(.*?)(?:  #|$)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    }
    answered = {
        (f" {finding}", path)
        for finding, paths in re.findall(r"^\| (B\d{3}), [^|]+\| ([^|]+) \|", PAGE, flags=re.MULTILINE)
        for path in re.findall(r"`([^`]+)`", paths)
    }
    assert silenced == answered
    assert answered


def test_every_advisory_that_is_passed_over_is_answered_and_no_other() -> None:
    passed_over = runpy.run_path(str(ROOT / ".ci" / "audit.py"))["ANSWERED"]
    assert passed_over == re.findall(r"^\| (CVE-[\d-]+) \|", PAGE, flags=re.MULTILINE)


def test_the_page_and_the_example_start_the_server_alike() -> None:
    assert f"python run_server.py {' '.join(flags_of_the_example())}\n" in PAGE
    assert "frame-ancestors 'self'" in CONTENT_SECURITY_POLICY
