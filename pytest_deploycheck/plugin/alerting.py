"""The ``alerts`` fixture: is a declared alerting rule configured, healthy and silent?"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pytest_deploycheck.asking import alerts_ask
from pytest_deploycheck.errors import CheckFailedError, NoDataError
from pytest_deploycheck.model import Measurement

if TYPE_CHECKING:
    from pytest_deploycheck.asks import Alert, PromAlerts
    from pytest_deploycheck.plugin.judging import Thresholds
    from pytest_deploycheck.plugin.state import DeployRun

FIRING = "firing"
_SHOWN = 5
_RANK = {"inactive": 0, "pending": 1, FIRING: 2}


class Alerts:
    """Asks a Prometheus about its alerts."""

    def __init__(self, run: DeployRun, thresholds: Thresholds) -> None:
        """Ask for one check."""
        self._run = run
        self._thresholds = thresholds

    def require(self, entry: Any) -> None:
        """Make sure that a declared rule is configured and silent; without a name, that no matching alert fires.

        Raises:
            CheckFailedError: the rule is missing, cannot be evaluated, or fires.
            NoDataError: the server could not see everything, or has not evaluated the rule yet.
            SourceError: the server gave no answer.
        """
        answer: PromAlerts = self._run.observatory.observe(alerts_ask(self._run.settings, entry))
        found = [alert for alert in answer.alerts if _fits(alert, entry)]
        if entry.alert is not None:
            _require_rule(found, entry, answer)
        states = sorted((alert.state for alert in found), key=lambda state: _RANK.get(state, len(_RANK)))
        self._record(entry, answer, states[-1] if states else "no active alert")
        firing = [alert for alert in found if alert.state == FIRING]
        if firing and entry.firing == "fail":
            names = ", ".join(dict.fromkeys(alert.name for alert in firing[:_SHOWN]))
            more = f" and {len(firing) - _SHOWN} more" if len(firing) > _SHOWN else ""
            raise CheckFailedError(f"{len(firing)} alert{'' if len(firing) == 1 else 's'} firing: {names}{more}")
        if answer.warnings:
            raise NoDataError(f"the list of alerts is partial: {'; '.join(answer.warnings)}")

    def _record(self, entry: Any, answer: PromAlerts, state: str) -> None:
        self._thresholds.record(
            Measurement(
                metric=entry.id,
                value=state,
                source="prometheus",
                query=entry.alert or "active alerts",
                target=answer.target,
                at=answer.at,
            )
        )


def _fits(alert: Alert, entry: Any) -> bool:
    has = dict(alert.labels)
    named = entry.alert is None or alert.name == entry.alert
    return named and all(has.get(name) == value for name, value in entry.labels.items())


def _require_rule(found: list[Alert], entry: Any, answer: PromAlerts) -> None:
    if not found:
        near = get_close_matches(entry.alert, {alert.name for alert in answer.alerts}, n=1)
        hint = f"; the nearest is {near[0]}" if near and near[0] != entry.alert else ""
        labels = ", ".join(f"{name}={value}" for name, value in entry.labels.items())
        with_labels = f" with {labels}" if labels else ""
        message = f"no alerting rule {entry.alert!r}{with_labels} is configured among {len(answer.alerts)}{hint}"
        raise NoDataError(f"{message}, in a partial answer") if answer.warnings else CheckFailedError(message)
    broken = next((alert for alert in found if alert.health == "err"), None)
    if broken is not None:
        raise CheckFailedError(
            f"the alerting rule {broken.name!r} cannot be evaluated: {broken.error or 'no reason given'}"
        )
    if all(alert.health != "ok" for alert in found):
        raise NoDataError(
            f"the alerting rule {entry.alert!r} has not been evaluated yet", "Wait for its next evaluation"
        )
