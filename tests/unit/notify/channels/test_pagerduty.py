"""What PagerDuty gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_deploycheck.notify.channels.pagerduty import PagerDutyChannel
from pytest_deploycheck.notify.rules import Kind
from tests.fix_http import Server
from tests.fix_messages import bodies, hostile, message, saying

if TYPE_CHECKING:
    from pytest_deploycheck.sources.http import HttpSource


def events(source: HttpSource, *kinds: Kind) -> list[dict[str, object]]:
    """Return the events that came of messages of these kinds."""
    with Server(saying({"status": "success"}, "202 Accepted")) as server:
        channel = PagerDutyChannel({"routing_key": "r", "api_url": server.url, "timeout": 2.0}, source.observe)
        for kind in kinds:
            channel.send(message(kind), None)
    return bodies(server)


def test_trigger_acknowledge_resolve(source: HttpSource) -> None:
    """All events of one alert have its dedup key; only a trigger has a payload."""
    found = events(source, Kind.OPENED, Kind.WORSE, Kind.ACKNOWLEDGED, Kind.RESOLVED)
    assert ["trigger", "trigger", "acknowledge", "resolve"] == [each["event_action"] for each in found]
    assert {("r", "deploycheck-k1")} == {(each["routing_key"], each["dedup_key"]) for each in found}
    assert [True, True, False, False] == ["payload" in each for each in found]


def test_a_test_leaves_nothing_open(source: HttpSource) -> None:
    """The test triggers and resolves; notices that are no alerts never reach the pager."""
    assert ["trigger", "resolve"] == [each["event_action"] for each in events(source, Kind.TEST, Kind.DEPLOYMENT)]


def test_limits(source: HttpSource) -> None:
    """Summary and details keep to the service's limits whatever the names are."""
    with Server(saying({}, "202 Accepted")) as server:
        channel = PagerDutyChannel({"routing_key": "r", "api_url": server.url, "timeout": 2.0}, source.observe)
        channel.send(hostile(size=100), None)
    payload = bodies(server)[0]["payload"]
    assert (True, "critical") == (len(payload["summary"]) <= 1024, payload["severity"])
    assert len(payload["custom_details"]["message"]) <= 4000
