"""Questions over HTTP and their answers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_deploycheck.asks.base import MEBIBYTE, host_of
from pytest_deploycheck.errors import BadAnswerError

if TYPE_CHECKING:
    from datetime import datetime


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
