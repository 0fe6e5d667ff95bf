"""wstest, but reachable from this machine only: its fuzzing server would listen on all addresses. For Python 2.7."""

import sys

from autobahntestsuite import wstest  # first, as it chooses the reactor
from twisted.internet import reactor

listen = reactor.listenTCP


def listen_here(port, factory, backlog=50, interface=""):
    """Ignores the interface."""
    return listen(port, factory, backlog, "127.0.0.1")


reactor.listenTCP = listen_here
sys.argv[0] = "wstest"
wstest.run()
