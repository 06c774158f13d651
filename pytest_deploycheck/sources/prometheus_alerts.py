"""Prometheus' alerting rules and active alerts as a source: ``PromAlertsAsk`` becomes ``PromAlerts``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_deploycheck.asks import Alert, HttpAsk, PromAlerts, PromAlertsAsk
from pytest_deploycheck.errors import BadAnswerError
from pytest_deploycheck.sources.prometheus_answer import read_reply, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_deploycheck.asks import HttpAnswer


class AlertsSource:
    """Asks ``/api/v1/rules`` or ``/api/v1/alerts``; safe to use from several threads at once."""

    ask_type = PromAlertsAsk

    def __init__(self, *, fetch: Callable[[HttpAsk], HttpAnswer]) -> None:
        """Ask through ``fetch``, which sends a request and raises SourceError when there is no answer."""
        self._fetch = fetch

    def observe(self, ask: PromAlertsAsk) -> PromAlerts:
        """Return the alerting rules, or the active alerts.

        Raises:
            LoginRefusedError: the server does not know us.
            NoAnswerError: no answer, or a late one.
            BadAnswerError: an answer that is not Prometheus'.
        """
        path = "rules?type=alert" if ask.rules else "alerts"
        answer = self._fetch(
            HttpAsk(
                url=f"{ask.url.rstrip('/')}/api/v1/{path}",
                headers=ask.headers,
                timeout=ask.timeout,
                max_bytes=ask.max_bytes,
                verify_tls=ask.verify_tls,
            )
        )
        reply = read_reply(answer)
        try:
            alerts = tuple(_rules(reply.data) if ask.rules else (_alert(item) for item in reply.data["alerts"]))
        except (KeyError, TypeError, AttributeError):
            raise BadAnswerError(f"{answer.url} answered something that is no list of alerts") from None
        return PromAlerts(alerts=alerts, target=answer.url, warnings=reply.warnings, at=answer.at)

    def close(self) -> None:
        """Nothing is kept open."""


def _rules(data: Any) -> Iterator[Alert]:
    for group in data["groups"]:
        for rule in group["rules"]:
            if rule.get("type") == "alerting":
                yield _rule(rule)


def _rule(rule: dict[str, Any]) -> Alert:
    return Alert(
        name=shown(rule["name"]),
        state=str(rule["state"]),
        labels=_labels(rule),
        health=str(rule.get("health", "unknown")),
        error=shown(rule.get("lastError") or ""),
    )


def _alert(alert: dict[str, Any]) -> Alert:
    return Alert(name=shown(alert["labels"].get("alertname", "")), state=str(alert["state"]), labels=_labels(alert))


def _labels(item: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((shown(name), shown(value)) for name, value in (item.get("labels") or {}).items()))
