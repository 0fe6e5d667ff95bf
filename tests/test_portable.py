"""Tests that only one module uses names that only Unix has, and that this module works without them.

`.ci/run` checks the same with mypy, which knows the names of Windows and macOS.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from Net import sockets
from tests.conftest import PORTABLE

ROOT = Path(__file__).parent.parent
# The only module that may use names which some systems lack.
MODULE = ROOT / "Net" / "sockets.py"
UNIX_MODULES = {"crypt", "curses", "fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios"}
UNIX_NAMES = {
    "os": "chown chroot fork forkpty getegid geteuid getgid getgroups getloadavg getpgid getsid getuid killpg mkfifo "
    "pipe2 posix_spawn pread pwrite sched_getaffinity sched_setaffinity sendfile setegid seteuid setgid setpgid setsid "
    "setuid statvfs sysconf uname wait3 wait4 waitid",
    "select": "devpoll epoll kqueue poll select",  # `select` is everywhere, but fails above a descriptor of 1,023
    "signal": "SIGALRM SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGUSR1 SIGUSR2 alarm pause pthread_kill "
    "pthread_sigmask setitimer sigpending sigwait",
    "socket": "AF_NETLINK AF_PACKET AF_UNIX MSG_DONTWAIT MSG_ERRQUEUE MSG_NOSIGNAL SO_BINDTODEVICE SO_RCVTIMEO "
    "SO_REUSEPORT SO_SNDTIMEO TCP_CORK TCP_INFO TCP_QUICKACK TCP_USER_TIMEOUT recvmsg sendmsg",
}
UNIX_PATHS = ("/dev/", "/proc/", "/etc/", "/var/", "/tmp")


def unix_only(source: str) -> list[str]:
    """Returns all names in a source that only Unix has."""
    tree = ast.parse(source)
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    found = [name for name in imported if name in UNIX_MODULES]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            found += [node.module for _ in node.names[:1] if node.module in UNIX_MODULES]
            names = UNIX_NAMES.get(node.module or "", "").split()
            found += [f"{node.module}.{alias.name}" for alias in node.names if alias.name in names]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.attr in UNIX_NAMES.get(node.value.id, "").split():
                found.append(f"{node.value.id}.{node.attr}")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(UNIX_PATHS):
            found.append(node.value)
    return found


def test_only_one_module_uses_names_that_only_unix_has() -> None:
    files = [*ROOT.glob("Net/**/*.py"), *ROOT.glob("gameserver/**/*.py"), ROOT / "run_server.py"]
    assert len(files) > 30
    found = {file.name: unix_only(file.read_text(encoding="utf-8")) for file in files if file != MODULE}
    assert {name: names for name, names in found.items() if names} == {}
    assert unix_only(MODULE.read_text(encoding="utf-8")) != []


@pytest.mark.parametrize(
    "line",
    [
        "import fcntl",
        "from resource import getrlimit",
        "from os import fork, path",
        "pid = os.fork()",
        "signal.signal(signal.SIGHUP, reload)",
        "sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, packed)",
        "sock.recv(1, socket.MSG_DONTWAIT)",
        "socket.socket(socket.AF_UNIX)",
        "select.poll()",
        "open('/proc/self/status')",
    ],
)
def test_a_name_that_only_unix_has_is_found(line: str) -> None:
    assert len(unix_only(f"def f():\n    {line}")) == 1


@pytest.mark.parametrize(
    "line", ["signal.signal(signal.SIGTERM, stop)", "os.path.join('a', 'b')", "import socket", "sock.recv(1)"]
)
def test_a_name_that_every_system_has_is_not_found(line: str) -> None:
    assert unix_only(line) == []


def test_the_option_hides_unix_names_here(pytestconfig: pytest.Config) -> None:
    if pytestconfig.getoption("--portable-sockets"):
        assert sockets.DONTWAIT == 0
        assert not hasattr(sockets.select, "poll")


def test_the_option_hides_unix_names_in_the_servers_that_tests_start() -> None:
    look = "from Net import sockets; print(sockets.DONTWAIT, hasattr(sockets.select, 'poll'))"
    environment = {"PYTHONPATH": str(PORTABLE)}
    shown = subprocess.run(
        [sys.executable, "-c", look], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=20, check=True
    )
    assert shown.stdout.split() == ["0", "False"]
