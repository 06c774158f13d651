"""Metrics of a Redis server."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from collections.abc import Mapping  # noqa: TC003
from typing import Any, Final, Literal

from pydantic import Field, model_validator

from pytest_deploycheck.settings.fields import Name, Unit
from pytest_deploycheck.settings.metrics.base import MetricItem

UNITS: Final[Mapping[str, str]] = {
    "ping": "s",
    "hit_rate": "%",
    "memory": "%",
    "used_memory": "B",
    "used_memory_rss": "B",
    "uptime_in_seconds": "s",
}


class RedisMetric(MetricItem):
    """How fast Redis answers, its hit rate, its memory, or any number of its INFO."""

    source: Literal["redis"] = Field(description="Where the number comes from.")
    unit: Unit = Field(default="", description="The unit of the value; default s for ping, % for hit_rate and memory.")
    query: Name = Field(
        description="ping (seconds), hit_rate, memory (used of maxmemory), or a field of INFO, as connected_clients."
    )

    @model_validator(mode="before")
    @classmethod
    def _unit_of_query(cls, raw: Any) -> Any:
        """Take the unit from the query when none is written, so that levels are read in it."""
        if not isinstance(raw, dict) or "unit" in raw or not isinstance(raw.get("query"), str):
            return raw
        return {"unit": UNITS.get(raw["query"], ""), **raw}
