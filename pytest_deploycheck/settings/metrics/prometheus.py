"""Metrics that a Prometheus server answers."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
import re
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from pytest_deploycheck.settings.fields import BaseUrl, Duration, Name, Timeout
from pytest_deploycheck.settings.metrics.base import MetricItem
from pytest_deploycheck.settings.servers import Credentials
from pytest_deploycheck.settings.values import problem

WINDOW: Final = "$window"
_SELECTOR: Final = re.compile(r"\s*[A-Za-z_:][\w:]*\s*(\{[^{}]*\})?\s*", re.ASCII)

Stat = Literal[
    "mean", "p50", "p95", "p99", "max", "min", "sum", "last", "count", "distinct", "increase", "rate", "delta"
]  # fmt: skip


class PrometheusMetric(Credentials, MetricItem):
    """A PromQL query, now or (with stat) over a window; one number, or one for each of several series."""

    source: Literal["prometheus"] = Field(description="Where the number comes from.")
    query: Name = Field(description="The PromQL; $window in it is the window.")
    stat: Stat | None = Field(default=None, description="Ask for the whole window, and make one number of its points.")
    step: Timeout | None = Field(
        default=None, description="The time between two points (with stat); default a 60th of the window."
    )
    by: tuple[Name, ...] = Field(default=(), description="Labels that tell series apart: each is judged on its own.")
    reduce: Literal["max", "min", "sum", "mean", "each"] | None = Field(
        default=None, description="What becomes of several series: one number, or each judged on its own."
    )
    expect: tuple[Name, ...] = Field(
        default=(), description="Values of the only label in by that have to be there; a missing one has no data."
    )
    samples_query: Name | None = Field(
        default=None, description="PromQL of how many samples are behind the number, for min_samples."
    )
    max_age: Duration | None = Field(default=None, description="A newest sample older than this is no data.")
    fresh: Name | None = Field(
        default=None, description="The selector whose newest sample max_age is about; default the query."
    )
    partial: Literal["inconclusive", "accept"] = Field(
        default="inconclusive", description="What an answer with warnings (parts were missing) is worth."
    )
    url: BaseUrl | None = Field(default=None, description="Another server than prometheus.url.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Keep together what needs each other."""
        if self.stat is None and self.step is not None:
            raise problem("step needs stat", 'Add stat = "mean", or leave step out.')
        if self.expect and len(self.by) != 1:
            raise problem("expect needs by with exactly one label", 'Add by = ["handler"].')
        if self.window is not None and self.stat is None and WINDOW not in f"{self.query} {self.samples_query}":
            hint = 'Write $window in the query, as in rate(x[$window]), or add stat = "mean".'
            raise problem("the window is not used", hint)
        if self.max_age is not None and not _SELECTOR.fullmatch(self.fresh or self.query):
            raise problem("max_age needs a plain selector", "Add fresh = 'name{label=\"value\"}'.")
        return self
