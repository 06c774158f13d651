"""What every question has in common: a target whose load is bounded. All times in seconds unless said otherwise."""

from __future__ import annotations

from typing import Protocol
from urllib.parse import urlsplit

MEBIBYTE = 1024 * 1024


class Ask(Protocol):
    """What every question has in common."""

    @property
    def host(self) -> str:
        """The target whose load is bounded: ``host:port`` of a server, or a name for something local."""


def host_of(url: str) -> str:
    """Return ``host:port`` of a URL, with the scheme's port when none is written."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme in {"https", "wss"} else 80)
    return f"{parts.hostname or ''}:{port}"
