"""Rules that join several keys of logs and of the metrics that count in them; part of ``rules.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zoneinfo import available_timezones

from pytest_deploycheck.settings.raw import Finding, Raw, items, seconds_of
from pytest_deploycheck.settings.suggest import suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACES: Final = ("path", "docker", "kubectl", "journal", "command")
_CHECKS: Final = ("require", "forbid", "max_errors", "new_errors")


def log_rules(raw: Raw) -> Iterator[Finding]:
    """Yield what the logs say and cannot mean."""
    read = [item.get("log") for _, item in items(raw, "metric") if item.get("source") == "log"]
    for path, item in items(raw, "log"):
        if not any(item.get(key) for key in _CHECKS) and ("id" not in item or item["id"] not in read):
            yield Finding(path, "checks nothing", "Give require, forbid, max_errors or new_errors.")
        since, until = seconds_of(item.get("since")), seconds_of(item.get("until"))
        if since is not None and until is not None and since <= until:
            yield Finding((*path, "until"), "ends the time before since begins it", "Make until shorter than since.")
        if item.get("new_errors") and item.get("tail"):
            yield Finding((*path, "tail"), "does not fit new_errors", "Leave out one of both.")
        zone = item.get("timezone")
        if isinstance(zone, str) and zone not in available_timezones():
            hint = suggestion(zone, sorted(available_timezones()))
            yield Finding((*path, "timezone"), "is no time zone", hint, zone)


def log_metric_rules(raw: Raw) -> Iterator[Finding]:
    """Yield what the metrics of logs say and cannot mean."""
    known = [item["id"] for _, item in items(raw, "log") if isinstance(item.get("id"), str)]
    for path, item in items(raw, "metric"):
        if item.get("source") != "log":
            continue
        if isinstance(item.get("log"), str) and item["log"] not in known:
            yield Finding((*path, "log"), "names no [[log]]", suggestion(item["log"], known), item["log"])
        if ("pattern" in item) == ("level" in item):
            yield Finding(path, "needs one of pattern and level", "Give exactly one of them.")
        if "of" in item and item.get("per") != "lines":
            yield Finding((*path, "of"), 'fits per = "lines" only', 'Set per = "lines".')
