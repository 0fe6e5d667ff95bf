"""Tests of the pages behind nginx with TLS: the proxy and the pages' own policy allow their WebSockets."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest

from gameserver.admin.authentication import OperatorAuthentication
from gameserver.admin.console import Console
from gameserver.world_manager import GameWorldManager
from tests.browser.conftest import QUIET, Served, Visitor
from tests.nginx import nginx_in_front_of

pytestmark = pytest.mark.browser

Start = Callable[..., Served]
Visit = Callable[..., Visitor]


def test_the_game_and_the_console_work_through_tls(start_server: Start, visit: Visit, tmp_path: Path) -> None:
    served = start_server(QUIET, trusted_proxies=("127.0.0.1",))
    served.server.add_route(
        "/admin", Console(GameWorldManager(served.server), OperatorAuthentication("open sesame")).converse
    )
    with nginx_in_front_of(served.port, tmp_path) as proxy:
        url = f"https://127.0.0.1:{proxy.port}"
        options: dict[str, Any] = {"ignore_https_errors": True}
        ann, desk = visit(url, **options), visit(f"{url}/admin", **options)
        ann.join("Ann")
        assert ann.see("isSecureContext") is True
        desk.page.fill("#token", "open sesame")
        desk.page.keyboard.press("Enter")
        desk.page.locator("tr", has_text="Ann").wait_for()
        ann.page.close()
        desk.page.close()
