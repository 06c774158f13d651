"""Which panel a check stands in: the settings' own panels first, then by what it is, then by what would suffer."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.status import Impact

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_deploycheck.model import CheckResult

HEALTH: Final = "System health"
PERFORMANCE: Final = "Performance"
INFRASTRUCTURE: Final = "Infrastructure"
DATA: Final = "Data and security"
BUSINESS: Final = "Business"
ERRORS: Final = "Recent errors"
# in the order of the screen
EMPTY: Final[Mapping[str, str]] = {
    HEALTH: "no check looks at the service's health",
    PERFORMANCE: "no check measures performance",
    INFRASTRUCTURE: "no check looks at hosts, databases or containers",
    DATA: "no check looks at data or security",
    BUSINESS: "no check measures the business",
    ERRORS: "no log is scanned",
}
_BY_ROOM: Final[Mapping[str, str]] = {
    "availability": HEALTH,
    "attestations": HEALTH,
    "backups": DATA,
    "containers": INFRASTRUCTURE,
    "database": INFRASTRUCTURE,
    "dependencies": HEALTH,
    "flows": HEALTH,
    "integrity": DATA,
    "logs": ERRORS,
    "tenants": DATA,
    "version": HEALTH,
}
_BY_SOURCE: Final[Mapping[str, str]] = {"host": INFRASTRUCTURE}
_BY_IMPACT: Final[Mapping[Impact, str]] = {
    Impact.AVAILABILITY: HEALTH,
    Impact.FLOW: HEALTH,
    Impact.OPS: HEALTH,
    Impact.PERFORMANCE: PERFORMANCE,
    Impact.DATA: DATA,
    Impact.SECURITY: DATA,
    Impact.BUSINESS: BUSINESS,
}
# an operational metric is about what the service runs on; an operational request about the service
_INFRASTRUCTURE_METRICS: Final = frozenset({Impact.OPS})


@dataclass(frozen=True, slots=True)
class Own:
    """A panel of the settings: its title, and patterns of the ids of its checks."""

    title: str
    checks: tuple[str, ...]


def panel_of(check: CheckResult, own: Sequence[Own] = ()) -> str:
    """Return the title of the panel in which a check stands."""
    for panel in own:
        if any(_fits(check.id, pattern) for pattern in panel.checks):
            return panel.title
    room = check.id.partition(".")[0]
    source = next((reading.measurement.source for reading in check.readings), "")
    if room == "metrics" and check.impact in _INFRASTRUCTURE_METRICS:
        return INFRASTRUCTURE
    return _BY_SOURCE.get(source) or _BY_ROOM.get(room) or _BY_IMPACT[check.impact]


def _fits(check: str, pattern: str) -> bool:
    # the brackets of an id are meant as they are
    return fnmatchcase(check, pattern.replace("[", "[[]"))
