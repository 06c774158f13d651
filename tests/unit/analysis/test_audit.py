"""Usage of an audit log, counted by a real PostgreSQL."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pytest_deploycheck.history import open_history
from pytest_deploycheck.records.asking import audit_of
from pytest_deploycheck.records.catalogue import report_of
from pytest_deploycheck.records.gathering import gather
from pytest_deploycheck.records.rendering.as_json import as_json
from pytest_deploycheck.settings.load import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_deploycheck.demo.postgres import EmbeddedPostgres
    from pytest_deploycheck.settings.schema import Settings

NOW = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
DAYS = 28
SCHEMA = """
DROP TABLE IF EXISTS audit_logs;
CREATE TABLE audit_logs (action text, at timestamptz, details jsonb);
-- every day one deletion an hour, and nine more on Wednesdays at 14:00, which are slow; each 20th of all fails
INSERT INTO audit_logs SELECT 'USER_DELETION', hour, jsonb_build_object(
  'type', CASE WHEN n % 4 = 0 THEN 'VENDOR' ELSE 'CLIENT' END,
  'error', CASE WHEN row_number() OVER () % 20 = 0 THEN 'timeout after ' || n || ' ms' END,
  'seconds', CASE WHEN busy AND n > 0 THEN 8 ELSE 1 END)
FROM (
  SELECT hour, extract(dow FROM hour) = 3 AND extract(hour FROM hour) = 14 AS busy
  FROM generate_series(timestamptz '2026-02-02Z', '2026-03-01 23:00Z', '1 hour') hour
) AS hours, LATERAL generate_series(0, CASE WHEN busy THEN 9 ELSE 0 END) AS n;
INSERT INTO audit_logs VALUES ('LOGIN', '2026-02-10Z', '{}');
"""
SETTINGS = """
[service]
name = "shop"
base_url = "http://127.0.0.1:1"
[database]
dsn = "DSN"
[records]
subject = "deletion"
[analysis]
capacity = 15
[analysis.audit]
table = "audit_logs"
at = "at"
where = "action = 'USER_DELETION' -- only these"
failed = "details->>'error' IS NOT NULL"
failure = "details->>'error'"
user_type = "details->>'type'"
duration = "(details->>'seconds')::float8"
"""
WEDNESDAYS = 4
TOTAL = DAYS * 24 + 9 * WEDNESDAYS


@pytest.fixture
def settings(server: EmbeddedPostgres, tmp_path: Path) -> Iterator[Settings]:
    """The settings of a service whose audit log has four weeks."""
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(SCHEMA)
    (tmp_path / "deploycheck.toml").write_text(SETTINGS.replace("DSN", server.dsn))
    yield load_settings(None, cwd=tmp_path, environ={})
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS audit_logs")


def shape(settings: Settings, name: str = "usage", **more: Any) -> Any:
    """Return the JSON of an analysis as of now."""
    with open_history(settings.root / "history.sqlite", service="shop") as history:
        return json.loads(as_json(report_of(name, gather(name, settings, history, now=NOW, **more))))


def test_what_is_counted(settings: Settings) -> None:
    """Totals, failures, peaks, types and times are those of the rows; other actions do not count."""
    found, problems = audit_of(settings, NOW - timedelta(days=DAYS), NOW)
    assert found is not None, problems
    assert (TOTAL, TOTAL // 20, 9 * WEDNESDAYS) == (found.total, found.failed, found.slow)
    assert (14, "Wednesday", 10) == (found.peak_hour(), found.peak_day(), (found.busiest_hour() or (NOW, 0))[1])
    assert found.all_times is not None
    assert (TOTAL, 1.0, 8.0) == (found.all_times.n, found.all_times.p50, found.all_times.p99)
    assert {"timeout after N ms"} == {each.kind for each in found.failures}
    assert {"CLIENT", "VENDOR"} == {each.user_type for each in found.buckets}


def test_the_names_of_the_usage_report(settings: Settings) -> None:
    """The usage report has the names of the guide, with verdicts and origins beside them."""
    found = shape(settings)
    assert {"analysis_period_days": 28, "generated_at": "2026-03-02T00:00:00Z"} == found[
        "usage_pattern_analysis_report"
    ]
    assert {
        "total_deletions": TOTAL,
        "success_rate_percent": round(100 * (1 - (TOTAL // 20) / TOTAL), 2),
        "peak_hour": 14,
        "peak_day": "Wednesday",
    } == found["deletion_frequency_analysis"]
    advice = found["optimization_recommendations"]
    assert "Tune the transactions of the slowest operations" in advice["performance_optimization"]
    assert "Balance the load of the peak hour over more instances" in advice["performance_optimization"]
    assert ["Improve error handling and user feedback of the most common failures"] == advice["failure_reduction"]


def test_every_recommendation_names_its_rule(settings: Settings) -> None:
    """The long-term report says which rule gave what advice, and why."""
    found = {each["rule"]: each["evidence"] for each in shape(settings, "long-term")["recommendations"]}
    assert "p95 8.00 s > 5 s" == found["p95-duration"]
    assert "the peak hour uses 67% of capacity > 50%" == found["peak-load"]
    assert "mean-duration" not in found


def test_hours_are_those_of_the_time_zone(settings: Settings) -> None:
    """14:00 UTC is 23:00 in Tokyo."""
    there = settings.model_copy(update={"analysis": settings.analysis.model_copy(update={"timezone": "Asia/Tokyo"})})
    there.came_from(settings._origin)  # a copy has the same origin
    found, problems = audit_of(there, NOW - timedelta(days=DAYS), NOW)
    assert found is not None, problems
    assert 23 == found.peak_hour()


def test_a_time_without_rows_is_no_data(settings: Settings) -> None:
    """No deletion in the period: the report says how many rows there are and when the newest was (RS-109)."""
    found = shape(settings, since=NOW + timedelta(days=1), until=NOW + timedelta(days=2))
    frequency = found["deletion_frequency_analysis"]
    assert (None, None) == (frequency["success_rate_percent"], frequency["peak_hour"])
    assert any(f"of {TOTAL:,} rows" in each and "give another --since" in each for each in found["missing"])


def test_a_log_without_any_row_is_told_apart(settings: Settings, server: EmbeddedPostgres) -> None:
    """An empty log says so, with the condition that found nothing (RS-108)."""
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("DELETE FROM audit_logs WHERE action = 'USER_DELETION'")
    assert any("holds no row with action = 'USER_DELETION'" in each for each in shape(settings)["missing"])


def test_a_missing_table_is_one_sentence(settings: Settings, server: EmbeddedPostgres) -> None:
    """Without the table there is no number, and the report says which table is missing."""
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("DROP TABLE audit_logs")
    found = shape(settings)
    assert found["deletion_frequency_analysis"]["total_deletions"] is None
    assert any("audit_logs" in each for each in found["missing"])
