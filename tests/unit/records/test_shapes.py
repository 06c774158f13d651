"""JSON whose names a guide has fixed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pytest_deploycheck.records.catalogue import report_of
from pytest_deploycheck.records.rendering.as_json import as_json
from tests.fix_records import NOW, check

if TYPE_CHECKING:
    from tests.fix_records import Project


def shape(project: Project, name: str) -> Any:
    """Return the JSON of a record as of now."""
    return json.loads(as_json(report_of(name, project.material(name))))


def test_the_names_of_the_metrics(project: Project) -> None:
    """Immediate metrics have the names of the guide; what was not measured is null and named."""
    project.hours(2)
    found = shape(project, "metrics")
    assert "2026-03-02T12:00:00Z" == found["timestamp"]
    assert {
        "total_deletions": None,
        "successful_deletions": None,
        "failed_deletions": None,
        "error_rate_percent": 0.4,
        "avg_response_time_ms": 210.0,
    } == found["deletion_metrics"]
    assert {"health_status": "healthy", "response_time_ms": None} == found["application_metrics"]
    assert {"memory_usage_percent", "cpu_usage_percent", "disk_usage_percent"} == set(found["system_metrics"])
    assert "Total deletions: set [records.lines] total" in found["missing"]


def test_the_sample_of_the_guide_is_critical(project: Project) -> None:
    """4.3 % (1 of 23) is judged by the ladder that alerts: CRITICAL, not OK (X-01)."""
    rate = check("metrics.metric[error-rate]", "FAIL", error_rate=(100 / 23, "%", 23))
    project.run(rate, at=NOW - timedelta(minutes=5))
    report = report_of("metrics", project.material("metrics"))
    found = next(line for line in report.lines if line.label == "Error rate")
    assert ("4.348 %", "CRITICAL") == (found.value, found.note)


def test_the_names_of_integrity(project: Project) -> None:
    """Integrity has its five kinds; one that no check answers is null, and the whole is incomplete, not passed."""
    project.run(check("integrity.count[lost]", lost=(0.0, "", 10)), at=NOW - timedelta(hours=1))
    found = shape(project, "integrity")
    assert {
        "validation_timestamp": "2026-03-02T12:00:00Z",
        "total_issues_found": 0,
        "validation_status": "INCOMPLETE",
        "severity_level": "OK",
    } == found["data_integrity_validation"]
    assert {
        "foreign_key_constraints": None,
        "cascade_deletions": None,
        "manual_cleanup": "0 issues",
        "audit_trail": None,
        "data_consistency": None,
    } == found["summary"]


def test_issues_are_counted_in_rows(project: Project) -> None:
    """Seven orphans are seven issues, with the level that they reached."""
    project.run(check("integrity.count[lost]", "FAIL", lost=(7.0, "", 10)), at=NOW - timedelta(hours=1))
    found = shape(project, "integrity")["data_integrity_validation"]
    assert (7, "FAILED", "HIGH") == (found["total_issues_found"], found["validation_status"], found["severity_level"])


def test_nothing_looked_at_is_no_data(project: Project) -> None:
    """Without a single look there is no total, not even zero."""
    found = shape(project, "integrity")["data_integrity_validation"]
    assert (None, "NO_DATA", "UNKNOWN") == (
        found["total_issues_found"],
        found["validation_status"],
        found["severity_level"],
    )
