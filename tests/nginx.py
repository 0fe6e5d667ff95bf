"""A real nginx with TLS in front of a real server, set up as docs/nginx.conf says."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import socket
import ssl
import subprocess
from pathlib import Path
from typing import Iterator, NamedTuple, Sequence

import pytest

from tests.Net.support import wait_until
from tests.support import free_port

EXAMPLE = Path(__file__).parent.parent / "docs" / "nginx.conf"
NAME = "game.example"
# Debian keeps nginx in a folder that only root's PATH contains.
_SEARCHED = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])

# The configuration round the example, which belongs into conf.d. All its files stay in the folder.
_AROUND = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{example}
}}
"""


class Proxy(NamedTuple):
    """A running nginx. port: with TLS. plain_port: without TLS. certificate: the one that a client must trust."""

    port: int
    plain_port: int
    certificate: Path

    def connect(self, source: str = "127.0.0.1") -> socket.socket:
        """Opens TCP to the port with TLS, from an address of this machine."""
        return socket.create_connection(("127.0.0.1", self.port), 20, source_address=(source, 0))

    def trust(self) -> ssl.SSLContext:
        """Returns a context with which a client trusts only the proxy's certificate."""
        return ssl.create_default_context(cafile=str(self.certificate))


def _find(program: str) -> str:
    found = shutil.which(program, path=_SEARCHED)
    if found is None:
        pytest.skip(f"no {program} on this machine")
    return found


def _adapted(example: str, changes: dict[str, str]) -> str:
    """Adapts the example as a reader does. Each text to be changed must be in it exactly once."""
    for old, new in changes.items():
        assert example.count(old) == 1, f"docs/nginx.conf must have once: {old}"
        example = example.replace(old, new)
    return example


def _make_certificate(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "game.crt", folder / "game.key"
    command = [_find("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={NAME}"]
    extensions = [
        "-addext",
        f"subjectAltName=DNS:{NAME},IP:127.0.0.1",
        "-addext",
        "keyUsage=digitalSignature,keyCertSign",
    ]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command, *extensions, *files], check=True, capture_output=True, timeout=60)
    return certificate, key


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def flags_of_the_example() -> list[str]:
    """Returns the flags with which the example starts the server."""
    (flags,) = re.findall(r"python run_server\.py (.*)", EXAMPLE.read_text(encoding="utf-8"))
    return shlex.split(flags)


@contextlib.contextmanager
def nginx_in_front_of(server_port: int, folder: Path, without: Sequence[str] = ()) -> Iterator[Proxy]:
    """Runs nginx with the example in front of a server. Skips the test if there is no nginx.

    folder: the place for its files. without: lines of the example that are left out.
    """
    program = _find("nginx")
    certificate, key = _make_certificate(folder)
    port, plain_port = free_port(), free_port()
    changes = {
        "listen 80;": f"listen 127.0.0.1:{plain_port};",
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "/etc/ssl/game.example.crt": str(certificate),
        "/etc/ssl/game.example.key": str(key),
        "127.0.0.1:3000": f"127.0.0.1:{server_port}",
        **dict.fromkeys(without, ""),
    }
    configuration, errors = folder / "nginx.conf", folder / "error.log"
    example = _adapted(EXAMPLE.read_text(encoding="utf-8"), changes)
    configuration.write_text(_AROUND.format(folder=folder, example=example), encoding="utf-8")
    process = subprocess.Popen([program, "-p", str(folder), "-e", str(errors), "-c", str(configuration)])
    try:
        wait_until(lambda: process.poll() is not None or _answers(port), "nginx answers")
        assert process.poll() is None, errors.read_text(encoding="utf-8")
        yield Proxy(port, plain_port, certificate)
    finally:
        process.terminate()
        process.wait(20)
