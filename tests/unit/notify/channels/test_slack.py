"""What Slack gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.errors import ChannelError
from pytest_deploycheck.notify.channels.slack import SlackChannel
from pytest_deploycheck.notify.rules import Kind
from tests.fix_http import Server
from tests.fix_messages import bodies, heads, hostile, message, saying

if TYPE_CHECKING:
    from pytest_deploycheck.sources.http import HttpSource

BOT = {"token": "xoxb-1", "channel": "#alerts", "timeout": 2.0}


def test_a_thread_for_each_alert(source: HttpSource) -> None:
    """The first message begins a thread; later ones answer in it, and the end shows in the channel, too."""
    with Server(saying({"ok": True, "ts": "17.5"})) as server:
        slack = SlackChannel({**BOT, "api_url": server.url}, source.observe)
        ref = slack.send(message(), None)
        assert ("17.5", "17.5") == (ref, slack.send(message(Kind.RESOLVED), ref))
    first, second = bodies(server)
    assert ("#alerts", None, "17.5", True) == (
        first["channel"],
        first.get("thread_ts"),
        second["thread_ts"],
        second["reply_broadcast"],
    )
    assert "POST /chat.postMessage" in heads(server)[0]
    assert "Authorization: Bearer xoxb-1" in heads(server)[0]


def test_the_template_of_the_guides(source: HttpSource) -> None:
    """Severity, issue, impact, start, status, the incident's channel; who is on call is mentioned."""
    with Server(saying("ok")) as server:
        SlackChannel({"webhook_url": server.url, "timeout": 2.0}, source.observe).send(message(), None)
    head, section, mention = bodies(server)[0]["blocks"]
    assert "\U0001f6a8 [CRITICAL] Issue detected: Orders fail (shop production)" == head["text"]["text"]
    for line in (
        "Issue: Orders fail",
        "Impact: data",
        "Started: 2026-03-02 12:00 UTC",
        "Status: Investigating",
        "Incident: INC-20260302-1200 #incident-20260302-1200",
        "- [critical] Orders: 0 orders",
        "- do: Look",
        "and 3 more",
    ):
        assert line in section["text"]["text"]
    assert "<@U012AB3CD>" == mention["text"]["text"]


def test_nothing_from_outside_does_anything(source: HttpSource) -> None:
    """Hostile names stand in plain text only, within Slack's limits; the fallback is escaped."""
    with Server(saying("ok")) as server:
        SlackChannel({"webhook_url": server.url, "timeout": 2.0}, source.observe).send(hostile(size=50), None)
    payload = bodies(server)[0]
    head, section, mention = payload["blocks"]
    assert ({"plain_text"}, "mrkdwn") == ({head["text"]["type"], section["text"]["type"]}, mention["text"]["type"])
    assert (True, True) == (len(head["text"]["text"]) <= 150, len(section["text"]["text"]) <= 3000)
    assert ("<" in payload["text"], "<@U012AB3CD>") == (False, mention["text"]["text"])
    assert "\x1b" not in section["text"]["text"]


@pytest.mark.parametrize(("word", "permanent"), [("channel_not_found", True), ("ratelimited", False)])
def test_slack_says_no_with_200(word: str, permanent: bool, source: HttpSource) -> None:  # noqa: FBT001  # a table
    """An answer 200 with ok = false is a failure."""
    with Server(saying({"ok": False, "error": word})) as server, pytest.raises(ChannelError, match=word) as caught:
        SlackChannel({**BOT, "api_url": server.url}, source.observe).send(message(), None)
    assert permanent is caught.value.permanent
