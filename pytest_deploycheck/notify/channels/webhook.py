"""Any HTTP service of yours: JSON, signed with HMAC-SHA256 over time and body, with a key against doubles."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

from pytest_deploycheck.notify.channels.base import Send, post
from pytest_deploycheck.notify.texts import body, headline, severity_word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_deploycheck.notify.messages import Message


class WebhookChannel:
    """Posts the message as JSON."""

    def __init__(self, options: Mapping[str, Any], send: Send) -> None:
        """Take ``url``, and perhaps ``secret`` and ``headers``."""
        self._options = options
        self._send = send

    def send(self, message: Message, ref: str | None) -> str | None:
        """Post it; the receiver tells doubles by ``Idempotency-Key``, old copies by the signed time.

        Raises:
            ChannelError: it did not arrive.
        """
        content = json.dumps(as_json(message)).encode()
        headers = [
            *self._options["headers"].items(),
            ("Idempotency-Key", message.id),
            ("X-Deploycheck-Event", str(message.kind)),
        ]
        secret = self._options.get("secret")
        if secret:
            moment = str(int(message.at.timestamp()))
            headers.append(("X-Deploycheck-Timestamp", moment))
            headers.append(("X-Deploycheck-Signature", f"v1={signature(secret, moment, content)}"))
        post(
            self._send,
            self._options["url"],
            None,
            content=content,
            headers=tuple(headers),
            timeout=self._options["timeout"],
            now=message.at,
        )
        return ref


def signature(secret: str, moment: str, content: bytes) -> str:
    """Return the HMAC-SHA256 in hex over the time, a dot, and the body."""
    return hmac.new(secret.encode(), moment.encode() + b"." + content, hashlib.sha256).hexdigest()


def as_json(message: Message) -> dict[str, Any]:
    """Return the message as a table of JSON; it names nobody's address."""
    return {
        "schema_version": 1,
        "id": message.id,
        "key": message.key,
        "event": str(message.kind),
        "severity": severity_word(message.severity),
        "title": message.title,
        "headline": headline(message),
        "text": body(message),
        "at": message.at.astimezone(UTC).isoformat(),
        "started_at": message.started.astimezone(UTC).isoformat() if message.started else None,
        "service": message.service,
        "environment": message.environment,
        "deployment": message.deployment,
        "version": message.version,
        "phase": message.phase,
        "decision": message.decision,
        "impact": message.impact,
        "status": message.status,
        "checks": [
            {
                "id": each.id,
                "title": each.title,
                "severity": severity_word(each.severity),
                "reason": each.reason,
                "action": each.action,
                "runbook": each.runbook,
            }
            for each in message.lines
        ],
        "more_checks": message.more,
        "incident": message.incident,
        "channel": message.room,
        "on_call": [each.name for each in message.people],
        "report": message.report,
        "may_be_a_repeat": message.doubtful,
    }
