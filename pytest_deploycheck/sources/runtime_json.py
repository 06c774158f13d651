"""Reading what docker, podman and kubectl print, whatever else is in it; shared by ``containers`` and ``workloads``."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.errors import BadAnswerError

if TYPE_CHECKING:
    from pytest_deploycheck.sources.process import Finished

MAX_BYTES: Final = 16 * 1024 * 1024
# times before this are how Go writes that there was none
_NEVER: Final = 2


def printed(finished: Finished) -> Any:
    """Return the JSON that a program printed.

    Raises:
        BadAnswerError: it is none.
    """
    try:
        return json.loads(finished.stdout)
    except (ValueError, RecursionError):
        raise BadAnswerError(
            f"{finished.command.name} did not print JSON ({len(finished.stdout)} bytes)",
            "Run it by hand: is it the program that you mean?",
        ) from None


def part(value: Any, *keys: str) -> Any:
    """Return what stands under the keys, None when something on the way is missing or of another shape."""
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def text(value: Any) -> str:
    """Return a text, empty when it is none."""
    return value if isinstance(value, str) else ""


def whole(value: Any) -> int:
    """Return a whole number, 0 when it is none: both programs leave zeros out."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def tables(value: Any) -> list[dict[str, Any]]:
    """Return the tables of a list, empty when it is none."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def moment(value: Any) -> datetime | None:
    """Return a time, None when there was none."""
    try:
        found = datetime.fromisoformat(text(value))
    except ValueError:
        return None
    return None if found.year < _NEVER else found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
