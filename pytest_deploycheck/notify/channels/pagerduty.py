"""PagerDuty, Events API v2: trigger, acknowledge and resolve by dedup key; the same event twice is one there."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.notify.channels.base import Send, post
from pytest_deploycheck.notify.messages import bounded
from pytest_deploycheck.notify.rules import Kind
from pytest_deploycheck.notify.texts import headline, lines
from pytest_deploycheck.redact import printable
from pytest_deploycheck.status import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_deploycheck.notify.messages import Message

_LONGEST_SUMMARY: Final = 1024
_LONGEST_DETAIL: Final = 4000
_SEVERITIES: Final = {
    Severity.LOW: "info",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "critical",
    Severity.ROLLBACK: "critical",
}
_ACTIONS: Final = {Kind.RESOLVED: "resolve", Kind.ACKNOWLEDGED: "acknowledge"}
# they would open an incident there that nobody ever resolves
_NOT_FOR_PAGING: Final = frozenset({Kind.DEPLOYMENT, Kind.MAINTENANCE})


class PagerDutyChannel:
    """Sends events."""

    def __init__(self, options: Mapping[str, Any], send: Send) -> None:
        """Take ``routing_key`` and ``api_url``."""
        self._options = options
        self._send = send

    def send(self, message: Message, ref: str | None) -> str | None:
        """Send the event; a test is resolved at once.

        Raises:
            ChannelError: it did not arrive.
        """
        if message.kind in _NOT_FOR_PAGING:
            return ref
        self._event(message, _ACTIONS.get(message.kind, "trigger"))
        if message.kind is Kind.TEST:
            self._event(message, "resolve")
        return None

    def _event(self, message: Message, action: str) -> None:
        event: dict[str, Any] = {
            "routing_key": self._options["routing_key"],
            "event_action": action,
            "dedup_key": message.key,
        }
        if action == "trigger":
            event |= {"client": "pytest-deploycheck", "payload": _payload(message)}
            if message.report:
                event["links"] = [{"href": message.report, "text": "Report"}]
        url = f"{self._options['api_url']}/v2/enqueue"
        post(self._send, url, event, timeout=self._options["timeout"], now=message.at)


def _payload(message: Message) -> dict[str, Any]:
    details = bounded("\n".join(lines(message)), _LONGEST_DETAIL)
    payload = {
        "summary": bounded(headline(message), _LONGEST_SUMMARY),
        "source": printable(message.service) or "deploycheck",
        "severity": _SEVERITIES[message.severity],
        "timestamp": (message.started or message.at).astimezone(UTC).isoformat(),
        "component": message.environment,
        "group": message.deployment,
        "class": message.impact,
        "custom_details": {"message": details, "incident": message.incident, "verdict": message.decision},
    }
    return {key: value for key, value in payload.items() if value}
