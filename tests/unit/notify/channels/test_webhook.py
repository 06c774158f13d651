"""What a service of one's own gets."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from pytest_deploycheck.notify.channels.webhook import WebhookChannel
from tests.fix_http import Server
from tests.fix_messages import bodies, heads, message, saying

if TYPE_CHECKING:
    from pytest_deploycheck.sources.http import HttpSource


def headers(head: str) -> dict[str, str]:
    """Return the headers by their names in lower case."""
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in head.split("\r\n")[1:])}


def test_signed_and_named(source: HttpSource) -> None:
    """The receiver can prove who sent it, how old it is, and whether it had it before."""
    with Server(saying({})) as server:
        options = {"url": server.url, "secret": "k3y", "headers": {"X-Own": "1"}, "timeout": 2.0}
        WebhookChannel(options, source.observe).send(message(), None)
    found = headers(heads(server)[0])
    body = server.requests[0].partition(b"\r\n\r\n")[2]
    moment = found["x-deploycheck-timestamp"]
    wanted = hmac.new(b"k3y", f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    assert (f"v1={wanted}", "deploycheck-k1-7-opened", "1", "application/json") == (
        found["x-deploycheck-signature"],
        found["idempotency-key"],
        found["x-own"],
        found["content-type"],
    )


def test_no_address_of_a_person(source: HttpSource) -> None:
    """The body names who is on call, without mail or phone."""
    with Server(saying({})) as server:
        WebhookChannel({"url": server.url, "headers": {}, "timeout": 2.0}, source.observe).send(message(), None)
    text = server.requests[0].decode()
    assert (["Ana"], False, False) == (bodies(server)[0]["on_call"], "ana@" in text, "+49" in text)
    assert "Signature" not in text
