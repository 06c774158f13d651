"""Alertmanager, API v2: an alert with its labels; the same labels again are the same alert there."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.notify.channels.base import Send, post
from pytest_deploycheck.notify.rules import Kind
from pytest_deploycheck.notify.texts import body, headline, severity_word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_deploycheck.notify.messages import Message

# an alert of ours ends by our word; this only cleans up behind a project that was given up
LIFETIME: Final = timedelta(days=7)
_BRIEF: Final = timedelta(minutes=1)
_NOT_AN_ALERT: Final = frozenset({Kind.ACKNOWLEDGED, Kind.DEPLOYMENT, Kind.MAINTENANCE})


class AlertmanagerChannel:
    """Posts alerts."""

    def __init__(self, options: Mapping[str, Any], send: Send) -> None:
        """Take ``url``, ``headers`` and ``labels``."""
        self._options = options
        self._send = send

    def send(self, message: Message, ref: str | None) -> str | None:
        """Post the alert; ``ref`` is the severity it has there, which is a label and so part of its name.

        Raises:
            ChannelError: it did not arrive.
        """
        if message.kind in _NOT_AN_ALERT:
            return ref
        severity = severity_word(message.severity)
        alerts = [self._alert(message, severity, over=message.kind is Kind.RESOLVED)]
        if ref and ref != severity:
            alerts.append(self._alert(message, ref, over=True))
        post(
            self._send,
            f"{self._options['url'].rstrip('/')}/api/v2/alerts",
            alerts,
            headers=tuple(self._options["headers"].items()),
            timeout=self._options["timeout"],
            now=message.at,
        )
        return severity

    def _alert(self, message: Message, severity: str, *, over: bool) -> dict[str, Any]:
        lifetime = _BRIEF if message.kind is Kind.TEST else LIFETIME
        labels = {
            **self._options["labels"],
            "alertname": "deploycheck",
            "alert_key": message.key,
            "severity": severity,
            "service": message.service,
            "environment": message.environment,
        }
        alert: dict[str, Any] = {
            "labels": {key: value for key, value in labels.items() if value},
            "annotations": {"summary": headline(message), "description": body(message)},
            "startsAt": (message.started or message.at).astimezone(UTC).isoformat(),
            "endsAt": (message.at if over else message.at + lifetime).astimezone(UTC).isoformat(),
        }
        if message.report:
            alert["generatorURL"] = message.report
        return alert
