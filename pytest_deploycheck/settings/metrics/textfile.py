"""Metrics in a file that a batch job writes."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from typing import Any, Literal

from pydantic import Field, model_validator

from pytest_deploycheck.metricquery import parse_query
from pytest_deploycheck.settings.fields import Duration, MetricQueryText, Name, Unit
from pytest_deploycheck.settings.metrics.base import MetricItem
from pytest_deploycheck.settings.values import problem


class TextfileMetric(MetricItem):
    """A number from a file in Prometheus' text format, as node_exporter's textfile collector reads it."""

    source: Literal["textfile"] = Field(description="Where the number comes from.")
    unit: Unit = Field(default="", description="The unit of the value; default the one that the query has.")
    path: Name = Field(description="The file; relative to the settings file.")
    query: MetricQueryText = Field(description="value, max, min or age of (S).")
    max_age: Duration = Field(default=3600.0, description="A file written longer ago than this is no data.")

    @model_validator(mode="before")
    @classmethod
    def _unit_of_query(cls, raw: Any) -> Any:
        """Take the unit from the query when none is written, and refuse one that compares two moments."""
        try:
            query = parse_query(raw["query"]) if isinstance(raw, dict) else None
        except (ValueError, KeyError, TypeError):
            return raw
        if query is not None and query.needs_window:
            raise problem("the query compares two moments, and a file has one", "Use value, max, min or age.")
        return raw if query is None or "unit" in raw else {"unit": query.unit, **raw}
