"""The declared metrics: error and traffic rates, SQL counts, resources of the host, numbers from JSON bodies."""

import pytest


@pytest.mark.each("metric")
def test_metric(metric, metrics, thresholds):
    """The metric is within its limits."""
    thresholds.judge(metrics(metric), metric.levels)
