"""Cumulative statistics as they stood at an earlier moment, so that only what came since is judged; below the checks.

A counter that fell was reset, or its entry was thrown out and came again: then all of it came since.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.errors import BadAnswerError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_deploycheck.asks import SqlAnswer

_AT_ONCE: Final = 400
Values = tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Counters by key as they stood ``at`` a moment of the server (Unix time).

    ``reset`` tells since when they count, None where the server does not say; ``evicted`` how often the server
    has thrown out entries for want of room.
    """

    at: float
    values: Mapping[str, Values]
    reset: float | None = None
    evicted: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it for the history."""
        values = {key: list(each) for key, each in self.values.items()}
        return {"at": self.at, "reset": self.reset, "evicted": self.evicted, "values": values}


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """What the counters rose by, and since when; ``known`` is False where nobody knows how they stood before.

    ``before`` holds how the same keys stood at that time, ``note`` what may be missing.
    """

    values: Mapping[str, Values]
    text: str
    known: bool = True
    note: str = ""
    before: Mapping[str, Values] = field(default_factory=dict)

    @property
    def scope(self) -> str:
        """Return ``, since …``, to end the scope of a finding with."""
        return f", {self.text}{self.note}"


class Counters:
    """What is known of earlier counters, and what this run counted (``taken``), by check."""

    def __init__(
        self, known: Mapping[str, Any] | None = None, *, deployed_at: datetime | None = None, compare: bool = False
    ) -> None:
        """Compare with ``known`` (JSON by check); without ``compare`` there is no deployment to compare across."""
        self._known = known or {}
        self._deployed_at = deployed_at
        self._compare = compare
        self.taken: dict[str, Any] = {}

    def since(self, check: str, now: Counted) -> Since:
        """Keep how the counters of a check stand now, and return what came since they were kept first."""
        self.taken[check] = now.as_json()
        whole = Since(values=now.values, text=_since_reset(now))
        if not self._compare:
            return whole
        found = difference(parse(self._known.get(check)), now)
        if found is not None:
            return found
        fresh = now.reset is not None and self._deployed_at is not None and now.reset >= self._deployed_at.timestamp()
        return replace(whole, known=fresh)


def difference(before: Counted | None, now: Counted) -> Since | None:
    """Return what came since ``before``; None when there is none, or it counted something else (another server)."""
    if before is None:
        return None
    if now.reset != before.reset:
        later = now.reset is not None and now.reset >= before.at
        return Since(values=now.values, text=_since_reset(now)) if later else None
    moved = {key: _rise(before.values.get(key), value) for key, value in now.values.items()}
    evicted = (now.evicted or 0) - (before.evicted or 0)
    return Since(
        values={key: value for key, value in moved.items() if any(value)},
        text=f"since {_shown(before.at)}",
        note=f", the least used ones thrown out {evicted} times meanwhile" if evicted > 0 else "",
        before=before.values,
    )


def _rise(before: Values | None, now: Values) -> Values:
    if before is None or len(before) != len(now) or any(b > n for b, n in zip(before, now, strict=True)):
        return now
    return tuple(n - b for b, n in zip(before, now, strict=True))


def parse(kept: Any) -> Counted | None:
    """Return what was kept, None when that is nothing of ours."""
    try:
        return Counted(
            at=float(kept["at"]),
            reset=None if kept["reset"] is None else float(kept["reset"]),
            evicted=None if kept["evicted"] is None else int(kept["evicted"]),
            values={str(key): tuple(map(float, each)) for key, each in kept["values"].items()},
        )
    except (TypeError, KeyError, ValueError, AttributeError):
        return None


def count(ask: Callable[[str, str], SqlAnswer], name: str, entries: str, reset: str, evicted: str = "NULL") -> Counted:
    """Ask for the columns ``key`` (text) and ``counts`` (an array) of ``entries``, many to a row.

    Raises:
        BadAnswerError: there are too many of them.
    """
    answer = ask(
        name,
        f"WITH entries AS ({entries}), placed AS (SELECT key, counts, (row_number() OVER () - 1) / {_AT_ONCE} AS place "  # noqa: S608  # our texts
        "FROM entries) SELECT extract(epoch FROM clock_timestamp())::float8, "
        f"extract(epoch FROM {reset})::float8, ({evicted})::int8, "
        "(SELECT json_object_agg(key, counts)::text FROM placed AS p WHERE p.place = each.place) "
        "FROM (SELECT NULL::int8 AS place UNION ALL SELECT DISTINCT place FROM placed) AS each",
    )
    if answer.truncated:
        raise BadAnswerError(f"postgres {answer.target} has more counters than fit into an answer")
    values: dict[str, Values] = {}
    for *_, text in answer.rows:
        values |= {key: tuple(counts) for key, counts in json.loads(text or "{}").items()}
    at, since, thrown, _text = answer.rows[0]
    return Counted(at=at, reset=since, evicted=thrown, values=values)


def _since_reset(now: Counted) -> str:
    return "since the statistics' reset" + (f" at {_shown(now.reset)}" if now.reset is not None else "")


def _shown(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"
