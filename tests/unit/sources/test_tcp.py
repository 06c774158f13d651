"""Reachability over plain TCP and TLS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.asks import TcpAsk
from pytest_deploycheck.errors import AnswerTimeoutError, NoAnswerError
from pytest_deploycheck.sources.base import Source
from pytest_deploycheck.sources.tcp import TcpSource
from tests.fix_http import Server, Talk, certificate, closed_port

if TYPE_CHECKING:
    from pathlib import Path


def test_an_open_port_gives_the_seconds_it_took() -> None:
    """A connection is measured in seconds, with the target beside it."""
    with Server(Talk.hang) as server:
        number = TcpSource().observe(TcpAsk(address="127.0.0.1", port=server.port))
    assert number.value is not None
    assert 0 < number.value < 5
    assert (number.unit, number.n, number.target) == ("s", 1, f"127.0.0.1:{server.port}")


def test_a_closed_port_is_no_answer() -> None:
    """Refused is refused, with a hint."""
    port = closed_port()
    with pytest.raises(NoAnswerError, match=f"127.0.0.1:{port} refused the connection. Is the service"):
        TcpSource().observe(TcpAsk(address="127.0.0.1", port=port))


@pytest.mark.parametrize(("address", "port"), [("no-such-host.invalid", 80), ("127.0.0.1", 99999), ("", 0), ("a b", 1)])
def test_an_address_that_is_none_is_no_answer(address: str, port: int) -> None:
    """Impossible addresses end in the same kind of error."""
    with pytest.raises(NoAnswerError):
        TcpSource().observe(TcpAsk(address=address, port=port))


def test_a_trusted_handshake_is_part_of_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With ``tls`` the handshake has to succeed too."""
    context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    with Server(Talk.hang, context) as server:
        assert TcpSource().observe(TcpAsk(address="127.0.0.1", port=server.port, tls=True)).unit == "s"


def test_an_untrusted_certificate_is_named(tmp_path: Path) -> None:
    """A self-signed certificate is no good connection."""
    with Server(Talk.hang, certificate(tmp_path)) as server, pytest.raises(NoAnswerError, match="cannot be trusted"):
        TcpSource().observe(TcpAsk(address="127.0.0.1", port=server.port, tls=True))


def test_a_handshake_that_hangs_is_a_timeout() -> None:
    """A port that accepts and says nothing does not hold the check."""
    with Server(Talk.hang) as server, pytest.raises(AnswerTimeoutError, match=r"within 0\.2 s"):
        TcpSource().observe(TcpAsk(address="127.0.0.1", port=server.port, tls=True, timeout=0.2))


def test_the_source_fits_its_interface() -> None:
    """The source is a Source, and closing it is harmless."""
    source = TcpSource()
    assert isinstance(source, Source)
    source.close()
    assert source.ask_type is TcpAsk
