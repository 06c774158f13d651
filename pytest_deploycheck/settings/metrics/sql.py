"""Metrics computed by a statement in the database."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from typing import Literal

from pydantic import Field

from pytest_deploycheck.settings.fields import Name
from pytest_deploycheck.settings.metrics.base import MetricItem


class SqlMetric(MetricItem):
    """A number from a statement: column value (and n), or columns bad (or good) and total for a share in %."""

    source: Literal["sql"] = Field(description="Where the number comes from.")
    sql: Name = Field(
        description="A read-only statement; it may use :deployed_at, :window_start and :window_end, or %(deployed_at)s."
    )
    by: tuple[Name, ...] = Field(default=(), description="Columns that name a row: each row is judged on its own.")
