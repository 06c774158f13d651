"""A message to send, hostile on demand, and receivers on loopback that say what they got."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pytest_deploycheck.notify.messages import Line, Message
from pytest_deploycheck.notify.rules import Kind, Person
from pytest_deploycheck.status import Severity

if TYPE_CHECKING:
    from tests.fix_http import Server, Talk

AT = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script> <!channel> @here [x](javascript:a) *b* `c` \r\nBcc: all@evil.test \x1b[31m \u202e"


def message(kind: Kind = Kind.OPENED, **more: Any) -> Message:
    """Return a notice as a run would make it."""
    given: dict[str, Any] = {
        "id": f"deploycheck-k1-7-{kind}",
        "key": "deploycheck-k1",
        "kind": kind,
        "severity": Severity.CRITICAL,
        "title": "Orders fail",
        "at": AT,
        "started": AT.replace(minute=0),
        "service": "shop",
        "environment": "production",
        "deployment": "d42",
        "version": "1.2.3",
        "phase": "first-hour",
        "decision": "WATCH",
        "impact": "data",
        "status": "Investigating",
        "lines": (Line(id="c1", title="Orders", severity=Severity.CRITICAL, reason="0 orders", action="Look"),),
        "more": 3,
        "incident": "INC-20260302-1200",
        "room": "incident-20260302-1200",
        "people": (Person(id="ana", name="Ana", email="ana@shop.test", phone="+49301234567", slack="U012AB3CD"),),
        "report": "https://ci.test/report",
    }
    return Message(**(given | more))


def hostile(kind: Kind = Kind.OPENED, size: int = 1) -> Message:
    """Return a notice in which every text from outside tries something, and is as long as wanted."""
    text = HOSTILE * size
    line = Line(id=text, title=text, severity=Severity.HIGH, reason=text, action=text, runbook=text)
    return message(kind, title=text, service=text, deployment=text, lines=(line,) * 15)


def bodies(server: Server) -> list[Any]:
    """Return the JSON bodies of the requests that a server got, None for those without one."""
    found = [request.partition(b"\r\n\r\n")[2] for request in server.requests]
    return [json.loads(body) if body else None for body in found]


def heads(server: Server) -> list[str]:
    """Return the request lines and headers."""
    return [request.partition(b"\r\n\r\n")[0].decode() for request in server.requests]


def saying(body: Any, status: str = "200 OK") -> Any:
    """Return a behaviour that answers every request with that JSON."""

    def behave(talk: Talk) -> None:
        while talk.request():
            talk.answer(json.dumps(body).encode(), status)

    return behave
