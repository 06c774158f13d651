"""The declared metrics: error and traffic rates, SQL counts, resources of the host, numbers from JSON bodies."""

import pytest

from pytest_deploycheck import MetricItem, Metrics, Thresholds


@pytest.mark.each("metric")
def test_metric(metric: MetricItem, metrics: Metrics, thresholds: Thresholds) -> None:
    """The metric is within its limits, every series of it."""
    thresholds.judge_all(metrics.each(metric), metric.levels)
