"""Names, addresses, certificates and errors in plain words."""

from __future__ import annotations

import socket
import ssl
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.sources import net
from tests.fix_http import Server, Talk, certificate, closed_port

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:pw@host:8443/a/b?token=x#y", "https://host:8443/a/b"),
        ("http://user:p@w@host/", "http://host/"),
        ("http://[::1]:80/x", "http://[::1]:80/x"),
        ("http://[::1", "the URL"),
    ],
)
def test_a_shown_url_has_no_secret(url: str, shown: str) -> None:
    """User, password, query and fragment are left out."""
    assert shown == net.safe_url(url)


@given(st.text())
def test_any_text_can_be_shown(text: str) -> None:
    """No text whatever makes the URL's display fail."""
    assert "?" not in net.safe_url(text)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"])
def test_loopback_is_known(host: str) -> None:
    """Names and addresses of this machine are recognised."""
    assert net.is_loopback(host)


@pytest.mark.parametrize("host", ["example.org", "10.0.0.1", "::2", "", "localhost.example.org", "notlocalhost"])
def test_other_hosts_are_not_loopback(host: str) -> None:
    """Anything else is not this machine."""
    assert not net.is_loopback(host)


def test_an_address_needs_no_resolving() -> None:
    """An address is its own answer; a name gives each address once."""
    assert net.resolve("192.0.2.1", 80, 0.0) == ["192.0.2.1"]
    found = net.resolve("localhost", 80, 5)
    assert len(found) == len(set(found)) > 0


@pytest.mark.parametrize("name", ["no-such-host.invalid", "a" * 70 + ".invalid", "..", "ä" * 80])
def test_a_bad_name_is_a_name_error(name: str) -> None:
    """Unknown and impossible names raise the same kind of error."""
    with pytest.raises(socket.gaierror):
        net.resolve(name, 80, 20)


def test_a_resolver_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for a name ends at the time limit."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(1))
    with pytest.raises(TimeoutError):
        net.resolve("slow.example", 80, 0.05)


def test_the_second_address_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dead first address does not hide a good second one."""
    with Server(Talk.hang) as server:
        monkeypatch.setattr(net, "resolve", lambda *_: ["127.0.0.2", "127.0.0.1"])
        with net.connect("service", server.port, net.Deadline(5)) as connection:
            assert connection.getpeername()[0] == "127.0.0.1"


def test_no_address_raises_the_last_error() -> None:
    """When nothing answers, the operating system's own error comes out."""
    with pytest.raises(ConnectionRefusedError):
        net.connect("127.0.0.1", closed_port(), net.Deadline(5))
    with pytest.raises(TimeoutError):
        net.connect("127.0.0.1", closed_port(), net.Deadline(0))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(), "refused the connection"),
        (ConnectionResetError(), "reset the connection"),
        (BrokenPipeError(), "closed the connection"),
        (TimeoutError(), "could not be reached in time"),
        (socket.gaierror(-2, "x"), "cannot be resolved"),
        (ssl.SSLError(1, "x"), "failed the TLS handshake"),
        (OSError(113, "No route to host"), "No route to host"),
        (None, "cannot be reached"),
    ],
)
def test_errors_are_in_plain_words_with_a_hint(error: OSError | None, words: str) -> None:
    """Every connection error says what happened and what to do."""
    said, hint = net.explain(error)
    assert words in said
    assert hint.endswith((".", "?"))


def test_the_cause_is_found_under_a_library_s_error() -> None:
    """An operating system's error is found even when a library hid it."""

    def library() -> None:
        try:
            raise ConnectionRefusedError("inner")
        except OSError:
            raise RuntimeError("outer") from None

    with pytest.raises(RuntimeError) as caught:
        library()
    assert isinstance(net.cause_of(caught.value), ConnectionRefusedError)
    assert net.cause_of(ValueError()) is None


@pytest.mark.parametrize(
    ("not_after", "end"),
    [
        ("20250203040506Z", datetime(2025, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ("20491231235959Z", datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("20991231235959Z", datetime(2099, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_the_end_of_a_certificate_is_read_from_its_bytes(tmp_path: Path, not_after: str, end: datetime) -> None:
    """Both time formats of certificates are understood, and the end is seen over the wire, trusted or not."""
    context = certificate(tmp_path, not_after=not_after)
    der = ssl.PEM_cert_to_DER_cert((tmp_path / "cert.pem").read_text())
    assert net.certificate_end(der) == end
    with Server(lambda talk: talk.hang(), context) as server:
        assert net.look_at_certificate("127.0.0.1", server.port, 5) == end


def test_a_certificate_that_cannot_be_seen_is_none() -> None:
    """Looking at a certificate where there is none does no harm."""
    assert net.look_at_certificate("127.0.0.1", closed_port(), 1) is None


@given(st.binary(max_size=200))
def test_bytes_that_are_no_certificate_are_refused(data: bytes) -> None:
    """Garbage is a ValueError, nothing worse."""
    with pytest.raises(ValueError, match=r"certificate|time data"):
        net.certificate_end(data)


def test_a_damaged_certificate_is_refused_or_read(tmp_path: Path) -> None:
    """Cutting a certificate anywhere never does more than a ValueError."""
    certificate(tmp_path)
    der = ssl.PEM_cert_to_DER_cert((tmp_path / "cert.pem").read_text())
    for length in range(len(der)):
        with pytest.raises(ValueError, match=r"certificate|time data"):
            net.certificate_end(der[:length])


def test_a_deadline_never_goes_below_zero() -> None:
    """Time left is at least nothing."""
    assert net.Deadline(-1).left() == 0
    assert 0 < net.Deadline(60).left() <= 60
