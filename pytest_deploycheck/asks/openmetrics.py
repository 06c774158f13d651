"""Questions about a service's own ``/metrics``; the answer is a :class:`~pytest_deploycheck.asks.number.Number`."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_deploycheck.asks.base import MEBIBYTE, host_of


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenMetricsAsk:
    """A value computed from a service's own ``/metrics``.

    ``query`` is ``value(S)``, ``rate(S)``, ``increase(S)``, ``ratio(S, S)`` or ``pNN(S)``, S a selector such as
    ``http_requests_total{status=~"5..", client!="probe"}``. ``window`` is the time between the two scrapes. One that is
    longer than ``patience`` is not waited for: then the first scrape comes from the file ``store`` of earlier runs.
    """

    url: str
    query: str
    window: float = 10.0
    patience: float = 30.0
    store: str | None = None
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    timeout: float = 10.0
    max_bytes: int = 16 * MEBIBYTE
    verify_tls: bool = True

    @property
    def host(self) -> str:
        """``host:port`` of the URL."""
        return host_of(self.url)
