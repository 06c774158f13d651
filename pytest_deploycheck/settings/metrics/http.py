"""Metrics inside the JSON body of an HTTP answer, of the service or of any other host."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from typing import Any, Literal

from pydantic import Field

from pytest_deploycheck.settings.fields import ByteSize, JmesPath, PathOrUrl, Switch
from pytest_deploycheck.settings.metrics.base import MetricItem
from pytest_deploycheck.settings.servers import Credentials


class HttpMetric(Credentials, MetricItem):
    """A number inside a JSON body, or with each a table of numbers."""

    source: Literal["http"] = Field(description="Where the number comes from.")
    path: PathOrUrl = Field(description="A path of the service, or a whole URL.")
    query: JmesPath = Field(description="The JMESPath of the number.")
    samples_query: JmesPath | None = Field(
        default=None, description="The JMESPath of how many samples are behind it, for min_samples."
    )
    each: Switch = Field(default=False, description="The query finds a table from name to number; each is judged.")
    method: Literal["GET", "POST"] = Field(default="GET", description="The method.")
    body: dict[str, Any] | None = Field(default=None, description="The body of the request, sent as JSON.")
    auth: Switch = Field(default=False, description="Send service.bearer.")
    max_body: ByteSize | None = Field(default=None, description="The largest accepted body; default service.max_body.")
