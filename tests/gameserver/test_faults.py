"""Tests of faults: a bug that shows at run time is logged once and counted, and ends as little as possible."""

from __future__ import annotations

import http.client
import logging
import threading

import pytest

from gameserver import handlers
from gameserver.faults import Faults
from gameserver.match import absences
from Net.errors import ConnectionClosed
from Net.port import keepalive
from Net.port.admission import Admission
from Net.websocket import WebSocket
from tests.Net.support import DEADLINE_S, wait_until
from tests.support import serving


def fail(*_: object) -> None:
    raise ZeroDivisionError("a fault for the test")


def test_only_log_entries_with_a_traceback_are_counted() -> None:
    faults = Faults()
    log = logging.getLogger("gameserver.room")
    with faults.watching():
        try:
            fail()
        except ZeroDivisionError:
            log.exception("den: a tick failed")
        log.error("no traceback")
        log.warning("nor here")
        assert faults.describe() == {
            "faults": 1,
            "latest_fault": "den: a tick failed: ZeroDivisionError('a fault for the test')",
        }
    log.exception("not watched any more")
    assert faults.count == 1


def test_a_thread_that_dies_of_a_fault_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    faults, hook_before = Faults(), threading.excepthook
    with faults.watching():
        for target in (fail, exit):
            thread = threading.Thread(target=target, name="poor thread")
            thread.start()
            thread.join()
    assert threading.excepthook is hook_before
    assert faults.count == 1
    (record,) = caplog.records
    assert "'poor thread' has died" in record.getMessage()
    assert "ZeroDivisionError: a fault for the test" in caplog.text


def test_a_fault_at_one_connection_does_not_stop_the_keepalive_thread(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(keepalive, "KEEPALIVE_EVERY_S", 0.02)
    with serving(join_timeout_s=0.2) as arena:
        ann, bob = arena.join("Ann"), arena.connect()
        with monkeypatch.context() as patch:
            patch.setattr(WebSocket, "keep_alive", fail)
            patch.setattr(absences, "is_over", fail)
            wait_until(lambda: caplog.text.count("a fault in the server") > 4, "both came twice")
        assert bob.receive_to_the_end()[1].reason == "no JOIN within 0.2 s"
        ann.sync()


def test_a_fault_while_accepting_a_connection_costs_only_that_connection(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with serving() as arena:
        with monkeypatch.context() as patch:
            patch.setattr(Admission, "admit", fail)
            with pytest.raises(OSError):  # noqa: PT011
                arena.connect()
        assert arena.join().own_entity()
    assert caplog.text.count("ZeroDivisionError: a fault for the test") == 1


def test_a_page_that_fails_is_answered_with_500(caplog: pytest.LogCaptureFixture) -> None:
    with serving() as arena:
        arena.server.add_page("/broken", fail)  # type: ignore[arg-type]
        connection = http.client.HTTPConnection("127.0.0.1", arena.port, timeout=DEADLINE_S)
        connection.request("GET", "/broken")
        response = connection.getresponse()
        assert (response.status, response.read()) == (500, b"a fault in the server (RFC 9110 section 15.6.1)\n")
        connection.close()
    assert caplog.text.count("ZeroDivisionError: a fault for the test") == 1


def test_a_plug_in_that_fails_costs_one_connection(caplog: pytest.LogCaptureFixture) -> None:
    with serving() as arena:
        arena.server.add_route("/broken", fail)
        ann, bob = arena.join("Ann"), arena.connect(path="/broken")
        with pytest.raises(ConnectionClosed) as closed:
            bob.websocket.receive(DEADLINE_S)
        assert closed.value.code == 1011
        ann.sync()
        ann.assert_undisturbed()
    assert caplog.text.count("ZeroDivisionError: a fault for the test") == 1


def test_the_operator_sees_how_many_faults_there_were(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = handlers.handle
    monkeypatch.setattr(handlers, "handle", lambda *args: (fail if args[1].id == "MOVE" else sound)(*args))
    with serving() as arena, arena.server.faults.watching():
        ann = arena.join()
        assert arena.server.describe()["faults"] == 0
        ann.send("MOVE", 0, 1)
        assert ann.wait_for("ERROR")[0] == "SERVER_FAULT"
        assert arena.server.describe()["faults"] == 1
        assert "ZeroDivisionError" in arena.server.describe()["latest_fault"]
