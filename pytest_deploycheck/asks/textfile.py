"""Questions to a file of metrics, such as batch jobs write; the answer is a number."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_deploycheck.asks.base import MEBIBYTE


@dataclass(frozen=True, slots=True, kw_only=True)
class TextfileAsk:
    """A value, max, min or age of the series in a file; one that was not written for ``max_age`` seconds is no data."""

    path: str
    query: str
    max_age: float = 3600.0
    max_bytes: int = 16 * MEBIBYTE

    @property
    def host(self) -> str:
        """This machine."""
        return "this machine"
