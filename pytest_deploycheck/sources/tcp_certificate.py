"""The certificate of any TLS server as a source: ``CertificateAsk`` becomes a ``Number`` of days; beside ``tcp.py``."""

from __future__ import annotations

from datetime import UTC, datetime

from pytest_deploycheck.asks import CertificateAsk, Number
from pytest_deploycheck.errors import NoAnswerError
from pytest_deploycheck.sources.net import look_at_certificate


class CertificateSource:
    """Looks at certificates, trusted or not; nothing is sent."""

    ask_type = CertificateAsk

    def observe(self, ask: CertificateAsk) -> Number:
        """Return for how many days the certificate is still valid, negative when it has expired.

        Raises:
            NoAnswerError: no TLS server showed one in time.
        """
        at = datetime.now(UTC)
        ends = look_at_certificate(ask.address, ask.port, ask.timeout)
        if ends is None:
            raise NoAnswerError(
                f"{ask.host} showed no certificate within {ask.timeout:g} s", "Does that port speak TLS?"
            )
        days = (ends - at).total_seconds() / 86400
        return Number(
            value=round(days, 3), unit="d", n=1, target=ask.host, at=at, note=f"until {ends:%Y-%m-%d %H:%M} UTC"
        )

    def close(self) -> None:
        """Nothing is kept open."""
