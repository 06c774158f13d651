"""The stand-ins answer in the documented shapes, and their knobs turn."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from tests.examples.standins import Request

if TYPE_CHECKING:
    from tests.examples.standins import Standins


def ask(standins: Standins, path: str, body: dict[str, Any] | None = None) -> Any:
    """Return an answer's body."""
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(standins.url + path, data)) as answer:  # noqa: S310  # loopback
        return json.loads(answer.read())


def test_over_http(standins: Standins) -> None:
    """GET and POST are answered, and remembered."""
    standins.reset()
    standins.set("apm.errors", 3.5)
    assert 3.5 == ask(standins, "/apm/api/v1/query?query=errors")["series"][0]["pointlist"][-1][1]
    standins.set("rum.load", 2.0)
    aggregate = "/rum/api/v2/rum/analytics/aggregate"
    assert 2.0 == ask(standins, aggregate, {"filter": {"query": "load"}})["data"]["buckets"][0]["computes"]["c0"]
    assert ["GET /apm/api/v1/query?query=errors", f"POST {aggregate}"] == standins.asked
    standins.reset()
    assert [] == standins.asked


@pytest.mark.parametrize(
    ("target", "knob", "value", "before", "after"),
    [
        ("/sentry/api/0/organizations/a/issues/", "sentry.issues", 1, 0, 1),
        ("/stripe/v1/charges", "stripe.failed", 2, 100, 102),
        ("/tickets/search", "tickets.texts", ("late",), 0, 1),
    ],
)
def test_a_knob_turns(standins: Standins, target: str, knob: str, value: Any, before: int, after: int) -> None:
    """What the list holds follows the knob."""

    def count() -> int:
        status, body = standins.answer(Request(target, b""))
        assert 200 == status
        return len(body if isinstance(body, list) else body.get("data", body.get("tickets")))

    standins.reset()
    assert before == count()
    standins.set(knob, value)
    assert after == count()
    standins.reset()


def test_what_nobody_declared(standins: Standins) -> None:
    """An unknown service is not found; free JSON is what was set."""
    assert 404 == standins.answer(Request("/nobody/x", b""))[0]
    standins.set("json.social", {"mentions": 4})
    assert (200, {"mentions": 4}) == standins.answer(Request("/json/social", b""))
    standins.reset()
