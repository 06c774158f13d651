"""The one interface between the product and the places where numbers come from; sources observe and never compare.

A source answers asks of its own type and raises :class:`~pytest_deploycheck.errors.SourceError` (could not measure) or
:class:`~pytest_deploycheck.errors.InconclusiveError` (nothing to measure), nothing else. It is called from several
threads at once.
"""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Source(Protocol):
    """One kind of place to ask; one file each, and one line in ``registry.py``."""

    @property
    def ask_type(self) -> type:
        """The ask that this source answers."""

    def observe(self, ask: Any) -> Any:
        """Ask once and return the answer.

        Raises:
            SourceError: it could not be measured.
            InconclusiveError: there was nothing to measure.
        """

    def close(self) -> None:
        """Give back connections; idempotent."""
