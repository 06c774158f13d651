"""GitHub: an issue for each alert, or the status of a deployment.

An issue bears the alert's key and each comment the message's id, hidden; a doubtful message is looked for before it is
written again, so it is there once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.errors import BadAnswerError, ChannelError
from pytest_deploycheck.notify.channels.base import Send, post
from pytest_deploycheck.notify.messages import bounded
from pytest_deploycheck.notify.rules import Kind
from pytest_deploycheck.notify.texts import MARKDOWN, body, headline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_deploycheck.asks import HttpAnswer
    from pytest_deploycheck.notify.messages import Message

_LONGEST_TITLE: Final = 256
_LONGEST_BODY: Final = 60_000
_LONGEST_DESCRIPTION: Final = 140
_STATES: Final = {
    Kind.OPENED: "failure",
    Kind.WORSE: "failure",
    Kind.RESOLVED: "success",
    Kind.DEPLOYMENT: "in_progress",
}


class GitHubIssueChannel:
    """Opens an issue, comments on it, closes it."""

    def __init__(self, options: Mapping[str, Any], send: Send) -> None:
        """Take ``repository``, ``token``, ``labels`` and ``api_url``."""
        self._options = options
        self._send = send

    def send(self, message: Message, ref: str | None) -> str | None:
        """Open, comment or close; ``ref`` is the number of the issue.

        Raises:
            ChannelError: it did not arrive.
        """
        if ref is None and message.doubtful:
            ref = self._found(message)
        if ref is None:
            if message.kind in {Kind.RESOLVED, Kind.ACKNOWLEDGED}:
                return None
            ref = self._opened(message)
            if message.kind is Kind.TEST:
                self._call("PATCH", f"issues/{ref}", message, {"state": "closed", "state_reason": "completed"})
            return ref
        if not (message.doubtful and self._commented(ref, message)):
            self._call("POST", f"issues/{ref}/comments", message, {"body": _text(message, message.id)})
        if message.kind is Kind.RESOLVED:
            self._call("PATCH", f"issues/{ref}", message, {"state": "closed", "state_reason": "completed"})
        return ref

    def _opened(self, message: Message) -> str:
        issue = {
            "title": bounded(headline(message), _LONGEST_TITLE),
            "body": _text(message, message.key, message.id),
            "labels": list(self._options["labels"]),
        }
        number = _json(self._call("POST", "issues", message, issue)).get("number")
        if not isinstance(number, int):
            raise ChannelError("GitHub named no issue", uncertain=True)
        return str(number)

    def _found(self, message: Message) -> str | None:
        labels = ",".join(self._options["labels"])
        path = f"issues?state=open&per_page=100&labels={labels}"
        issues = _json_list(self._call("GET", path, message, None))
        return next((str(each["number"]) for each in issues if _mark(message.key) in str(each.get("body"))), None)

    def _commented(self, ref: str, message: Message) -> bool:
        issue = _json(self._call("GET", f"issues/{ref}", message, None))
        comments = _json_list(self._call("GET", f"issues/{ref}/comments?per_page=100", message, None))
        return any(_mark(message.id) in str(each.get("body")) for each in (issue, *comments))

    def _call(self, method: str, path: str, message: Message, payload: Any) -> HttpAnswer:
        return _call(self._send, self._options, method, path, message, payload=payload)


class GitHubDeploymentChannel:
    """Sets the status of a deployment; the same status twice says nothing new."""

    def __init__(self, options: Mapping[str, Any], send: Send) -> None:
        """Take ``repository``, ``token``, ``api_url`` and perhaps ``deployment_id``."""
        self._options = options
        self._send = send

    def send(self, message: Message, ref: str | None) -> str | None:
        """Set the status; what is no change of status is left out.

        Raises:
            ChannelError: it did not arrive, or nobody said which deployment.
        """
        state = _STATES.get(message.kind)
        number = self._options.get("deployment_id") or message.deployment
        if message.kind is Kind.TEST:
            _call(self._send, self._options, "GET", "deployments?per_page=1", message, payload=None)
            return ref
        if state is None:
            return ref
        if not number.isdigit():
            raise ChannelError(
                "the deployment's number is not known", 'Set deployment_id = "${GITHUB_DEPLOYMENT_ID}"', permanent=True
            )
        status = {
            "state": state,
            "description": bounded(headline(message), _LONGEST_DESCRIPTION),
            "auto_inactive": False,
            **({"log_url": message.report} if message.report else {}),
        }
        _call(self._send, self._options, "POST", f"deployments/{number}/statuses", message, payload=status)
        return ref


def _call(
    send: Send, options: Mapping[str, Any], method: str, path: str, message: Message, *, payload: Any
) -> HttpAnswer:
    headers = (
        ("Accept", "application/vnd.github+json"),
        ("Authorization", f"Bearer {options['token']}"),
        ("X-GitHub-Api-Version", "2022-11-28"),
    )
    url = f"{options['api_url']}/repos/{options['repository']}/{path}"
    return post(send, url, payload, headers=headers, method=method, timeout=options["timeout"], now=message.at)


def _mark(name: str) -> str:
    return f"<!-- {name} -->"


def _text(message: Message, *names: str) -> str:
    marks = "\n".join(_mark(name) for name in names)
    text = body(message, MARKDOWN, longest=_LONGEST_BODY, between="\n\n")
    return f"{MARKDOWN.label(MARKDOWN.escape(headline(message)))}\n\n{text}\n\n{marks}"


def _json(answer: HttpAnswer) -> dict[str, Any]:
    try:
        found = answer.json()
    except BadAnswerError:
        found = None
    if not isinstance(found, dict):
        raise ChannelError("GitHub's answer cannot be read", uncertain=True)
    return found


def _json_list(answer: HttpAnswer) -> list[dict[str, Any]]:
    try:
        found = answer.json()
    except BadAnswerError:
        found = None
    if not isinstance(found, list):
        raise ChannelError("GitHub's answer cannot be read", uncertain=True)
    return [each for each in found if isinstance(each, dict)]
