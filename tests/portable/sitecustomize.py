"""Takes away what sockets have on Linux and macOS and not on Windows, so that `Net.sockets` must do without.

Python imports a module of this name when it starts; `--portable-sockets` puts this folder on the way of all processes.
"""

import select
import socket

for module, name in ((socket, "MSG_DONTWAIT"), (select, "poll")):
    if hasattr(module, name):
        delattr(module, name)
