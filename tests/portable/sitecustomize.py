"""Removes what Windows does not have from `socket` and `select`, so that `Net.sockets` must do without it.

Python imports a module of this name when it starts; `--portable-sockets` puts this folder on the path of all processes.
"""

import select
import socket

for module, name in ((socket, "MSG_DONTWAIT"), (select, "poll")):
    if hasattr(module, name):
        delattr(module, name)
