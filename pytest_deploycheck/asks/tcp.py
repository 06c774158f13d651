"""Questions about open ports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpAsk:
    """Whether a TCP (or, with ``tls``, a TLS) connection can be opened."""

    address: str
    port: int
    tls: bool = False
    timeout: float = 5.0

    @property
    def host(self) -> str:
        """``host:port``."""
        return f"{self.address}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateAsk:
    """For how many days the certificate that a server shows is valid, trusted or not."""

    address: str
    port: int
    timeout: float = 5.0

    @property
    def host(self) -> str:
        """``host:port``."""
        return f"{self.address}:{self.port}"
