"""Metrics of the machine that the checks run on."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from typing import Literal

from pydantic import Field

from pytest_deploycheck.settings.fields import Name, Unit
from pytest_deploycheck.settings.metrics.base import MetricItem


class HostMetric(MetricItem):
    """A resource of the machine that the checks run on, in %."""

    source: Literal["host"] = Field(description="Where the number comes from.")
    unit: Unit = Field(default="%", description="The unit of the value.")
    query: Literal["cpu", "memory", "disk", "load", "swap"] = Field(description="The resource.")
    path: Name = Field(default="/", description="A folder on the disk that is meant (with disk).")
