"""Metrics counted in a ticket system."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from typing import Literal

from pydantic import Field

from pytest_deploycheck.settings.fields import JmesPath, Name, Regex
from pytest_deploycheck.settings.metrics.base import MetricItem


class TicketsMetric(MetricItem):
    """A number of tickets opened in the window or since the deployment; needs [tickets]."""

    source: Literal["tickets"] = Field(description="Where the number comes from.")
    search: Name | None = Field(default=None, description="More terms in the tracker's own search language.")
    patterns: tuple[Regex, ...] = Field(
        default=(), description="Only tickets whose text matches one of these; none means all."
    )
    path: Name | None = Field(
        default=None, description='What is searched, with tracker "json": a path with {since} and {search}.'
    )
    count: JmesPath | None = Field(default=None, description='How many there are (with "json"): a number or a list.')
    texts: JmesPath | None = Field(default=None, description='The texts of the tickets (with "json"): a list.')
