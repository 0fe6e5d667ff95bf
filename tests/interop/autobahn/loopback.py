"""Runs wstest so that only this machine reaches it: its fuzzing server listens on all addresses. For Python 2.7."""

import sys

from autobahntestsuite import wstest  # the first import, since it chooses the reactor
from twisted.internet import reactor

listen = reactor.listenTCP


def listen_here(port, factory, backlog=50, interface=""):
    """Listens on the loopback address, whatever interface is asked for."""
    return listen(port, factory, backlog, "127.0.0.1")


reactor.listenTCP = listen_here
sys.argv[0] = "wstest"
wstest.run()
