"""What is told: one value with everything that a channel may show, already redacted, bounded in size; above rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from pytest_deploycheck.notify.rules import Kind, Person
from pytest_deploycheck.status import Severity

MOST_LINES: Final = 15
LONGEST_TEXT: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One finding in a message."""

    id: str
    title: str
    severity: Severity
    reason: str = ""
    action: str | None = None
    runbook: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One notice. ``id`` is the same however often it is sent; ``key`` is the same for all notices of one alert.

    ``started`` is when it began, ``at`` when the notice was made; ``more`` counts findings beyond ``lines``.
    """

    id: str
    key: str
    kind: Kind
    severity: Severity
    title: str
    at: datetime
    started: datetime | None = None
    service: str = ""
    environment: str = ""
    deployment: str = ""
    version: str | None = None
    phase: str = ""
    decision: str = ""
    impact: str = ""
    status: str = ""
    lines: tuple[Line, ...] = ()
    more: int = 0
    incident: str | None = None
    room: str | None = None
    people: tuple[Person, ...] = ()
    note: str = ""
    report: str | None = None
    doubtful: bool = False


def bounded(text: str, longest: int = LONGEST_TEXT) -> str:
    """Return the text, cut with an ellipsis when it is longer."""
    return text if len(text) <= longest else text[: max(longest - 1, 0)] + "…"


def again(message: Message) -> Message:
    """Return the message marked as one that may have arrived before."""
    return replace(message, doubtful=True)
