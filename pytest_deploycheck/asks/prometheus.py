"""Questions to a Prometheus server; numbers come back as :class:`~pytest_deploycheck.asks.number.Numbers`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_deploycheck.asks.base import MEBIBYTE, host_of

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PromAsk:
    """A PromQL query at ``end`` (on our clock; None is now), or with ``stat`` over the ``window`` before it.

    ``$window`` in a query is the window. ``by`` names the labels that tell the series apart, ``reduce`` makes one
    number of several; ``expected`` are values of the first label that have to be there. ``samples_query`` answers n.
    ``fresh`` is a selector whose newest sample must not be older than ``max_age`` seconds. With ``accept_partial``
    an answer with warnings counts.
    """

    url: str
    query: str
    end: datetime | None = None
    window: float | None = None
    stat: str | None = None
    step: float | None = None
    by: tuple[str, ...] = ()
    reduce: str | None = None
    expected: tuple[str, ...] = ()
    samples_query: str | None = None
    fresh: str | None = None
    max_age: float | None = None
    accept_partial: bool = False
    unit: str = ""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    timeout: float = 10.0
    max_bytes: int = 16 * MEBIBYTE
    verify_tls: bool = True

    @property
    def host(self) -> str:
        """``host:port`` of the server."""
        return host_of(self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromAlertsAsk:
    """All alerting rules of a server with their states, or (without ``rules``) the alerts that are active."""

    url: str
    rules: bool = True
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    timeout: float = 10.0
    max_bytes: int = 16 * MEBIBYTE
    verify_tls: bool = True

    @property
    def host(self) -> str:
        """``host:port`` of the server."""
        return host_of(self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alerting rule, or an active alert: ``state`` is ``inactive``, ``pending`` or ``firing``.

    ``health`` is ``ok`` when the rule could be evaluated, otherwise ``error`` says why not.
    """

    name: str
    state: str
    labels: tuple[tuple[str, str], ...] = ()
    health: str = "ok"
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromAlerts:
    """What the server knows of alerts; ``warnings`` are not empty when it could not see everything."""

    alerts: tuple[Alert, ...]
    target: str
    warnings: tuple[str, ...] = ()
    at: datetime | None = None
