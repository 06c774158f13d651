"""Measurements from a Redis: the time of PING, a field of INFO, or a share made of two."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.errors import BadAnswerError
from pytest_deploycheck.measuring.base import in_unit
from pytest_deploycheck.model import Measurement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_deploycheck.asks import RedisAnswer
    from pytest_deploycheck.settings.metrics import RedisMetric

# a share's name: its part, and what together is its whole
_SHARES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "hit_rate": ("keyspace_hits", ("keyspace_hits", "keyspace_misses")),
    "memory": ("used_memory", ("maxmemory",)),
}
_UNITS: Final[Mapping[str, str]] = {"ping": "s", "hit_rate": "%", "memory": "%"}


def measure_redis(metric: RedisMetric, answer: RedisAnswer) -> Measurement:
    """Return the measurement of a question to Redis.

    Raises:
        BadAnswerError: INFO has no such field, or it holds no number.
    """
    value, n, note = _value(metric.query, answer)
    return Measurement(
        metric=metric.id,
        value=in_unit(value, _UNITS.get(metric.query, ""), metric.unit),
        unit=metric.unit,
        n=n,
        source="redis",
        query=metric.query,
        target=answer.target,
        at=answer.at,
        note=note,
    )


def _value(query: str, answer: RedisAnswer) -> tuple[float | None, int | None, str | None]:
    if query == "ping":
        return answer.seconds, 1, None
    fields = dict(answer.info)
    if query not in _SHARES:
        return _number(query, fields, answer), None, None
    part, whole = _SHARES[query]
    total = math.fsum(_number(name, fields, answer) for name in whole)
    if not total:
        return None, 0, f"{' + '.join(whole)} is 0"
    count = int(total) if len(whole) > 1 else None
    return 100.0 * _number(part, fields, answer) / total, count, "since Redis started" if count is not None else None


def _number(name: str, fields: Mapping[str, str], answer: RedisAnswer) -> float:
    if name not in fields:
        raise BadAnswerError(f"INFO of {answer.target} has no field {name}", "Look for its name in: redis-cli info")
    try:
        return float(fields[name])
    except ValueError:
        raise BadAnswerError(f"INFO of {answer.target} holds no number in {name}", "Choose another field") from None
