"""Installs Autobahn|Testsuite, which runs on Python 2.7 only, into a virtual environment of its own."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements.txt"
REQUIREMENTS_FAST = HERE / "requirements-fast.txt"
# The last release for Python 2.7: one file without dependencies that contains pip and setuptools for 2.7.
VIRTUALENV = "virtualenv==16.7.12"
# This file is written last, so an environment that has it is complete. It lists the installed packages.
STAMP = "installed.txt"

_IS_PYTHON_2 = "import sys, ssl, zlib; sys.exit(sys.version_info[:2] != (2, 7))"


class Unavailable(Exception):
    """The suite cannot be installed on this machine. The text says why, in one sentence."""


def ensure_suite(folder: Path) -> Path:
    """Returns the Python of an environment in `folder` that has the suite; installs it when it is not there yet.

    Raises Unavailable where there is no Python 2.7, or the packages cannot be had.
    """
    python = folder / "bin" / "python"
    wanted = "".join(path.read_text(encoding="utf-8") for path in (REQUIREMENTS, REQUIREMENTS_FAST))
    stamp = folder / STAMP
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    python2 = find_python2()
    print(f"installing Autobahn|Testsuite into {folder} (once)", flush=True)
    bootstrap = folder.with_name(folder.name + "-virtualenv")
    pip_install = ["-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
    _run([sys.executable, *pip_install, "--upgrade", "--target", str(bootstrap), VIRTUALENV])
    _run([python2, str(bootstrap / "virtualenv.py"), "-q", "--no-download", "--clear", str(folder)])
    _run([str(python), *pip_install, "-r", str(REQUIREMENTS)])
    try:
        _run([str(python), *pip_install, "--no-build-isolation", "-r", str(REQUIREMENTS_FAST)])
    except Unavailable as error:
        print(f"the suite will be slow: {error}")
    stamp.write_text(wanted, encoding="utf-8")
    return python


def find_python2() -> str:
    """Returns the path of a CPython 2.7: the one in AUTOBAHN_PYTHON, one of pyenv's, or one on the PATH."""
    pyenv = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    on_path = (shutil.which(name) for name in ("python2.7", "python2", "python"))
    for candidate in (os.environ.get("AUTOBAHN_PYTHON"), *glob.glob(f"{pyenv}/versions/2.7.*/bin/python"), *on_path):
        if candidate and _is_usable(candidate):
            return candidate
    raise Unavailable("Autobahn|Testsuite needs a Python 2.7 with ssl and zlib, and there is none on this machine")


def _is_usable(python: str) -> bool:
    try:
        return subprocess.run([python, "-c", _IS_PYTHON_2], stderr=subprocess.DEVNULL, check=False).returncode == 0
    except OSError:
        return False  # this program does not exist


def suite_version(python: Path) -> str:
    """Returns the installed version of the suite."""
    program = "import autobahntestsuite; print(autobahntestsuite.version)"
    return subprocess.run([str(python), "-c", program], capture_output=True, text=True, check=True).stdout.strip()


def _run(command: list[str]) -> None:
    """Runs a step of the installation without this environment's own Python settings; raises Unavailable."""
    own = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
    environment = {name: value for name, value in os.environ.items() if name not in own}
    try:
        subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        lines = str(getattr(error, "stderr", None) or error).strip().splitlines()
        raise Unavailable(f"Autobahn|Testsuite cannot be installed: {lines[-1]}") from None
