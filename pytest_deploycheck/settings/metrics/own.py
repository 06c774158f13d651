"""Metrics that a user's own check measures."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pytest_deploycheck.settings.metrics.base import MetricItem


class CheckMetric(MetricItem):
    """A number that a check of your own measures and judges with ``thresholds.check(id, value)``."""

    source: Literal["check"] = Field(description="Where the number comes from.")
