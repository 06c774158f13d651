"""What can be asked of a source, and what comes back; second stage, plain frozen values without behaviour of their own.

An *ask* is hashable: it is the key under which an observation made ahead is found again. Every ask has a ``host``,
the target whose concurrency is bounded and whose circuit breaks. All times are in seconds unless said otherwise.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from pytest_deploycheck.errors import BadAnswerError

if TYPE_CHECKING:
    from datetime import datetime

MEBIBYTE = 1024 * 1024


class Ask(Protocol):
    """What every question has in common."""

    @property
    def host(self) -> str:
        """The target whose load is bounded: ``host:port`` of a server, or a name for something local."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAsk:
    """One HTTP request, or ``samples`` of the same one after another.

    ``timeout`` bounds one whole request, body included; ``max_bytes`` bounds the body in memory and on the wire.
    ``json_body`` is JSON text, ``content`` any other body. ``retries`` repeats after connection errors
    only. ``tls_expiry`` asks for the certificate's end as well.
    """

    url: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    json_body: str | None = field(default=None, repr=False)
    content: bytes | None = field(default=None, repr=False)
    timeout: float = 10.0
    max_bytes: int = MEBIBYTE
    follow_redirects: bool = False
    samples: int = 1
    retries: int = 2
    tls_expiry: bool = False
    verify_tls: bool = True

    @property
    def host(self) -> str:
        """``host:port`` of the URL."""
        return host_of(self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """What came back. ``seconds`` is the first request's time to the last byte, ``samples`` those of all of them."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    seconds: float = 0.0
    samples: tuple[float, ...] = ()
    attempts: int = 1
    redirects: tuple[str, ...] = ()
    tls_expires_at: datetime | None = None
    at: datetime | None = None

    def header(self, name: str) -> str | None:
        """Return the first header of that name, whatever its case, or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    def text(self) -> str:
        """Return the body as text; undecodable bytes are replaced."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """Return the body parsed as JSON.

        Raises:
            BadAnswerError: the body is not JSON.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise BadAnswerError(f"{self.url} did not answer JSON ({type(error).__name__})") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlAsk:
    """One read-only statement. ``params`` are named; ``role`` and ``local`` are set for this transaction only."""

    dsn: str = field(repr=False)
    sql: str
    params: tuple[tuple[str, Any], ...] = ()
    statement_timeout: float = 5.0
    lock_timeout: float = 0.1
    connect_timeout: float = 5.0
    max_rows: int = 1000
    role: str | None = None
    local: tuple[tuple[str, str], ...] = ()
    name: str = "query"

    @property
    def host(self) -> str:
        """One name for the database, whatever is asked of it; it never holds the password."""
        return f"postgres:{hash(self.dsn) & 0xFFFFFFFF:08x}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlAnswer:
    """Rows with their column names; ``truncated`` when there were more than ``max_rows``. ``target`` has no secret."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    seconds: float
    target: str
    truncated: bool = False
    attempts: int = 1
    at: datetime | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAsk:
    """A resource of this machine in %: ``cpu``, ``memory``, ``disk`` (of ``path``), ``load`` (per core), ``swap``."""

    resource: str
    path: str = "/"
    window: float = 1.0

    @property
    def host(self) -> str:
        """This machine."""
        return "this machine"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogAsk:
    """Lines of a log file: how many match each pattern, and how many there are of each level.

    ``since`` leaves out lines with an older timestamp; at most ``max_bytes`` from the end are read.
    """

    path: str
    patterns: tuple[str, ...] = ()
    since: datetime | None = None
    max_bytes: int = 64 * MEBIBYTE

    @property
    def host(self) -> str:
        """This machine."""
        return "this machine"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogAnswer:
    """``matches`` and ``examples`` (at most 5 lines each) by pattern; ``levels`` counts lines by upper-case level."""

    path: str
    lines: int
    levels: tuple[tuple[str, int], ...]
    matches: tuple[tuple[str, int], ...]
    examples: tuple[tuple[str, tuple[str, ...]], ...] = field(default=(), repr=False)
    truncated: bool = False
    at: datetime | None = None


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
class Number:
    """One number from a metric source; ``value`` is None when there was no data (then ``note`` says why).

    With ``lower_bound`` the true value is at least ``value`` and otherwise unknown.
    """

    value: float | None
    unit: str = ""
    n: int | None = None
    window: str | None = None
    note: str | None = None
    target: str = ""
    attempts: int = 1
    at: datetime | None = None
    lower_bound: bool = False


def host_of(url: str) -> str:
    """Return ``host:port`` of a URL, with the scheme's port when none is written."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme in {"https", "wss"} else 80)
    return f"{parts.hostname or ''}:{port}"
