"""The metrics of the reference service."""

from __future__ import annotations

from pytest_deploycheck.demo.metrics import BUCKETS, Finished, Gauge, Metrics, Request

READ = Request("GET", "/api/v1/projects", 200, "mobile")


def test_counts_requests_by_label() -> None:
    """Each combination of labels is a series of its own."""
    metrics = Metrics()
    metrics.finished([Finished(READ, 0.003)])
    metrics.finished([Finished(READ, 0.3)])
    metrics.finished([Finished(READ._replace(status=500, client="probe"), 0.1)])
    text = metrics.render(())
    assert 'http_requests_total{method="GET",route="/api/v1/projects",status="200",client="mobile"} 2\n' in text
    assert 'http_requests_total{method="GET",route="/api/v1/projects",status="500",client="probe"} 1\n' in text
    assert (2, 1) == (metrics.requests("mobile"), metrics.requests("probe"))


def test_buckets_are_cumulative_and_include_their_limit() -> None:
    """A time equal to a limit belongs to its bucket, and +Inf holds everything."""
    metrics = Metrics()
    for seconds in (BUCKETS[0], BUCKETS[-1], 99.0):
        metrics.finished([Finished(READ, seconds)])
    text = metrics.render(())
    labels = 'route="/api/v1/projects",client="mobile"'
    for limit, count in (("0.005", 1), ("5.0", 1), ("10.0", 2), ("+Inf", 3)):
        assert f'http_request_duration_seconds_bucket{{{labels},le="{limit}"}} {count}\n' in text
    assert f"http_request_duration_seconds_count{{{labels}}} 3\n" in text


def test_both_formats_name_counters_their_way() -> None:
    """Prometheus names the sample in TYPE, OpenMetrics the family, and only the latter ends with EOF."""
    metrics = Metrics()
    metrics.message("ERROR")
    gauge = Gauge("db_pool_size", "Size.", 6)
    classic, modern = metrics.render((gauge,)), metrics.render((gauge,), openmetrics=True)
    assert "# TYPE log_messages_total counter" in classic
    assert "# TYPE log_messages counter" in modern
    assert 'log_messages_total{level="ERROR"} 1' in modern
    assert "db_pool_size 6\n" in classic
    assert modern.endswith("\n# EOF\n")
    assert "# EOF" not in classic
