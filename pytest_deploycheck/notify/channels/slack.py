"""Slack: an incoming webhook, or ``chat.postMessage`` with a thread for each alert.

Texts from outside stand in plain_text objects, where Slack interprets nothing; the fallback text is escaped. Slack has
no key against doubles: after a crash in the middle of sending, the message comes again and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.errors import BadAnswerError, ChannelError
from pytest_deploycheck.notify.channels.base import Send, post, wait_of
from pytest_deploycheck.notify.messages import bounded
from pytest_deploycheck.notify.rules import Kind
from pytest_deploycheck.notify.texts import body, headline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_deploycheck.notify.messages import Message

_LONGEST_HEADER: Final = 150
_LONGEST_SECTION: Final = 3000
_LONGEST_FALLBACK: Final = 3000
_ICONS: Final = {Kind.RESOLVED: "\u2705", Kind.ACKNOWLEDGED: "\U0001f440", Kind.TEST: "\U0001f9ea"}
_TRANSIENT: Final = frozenset({"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable"})


class SlackChannel:
    """Posts to Slack."""

    def __init__(self, options: Mapping[str, Any], send: Send) -> None:
        """Take ``webhook_url``, or ``token`` with ``channel``."""
        self._options = options
        self._send = send

    def send(self, message: Message, ref: str | None) -> str | None:
        """Post the message, in the alert's thread where there is one.

        Raises:
            ChannelError: it did not arrive.
        """
        payload = _payload(message)
        timeout = self._options["timeout"]
        webhook = self._options.get("webhook_url")
        if webhook:
            post(self._send, webhook, payload, timeout=timeout, now=message.at)
            return None
        payload["channel"] = self._options["channel"]
        if ref:
            payload |= {"thread_ts": ref, "reply_broadcast": message.kind in {Kind.WORSE, Kind.RESOLVED}}
        headers = (("Authorization", f"Bearer {self._options['token']}"),)
        url = f"{self._options['api_url']}/chat.postMessage"
        answer = post(self._send, url, payload, headers=headers, timeout=timeout, now=message.at)
        try:
            said = answer.json()
        except BadAnswerError:
            raise ChannelError("its answer cannot be read", uncertain=True) from None
        if not isinstance(said, dict) or said.get("ok") is not True:
            word = said.get("error") if isinstance(said, dict) else None
            known = word if isinstance(word, str) and word.replace("_", "").isalnum() else "an error"
            again = known in _TRANSIENT
            raise ChannelError(f"Slack said {known[:60]}", retry_after=wait_of(answer, message.at), permanent=not again)
        return ref or (str(said["ts"]) if "ts" in said else None)


def _payload(message: Message) -> dict[str, Any]:
    head = f"{_ICONS.get(message.kind, chr(0x1F6A8))} {headline(message)}"
    text = body(message, longest=_LONGEST_SECTION) or "\u2014"
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": bounded(head, _LONGEST_HEADER), "emoji": False}},
        {"type": "section", "text": {"type": "plain_text", "text": text, "emoji": False}},
    ]
    members = [f"<@{each.slack}>" for each in message.people if each.slack]
    if members:  # member ids are checked with the settings
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": " ".join(members)}})
    return {
        "text": bounded(_escaped(head), _LONGEST_FALLBACK),
        "mrkdwn": False,
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": blocks,
    }


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
