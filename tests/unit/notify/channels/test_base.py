"""Every channel over HTTP meets receivers that answer well, refuse, are busy, break, hang, drip and drop."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from pytest_deploycheck.asks import HttpAnswer
from pytest_deploycheck.errors import ChannelError
from pytest_deploycheck.notify.channels.base import refused, wait_of
from pytest_deploycheck.notify.channels.registry import ChannelSpec, build_channel
from tests.fix_http import Server, Talk, closed_port
from tests.fix_messages import AT, message, saying

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_deploycheck.sources.http import HttpSource

OPTIONS: dict[str, dict[str, Any]] = {
    "slack": {"webhook_url": "{url}/hooks/T0/B0/secretpart", "timeout": 0.5},
    "slack-bot": {"token": "xoxb-secretpart", "channel": "C1", "api_url": "{url}", "timeout": 0.5},
    "pagerduty": {"routing_key": "secretpart", "api_url": "{url}", "timeout": 0.5},
    "webhook": {"url": "{url}/secretpart", "secret": "s", "headers": {}, "timeout": 0.5},
    "alertmanager": {"url": "{url}/secretpart", "headers": {}, "labels": {}, "timeout": 0.5},
    "github-issue": {
        "repository": "o/r",
        "token": "secretpart",
        "labels": ("deploycheck",),
        "api_url": "{url}",
        "timeout": 0.5,
    },
    "github-deployment": {
        "repository": "o/r",
        "token": "secretpart",
        "deployment_id": "7",
        "api_url": "{url}",
        "timeout": 0.5,
    },
}
GOOD = {"ok": True, "ts": "1.2", "number": 5, "status": "success"}


def channel(kind: str, url: str, source: HttpSource) -> Any:
    """Return a channel that speaks to a receiver."""
    options = {
        key: value.replace("{url}", url) if isinstance(value, str) else value for key, value in OPTIONS[kind].items()
    }
    return build_channel(ChannelSpec(id=kind, type=kind.removesuffix("-bot"), options=options), source.observe, {})


def busy(talk: Talk) -> None:
    """Ask to be left alone for a while."""
    while talk.request():
        talk.answer(b"{}", "429 Too Many Requests", "Retry-After: 7\r\n")


def half(talk: Talk) -> None:
    """Lose the connection in the middle of an answer."""
    talk.request()
    talk.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhal")


def hang(talk: Talk) -> None:
    """Take the request and say nothing."""
    talk.request()
    talk.hang()


def drip(talk: Talk) -> None:
    """Answer byte by byte, for ever."""
    talk.request()
    talk.drip(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000)


def drop(talk: Talk) -> None:
    """Reset the connection."""
    talk.request()
    talk.reset()


@pytest.mark.parametrize("kind", OPTIONS)
def test_a_good_receiver(kind: str, source: HttpSource) -> None:
    """A receiver that answers well gets one request."""
    with Server(saying(GOOD)) as server:
        channel(kind, server.url, source).send(message(), None)
    assert 1 == len(server.requests)


@pytest.mark.parametrize("kind", OPTIONS)
@pytest.mark.parametrize(
    ("behave", "wanted"),
    [
        (busy, ("it answered HTTP 429", 7.0, False, False)),
        (saying({}, "500 Internal Server Error"), ("it answered HTTP 500", None, False, False)),
        (saying({"error": "no_team"}, "404 Not Found"), ("it answered HTTP 404 (no_team)", None, True, False)),
        (hang, ("no answer within 0.5 s", None, False, True)),
        (drip, ("no answer within 0.5 s", None, False, True)),
        (drop, ("no connection, or it was lost", None, False, True)),
        (half, ("no connection, or it was lost", None, False, True)),
    ],
    ids=["429", "500", "404", "hang", "drip", "drop", "half"],
)
def test_a_bad_receiver(
    kind: str, behave: Callable[[Talk], None], wanted: tuple[str, float | None, bool, bool], source: HttpSource
) -> None:
    """Whatever a receiver does becomes one error: what, how long to wait, for ever or not, certain or not."""
    with Server(behave) as server, pytest.raises(ChannelError) as caught:
        channel(kind, server.url, source).send(message(), None)
    error = caught.value
    assert wanted == (error.message, error.retry_after, error.permanent, error.uncertain)
    assert None is re.search("secretpart|127.0.0.1", str(error))


@pytest.mark.parametrize("kind", OPTIONS)
def test_nobody_there(kind: str, source: HttpSource) -> None:
    """A closed port is an error, too, and names no address."""
    with pytest.raises(ChannelError, match=r"^no connection, or it was lost$"):
        channel(kind, f"http://127.0.0.1:{closed_port()}", source).send(message(), None)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5", 5.0),
        ("1.5", 1.5),
        ("99999", 3600.0),
        ("Mon, 02 Mar 2026 12:31:00 GMT", 60.0),
        ("Mon, 02 Mar 2026 12:00:00 GMT", 0.0),
        ("soon", None),
        ("-3", None),
        ("\u0665", None),
        ("Mon, 02 Mar 2026 12:31:00", None),
    ],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    """Seconds and dates are understood, at most an hour is waited, nonsense is as if it were not there."""
    assert seconds == wait_of(HttpAnswer(url="", status=429, headers=(("Retry-After", text),)), AT)


@pytest.mark.parametrize(
    ("status", "headers", "permanent"),
    [(400, (), True), (403, (), True), (403, (("Retry-After", "3"),), False), (408, (), False), (503, (), False)],
)
def test_what_is_worth_trying_again(status: int, headers: tuple[tuple[str, str], ...], permanent: bool) -> None:  # noqa: FBT001  # a table
    """A refusal stays one, unless the service names a time."""
    assert permanent is refused(HttpAnswer(url="", status=status, headers=headers)).permanent


def test_only_plain_words_are_repeated() -> None:
    """What a service says is shown when it is a plain word, and nothing else of its body."""
    shown = [str(refused(HttpAnswer(url="", status=400, body=body))) for body in (b"invalid_payload", b"<b>key=x</b>")]
    assert ["it answered HTTP 400 (invalid_payload)", "it answered HTTP 400"] == shown
