"""Asks pip-audit about the packages in a list (`pip freeze`), and names the packages that it could not look up.

Exit status: 0: no advisory; 1: an advisory on a package; 3: no package could be looked up, so nothing is known.
pip-audit itself calls every package clean, or breaks off, when its service cannot be reached.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

EXIT_NOT_AUDITED = 3
# Advisories that are answered in docs/security.md.
ANSWERED = ["CVE-2026-57585"]


def ask(packages: str) -> list[dict[str, Any]] | None:
    """The answer of pip-audit for each package; None if it cannot ask its service."""
    command = [
        str(Path(sys.executable).with_name("pip-audit")),
        "--requirement",
        packages,
        "--no-deps",
        "--disable-pip",
    ]
    options = ["--format", "json", "--progress-spinner", "off", "--timeout", "10"]
    ignored = [part for advisory in ANSWERED for part in ("--ignore-vuln", advisory)]
    try:
        done = subprocess.run([*command, *options, *ignored], capture_output=True, text=True, check=False)
    except OSError as error:
        print(f"pip-audit could not be started: {error.strerror}")
        return None
    try:
        answers: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        print("pip-audit could not ask:", *done.stderr.strip().splitlines()[-1:])
        return None
    return answers


def main(packages: str) -> int:
    """Prints the result; returns the exit status."""
    answers = ask(packages)
    unknown = [answer["name"] for answer in answers or () if "skip_reason" in answer]
    if not answers or len(unknown) == len(answers):
        print("NOT AUDITED: no package could be looked up from here")
        return EXIT_NOT_AUDITED
    bad = [answer for answer in answers if answer.get("vulns")]
    print(f"{len(answers) - len(unknown)} of {len(answers)} packages looked up, {len(bad)} with an advisory")
    if unknown:
        print(f"NOT AUDITED, the service does not know or cannot be reached: {', '.join(unknown)}")
    for answer in bad:
        for advisory in answer["vulns"]:
            print(f"{answer['name']} {answer['version']}: {advisory['id']}, fixed in {advisory['fix_versions']}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
