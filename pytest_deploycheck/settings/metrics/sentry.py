"""Metrics counted by Sentry."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from typing import Literal

from pydantic import Field

from pytest_deploycheck.settings.fields import Name, Switch
from pytest_deploycheck.settings.metrics.base import MetricItem


class SentryMetric(MetricItem):
    """A number of issues, events or users in Sentry, in the window or since the deployment; needs [sentry]."""

    source: Literal["sentry"] = Field(description="Where the number comes from.")
    query: Literal["new-issues", "issues", "events", "users", "dropped", "release"] = Field(
        description="new-issues are first seen in the window; dropped events were sent and not kept; "
        "release is 1 when Sentry knows the deployed one, else 0."
    )
    search: Name | None = Field(default=None, description="More terms of Sentry's search, such as !is:archived.")
    event_levels: tuple[Literal["fatal", "error", "warning", "info", "debug"], ...] = Field(
        default=(), description="Only these levels; none means all."
    )
    this_release: Switch = Field(default=False, description="Only what the deployed release did (with its issues).")
    dataset: Literal["errors", "transactions", "spans"] = Field(
        default="errors", description="What events and users are counted in."
    )
