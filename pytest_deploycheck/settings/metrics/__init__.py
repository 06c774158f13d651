"""The metrics of the settings: one file for each place a number can come from, with exactly the keys that fit it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pytest_deploycheck.settings.metrics.base import MetricItem
from pytest_deploycheck.settings.metrics.command import CommandMetric
from pytest_deploycheck.settings.metrics.host import HostMetric
from pytest_deploycheck.settings.metrics.http import HttpMetric
from pytest_deploycheck.settings.metrics.log import LogMetric
from pytest_deploycheck.settings.metrics.openmetrics import OpenMetricsMetric
from pytest_deploycheck.settings.metrics.own import CheckMetric
from pytest_deploycheck.settings.metrics.prometheus import PrometheusMetric
from pytest_deploycheck.settings.metrics.redis import RedisMetric
from pytest_deploycheck.settings.metrics.sentry import SentryMetric
from pytest_deploycheck.settings.metrics.sql import SqlMetric
from pytest_deploycheck.settings.metrics.textfile import TextfileMetric
from pytest_deploycheck.settings.metrics.tickets import TicketsMetric

__all__ = [
    "METRICS",
    "CheckMetric",
    "CommandMetric",
    "HostMetric",
    "HttpMetric",
    "LogMetric",
    "Metric",
    "MetricItem",
    "OpenMetricsMetric",
    "PrometheusMetric",
    "RedisMetric",
    "SentryMetric",
    "SqlMetric",
    "TextfileMetric",
    "TicketsMetric",
]

METRICS: tuple[type[MetricItem], ...] = (
    OpenMetricsMetric,
    PrometheusMetric,
    SqlMetric,
    HostMetric,
    HttpMetric,
    CommandMetric,
    TextfileMetric,
    RedisMetric,
    SentryMetric,
    TicketsMetric,
    LogMetric,
    CheckMetric,
)
Metric = Annotated[
    OpenMetricsMetric
    | PrometheusMetric
    | SqlMetric
    | HostMetric
    | HttpMetric
    | CommandMetric
    | TextfileMetric
    | RedisMetric
    | SentryMetric
    | TicketsMetric
    | LogMetric
    | CheckMetric,
    Field(discriminator="source"),
]
