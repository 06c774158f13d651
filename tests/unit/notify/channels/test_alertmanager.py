"""A real Alertmanager takes, keeps and ends our alerts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pytest_deploycheck.notify.channels.alertmanager import AlertmanagerChannel
from pytest_deploycheck.notify.rules import Kind
from pytest_deploycheck.status import Severity
from tests.fix_alertmanager import running_alertmanager
from tests.fix_messages import hostile, message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_deploycheck.sources.http import HttpSource


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server, one for all tests here."""
    with running_alertmanager(tmp_path_factory.mktemp("alertmanager")) as found:
        yield found


def fresh(name: str, kind: Kind = Kind.OPENED, **more: Any) -> Any:
    """Return a notice of now."""
    now = datetime.now(UTC)
    return message(kind, key=name, at=now, started=now - timedelta(minutes=5), **more)


def standing(url: str, key: str) -> list[dict[str, Any]]:
    """Return the alerts of a key that stand there."""
    found: list[dict[str, Any]] = httpx.get(f"{url}/api/v2/alerts", params={"filter": f'alert_key="{key}"'}).json()
    return found


def test_opened_twice_worse_and_resolved(url: str, source: HttpSource) -> None:
    """The same alert twice is one; a worse one replaces it; its end ends it."""
    channel = AlertmanagerChannel(
        {"url": url, "headers": {}, "labels": {"team": "shop"}, "timeout": 5.0}, source.observe
    )
    ref = channel.send(fresh("k1", severity=Severity.HIGH), None)
    assert "high" == channel.send(replace(fresh("k1", severity=Severity.HIGH), doubtful=True), ref)
    (alert,) = standing(url, "k1")
    assert {
        "alertname": "deploycheck",
        "alert_key": "k1",
        "severity": "high",
        "service": "shop",
        "environment": "production",
        "team": "shop",
    } == alert["labels"]
    ref = channel.send(fresh("k1", Kind.WORSE), ref)
    assert ["critical"] == [each["labels"]["severity"] for each in standing(url, "k1")]
    channel.send(fresh("k1", Kind.RESOLVED), ref)
    assert [] == standing(url, "k1")


def test_hostile_names(url: str, source: HttpSource) -> None:
    """Names that try something are labels and annotations like others."""
    channel = AlertmanagerChannel({"url": url, "headers": {}, "labels": {}, "timeout": 5.0}, source.observe)
    now = datetime.now(UTC)
    channel.send(replace(hostile(size=20), key="k2", at=now, started=now), None)
    assert 1 == len(standing(url, "k2"))
