"""Metrics inside the JSON body of an HTTP answer."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from typing import Literal

from pydantic import Field

from pytest_deploycheck.settings.fields import JmesPath, PathOrUrl, Switch
from pytest_deploycheck.settings.metrics.base import MetricItem


class HttpMetric(MetricItem):
    """A number inside a JSON body."""

    source: Literal["http"] = Field(description="Where the number comes from.")
    path: PathOrUrl = Field(description="A path of the service, or a whole URL.")
    query: JmesPath = Field(description="The JMESPath of the number.")
    auth: Switch = Field(default=False, description="Send service.bearer.")
