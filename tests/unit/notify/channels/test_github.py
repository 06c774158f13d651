"""What GitHub gets."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from pytest_deploycheck.errors import ChannelError
from pytest_deploycheck.notify.channels.github import GitHubDeploymentChannel, GitHubIssueChannel
from pytest_deploycheck.notify.rules import Kind
from tests.fix_http import Server, Talk
from tests.fix_messages import bodies, heads, hostile, message, saying

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_deploycheck.sources.http import HttpSource

OPTIONS = {"repository": "o/r", "token": "ghp_x", "labels": ("deploycheck",), "timeout": 2.0}


class Hub:
    """Issues and comments, as GitHub keeps them."""

    def __init__(self) -> None:
        """Begin without any."""
        self.issues: list[dict[str, Any]] = []
        self.comments: list[dict[str, Any]] = []

    def behave(self, talk: Talk) -> None:
        """Answer requests as GitHub does."""
        while request := talk.request():
            head, _, body = request.partition(b"\r\n\r\n")
            method, path = head.decode().split(" ")[:2]
            given = json.loads(body) if body else {}
            answer = next(
                act(given)
                for (verb, pattern), act in self._acts().items()
                if verb == method and re.search(pattern, path)
            )
            talk.answer(json.dumps(answer).encode(), "201 Created" if method == "POST" else "200 OK")

    def _acts(self) -> dict[tuple[str, str], Callable[[dict[str, Any]], Any]]:
        return {
            ("POST", r"/comments$"): self._comment,
            ("POST", r"/issues$"): self._open,
            ("PATCH", r"/issues/1$"): self._change,
            ("GET", r"/comments\?"): lambda _: self.comments,
            ("GET", r"/issues/1$"): lambda _: self.issues[0],
            ("GET", r"/issues\?state=open"): lambda _: [each for each in self.issues if each["state"] == "open"],
        }

    def _comment(self, given: dict[str, Any]) -> dict[str, Any]:
        self.comments.append(given)
        return {}

    def _change(self, given: dict[str, Any]) -> dict[str, Any]:
        self.issues[0].update(given)
        return {}

    def _open(self, given: dict[str, Any]) -> dict[str, Any]:
        self.issues.append({**given, "number": len(self.issues) + 1, "state": "open"})
        return self.issues[-1]


def test_an_issue_from_its_opening_to_its_end(source: HttpSource) -> None:
    """The alert is an issue, its reminders are comments, its end closes it."""
    hub = Hub()
    with Server(hub.behave) as server:
        channel = GitHubIssueChannel({**OPTIONS, "api_url": server.url}, source.observe)
        ref = channel.send(message(), None)
        channel.send(message(Kind.REMINDER), ref)
        channel.send(message(Kind.RESOLVED), ref)
    assert ("1", 1, 2, "closed") == (ref, len(hub.issues), len(hub.comments), hub.issues[0]["state"])
    assert "Authorization: Bearer ghp_x" in heads(server)[0]


@pytest.mark.parametrize("kind", [Kind.OPENED, Kind.REMINDER])
def test_a_doubtful_message_is_there_once(kind: Kind, source: HttpSource) -> None:
    """After a crash the same message is looked for, and not written again."""
    hub = Hub()
    with Server(hub.behave) as server:
        channel = GitHubIssueChannel({**OPTIONS, "api_url": server.url}, source.observe)
        ref = channel.send(message(), None)
        if kind is Kind.REMINDER:
            channel.send(message(kind), ref)
        before = (len(hub.issues), len(hub.comments))
        assert "1" == channel.send(message(kind, doubtful=True), None)
    assert before == (len(hub.issues), len(hub.comments))


def test_hostile_names_mention_and_link_nothing(source: HttpSource) -> None:
    """No mention, link, HTML or markup comes out of a name, and the title has GitHub's length."""
    hub = Hub()
    with Server(hub.behave) as server:
        GitHubIssueChannel({**OPTIONS, "api_url": server.url}, source.observe).send(hostile(size=40), None)
    body = hub.issues[0]["body"]
    assert None is re.search(r"(?<!\\)<(?!!-- deploycheck)|@(?!\u200b)|(?<!\\)\[|://(?!\u200b)", body)
    assert (True, True) == (len(hub.issues[0]["title"]) <= 256, len(body) < 65536)


def test_the_status_of_a_deployment(source: HttpSource) -> None:
    """Opened is a failure, resolved a success; the description is cut; what changes nothing is not sent."""
    with Server(saying({})) as server:
        channel = GitHubDeploymentChannel({**OPTIONS, "api_url": server.url, "deployment_id": "77"}, source.observe)
        for kind in (Kind.OPENED, Kind.REMINDER, Kind.RESOLVED):
            channel.send(message(kind, title="x" * 300), None)
    assert ["failure", "success"] == [each["state"] for each in bodies(server)]
    assert (140, True) == (len(bodies(server)[0]["description"]), "/deployments/77/statuses" in heads(server)[0])


def test_a_deployment_without_a_number(source: HttpSource) -> None:
    """An id that is no number of GitHub's is an error that says what to do."""
    with pytest.raises(ChannelError, match="Set deployment_id"):
        GitHubDeploymentChannel({**OPTIONS, "api_url": "http://x.test"}, source.observe).send(message(), None)
