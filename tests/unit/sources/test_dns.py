"""Names, asked of a name server on loopback."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from pytest_deploycheck.asks import DnsAsk
from pytest_deploycheck.errors import AnswerTimeoutError, BadAnswerError, MissingAccessError, QueryError, SourceError
from pytest_deploycheck.sources.dns import DnsSource

if TYPE_CHECKING:
    from collections.abc import Iterator

ZONE = {
    ("shop.test.", "A"): ("192.0.2.7", "192.0.2.1"),
    ("shop.test.", "AAAA"): ("2001:db8::1",),
    ("www.shop.test.", "CNAME"): ("Edge.CDN.test.",),
    ("alone.test.", "TXT"): ('"hi"',),
}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A name server that knows the zone, garbles ``garbage.test`` and never answers about ``silent.test``."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(0.05)
        stop = threading.Event()

        def serve() -> None:
            while not stop.is_set():
                try:
                    data, sender = listener.recvfrom(2000)
                except TimeoutError:
                    continue
                reply = answer(data)
                if reply:
                    listener.sendto(reply, sender)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        stop.set()
        thread.join()


def answer(data: bytes) -> bytes:
    """Return the answer to a query."""
    query = dns.message.from_wire(data)
    question = query.question[0]
    name, kind = question.name.to_text(), dns.rdatatype.to_text(question.rdtype)
    if name == "silent.test.":
        return b""
    if name == "garbage.test.":
        return data[:2] + b"\xff" * 20
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.RA
    if found := ZONE.get((name, kind)):
        reply.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *found))
    elif name == "broken.test.":
        reply.set_rcode(dns.rcode.SERVFAIL)
    elif not any(known == name for known, _ in ZONE):
        reply.set_rcode(dns.rcode.NXDOMAIN)
    return reply.to_wire()


@pytest.mark.parametrize(
    ("name", "record", "values"),
    [
        ("shop.test", "A", ("192.0.2.1", "192.0.2.7")),
        ("shop.test.", "AAAA", ("2001:db8::1",)),
        ("www.shop.test", "CNAME", ("edge.cdn.test",)),
    ],
)
def test_records(server: str, name: str, record: str, values: tuple[str, ...]) -> None:
    """Sorted, in lower case, without the dot at the end."""
    found = DnsSource().observe(DnsAsk(name=name, record=record, server=server))
    assert (values, 60, f"{record} {name}") == (found.values, found.ttl, found.target)


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("gone.test", BadAnswerError, "does not exist"),
        ("alone.test", BadAnswerError, "has no A record"),
        ("broken.test", BadAnswerError, "no name server gave a usable answer"),
        ("silent.test", AnswerTimeoutError, "within 0.4 s"),
        ("garbage.test", SourceError, "garbage.test"),
        ("a..b", QueryError, "valid name"),
        ("x" * 300, QueryError, "valid name"),
        ("\x1b[31m..", QueryError, "valid name"),
    ],
)
def test_no_record(server: str, name: str, kind: type[SourceError], words: str) -> None:
    """Each reason is told apart."""
    with pytest.raises(kind, match=words) as caught:
        DnsSource().observe(DnsAsk(name=name, server=server, timeout=0.4))
    assert "\x1b" not in str(caught.value)


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what to install."""
    monkeypatch.setitem(__import__("sys").modules, "dns.exception", None)
    with pytest.raises(MissingAccessError, match="pip install"):
        DnsSource().observe(DnsAsk(name="shop.test", server="127.0.0.1:1"))
