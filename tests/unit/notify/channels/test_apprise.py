"""Apprise, the real one, against a receiver on loopback."""

from __future__ import annotations

import sys

import pytest

from pytest_deploycheck.errors import ChannelError
from pytest_deploycheck.notify.channels.apprise import AppriseChannel
from tests.fix_http import Server, closed_port
from tests.fix_messages import bodies, message, saying


def test_arrives() -> None:
    """A message reaches a service behind Apprise with its headline and its kind."""
    with Server(saying({})) as server:
        AppriseChannel({"urls": (f"json://127.0.0.1:{server.port}/x",)}).send(message(), None)
    found = bodies(server)[0]
    assert ("failure", True) == (found["type"], found["title"].startswith("[CRITICAL] Issue detected: Orders fail"))


@pytest.mark.parametrize(
    ("url", "text"),
    [("nonsense://x", "does not understand"), ("json://127.0.0.1:{port}", "could not deliver")],
)
def test_fails(url: str, text: str) -> None:
    """A URL that it does not know and a service that is not there are errors without the address."""
    with pytest.raises(ChannelError, match=text) as caught:
        AppriseChannel({"urls": (url.replace("{port}", str(closed_port())),)}).send(message(), None)
    assert "127.0.0.1" not in str(caught.value)


def test_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra the error says what to install."""
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(ChannelError, match=r"Install pytest-deploycheck\[apprise\]"):
        AppriseChannel({"urls": ("json://x",)}).send(message(), None)
