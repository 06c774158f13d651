"""The metrics of the settings: one class for each place a number can come from, with exactly the keys that fit it."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from pytest_deploycheck.metricquery import parse_query
from pytest_deploycheck.settings.fields import (
    Capacity,
    Duration,
    Integer,
    JmesPath,
    MetricQueryText,
    Name,
    PathOrUrl,
    SeverityWord,
    Switch,
    Unit,
)
from pytest_deploycheck.settings.items import Item
from pytest_deploycheck.settings.ladders import Levels
from pytest_deploycheck.status import Impact, Severity


class MetricItem(Item):
    """What all metrics have in common."""

    kind = "metric"

    severity: SeverityWord = Field(default=Severity.MEDIUM, description="How bad a failure is.")
    impact: Impact = Field(default=Impact.PERFORMANCE, description="What suffers from a failure.")
    unit: Unit = Field(
        default="", description='The unit of the value, such as "%", "s" or "B"; levels may use another one that fits.'
    )
    levels: Levels | None = Field(
        default=None, description="From level to condition; without levels the value is only recorded."
    )
    window: Duration | None = Field(default=None, description="The counting window.")
    capacity: Capacity | None = Field(
        default=None, description='What "% of capacity" refers to: a number, or a name in service.capacity.'
    )
    min_samples: Integer = Field(default=1, ge=1, description="Fewer samples than this cannot be judged.")


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


class SqlMetric(MetricItem):
    """A number from a statement: column value (and n), or columns bad and total for a share in %."""

    source: Literal["sql"] = Field(description="Where the number comes from.")
    sql: Name = Field(description="A read-only statement; it may use %(deployed_at)s and %(window_start)s.")


class HostMetric(MetricItem):
    """A resource of the machine that the checks run on, in %."""

    source: Literal["host"] = Field(description="Where the number comes from.")
    unit: Unit = Field(default="%", description="The unit of the value.")
    query: Literal["cpu", "memory", "disk", "load", "swap"] = Field(description="The resource.")
    path: Name = Field(default="/", description="A folder on the disk that is meant (with disk).")


class HttpMetric(MetricItem):
    """A number inside a JSON body."""

    source: Literal["http"] = Field(description="Where the number comes from.")
    path: PathOrUrl = Field(description="A path of the service, or a whole URL.")
    query: JmesPath = Field(description="The JMESPath of the number.")
    auth: Switch = Field(default=False, description="Send service.bearer.")


class CheckMetric(MetricItem):
    """A number that a check of your own measures and judges with ``thresholds.check(id, value)``."""

    source: Literal["check"] = Field(description="Where the number comes from.")


METRICS: tuple[type[MetricItem], ...] = (OpenMetricsMetric, SqlMetric, HostMetric, HttpMetric, CheckMetric)
Metric = Annotated[OpenMetricsMetric | SqlMetric | HostMetric | HttpMetric | CheckMetric, Field(discriminator="source")]
