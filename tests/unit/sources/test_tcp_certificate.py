"""Certificates of any TLS server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.asks import CertificateAsk
from pytest_deploycheck.errors import NoAnswerError
from pytest_deploycheck.sources.tcp_certificate import CertificateSource
from tests.fix_http import Server, certificate, closed_port

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fix_http import Talk


def hang(talk: Talk) -> None:
    """Say nothing."""
    talk.hang()


def test_days_left(tmp_path: Path) -> None:
    """Trusted or not, it is told when it ends."""
    with Server(hang, certificate(tmp_path, days=30)) as server:
        number = CertificateSource().observe(CertificateAsk(address="127.0.0.1", port=server.port))
    assert number.value == pytest.approx(30, abs=0.1)
    assert "d" == number.unit


def test_expired(tmp_path: Path) -> None:
    """A negative number of days."""
    with Server(hang, certificate(tmp_path, not_after="20210101000000Z")) as server:
        number = CertificateSource().observe(CertificateAsk(address="127.0.0.1", port=server.port))
    assert number.value is not None
    assert number.value < -1000
    assert "until 2021-01-01 00:00 UTC" == number.note


def test_no_tls() -> None:
    """Nothing there, or no TLS."""
    with pytest.raises(NoAnswerError, match="no certificate"):
        CertificateSource().observe(CertificateAsk(address="127.0.0.1", port=closed_port()))
    with Server(lambda talk: talk.send(b"hello")) as server, pytest.raises(NoAnswerError):
        CertificateSource().observe(CertificateAsk(address="127.0.0.1", port=server.port, timeout=1.0))
