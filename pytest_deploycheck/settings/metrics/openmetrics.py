"""Metrics computed from a service's own ``/metrics``."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from typing import Any, Literal

from pydantic import Field, model_validator

from pytest_deploycheck.metricquery import parse_query
from pytest_deploycheck.settings.fields import MetricQueryText, PathOrUrl, Switch, Unit
from pytest_deploycheck.settings.metrics.base import MetricItem


class OpenMetricsMetric(MetricItem):
    """A number computed from the service's own /metrics."""

    source: Literal["openmetrics"] = Field(description="Where the number comes from.")
    unit: Unit = Field(default="", description="The unit of the value; default the one that the query has.")
    query: MetricQueryText = Field(
        description="ratio(S, S), or value, max, min, age, delta, growth, rate, increase, avg or pNN of (S)."
    )
    url: PathOrUrl | None = Field(default=None, description="The path or URL to scrape; default service.metrics.")
    auth: Switch = Field(default=False, description="Send service.bearer.")

    @model_validator(mode="before")
    @classmethod
    def _unit_of_query(cls, raw: Any) -> Any:
        """Take the unit from the query when none is written, so that levels are read in it."""
        if not isinstance(raw, dict) or "unit" in raw or not isinstance(raw.get("query"), str):
            return raw
        try:
            return {"unit": parse_query(raw["query"]).unit, **raw}
        except ValueError:
            return raw
