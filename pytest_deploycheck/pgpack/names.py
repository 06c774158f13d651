"""Names as SQL and for people; the ground of the room, beside the findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_deploycheck.redact import printable

if TYPE_CHECKING:
    from collections.abc import Iterable


def quoted(name: str) -> str:
    """Return the name in double quotes; percent signs are doubled, as the source wants them."""
    return '"' + name.replace('"', '""').replace("%", "%%") + '"'


def dotted(parts: Iterable[str]) -> str:
    """Return a qualified name, every part quoted."""
    return ".".join(map(quoted, parts))


def shown(*parts: str) -> str:
    """Return a dotted name for people, safe for a terminal."""
    return printable(".".join(parts))
