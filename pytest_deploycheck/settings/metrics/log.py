"""Metrics counted in a declared log."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from typing import Literal

from pydantic import Field

from pytest_deploycheck.settings.fields import Name, Regex
from pytest_deploycheck.settings.metrics.base import MetricItem


class LogMetric(MetricItem):
    """How many lines of a declared log match a pattern or have a level; as a count, a rate, or a share of the lines.

    Without ``window`` it counts what its log entry looks at.
    """

    source: Literal["log"] = Field(description="Where the number comes from.")
    log: Name = Field(description="The id of the [[log]].")
    pattern: Regex | None = Field(default=None, description="Count the lines that match.")
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] | None = Field(
        default=None, description="Count the lines of this level; ERROR counts CRITICAL, too."
    )
    per: Literal["total", "minute", "lines"] = Field(
        default="total", description="The count itself, a rate for each minute, or the share of the lines in %."
    )
    of: Regex | None = Field(
        default=None, description='With per = "lines": the share of the lines that match this, such as all requests.'
    )
