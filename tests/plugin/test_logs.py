"""Declared logs and the metrics that count in them, in a real session."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

SETTINGS = """
[[log]]
id = "app"
path = "app.log"
since = "10m"
forbid = ["out of memory"]
max_errors = { high = "> 5" }
new_errors = { medium = ">= 1" }

[[metric]]
id = "refused"
source = "log"
log = "app"
pattern = "connection refused"
per = "lines"
levels = { medium = "> 50%" }
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one", "two"])
def test_a_log_is_judged(project: Project, workers: tuple[str, ...]) -> None:
    """Patterns, errors, new kinds of errors and shares have a check each; the kinds of errors stand in the details."""
    project.settings(SETTINGS)
    now = datetime.now(UTC)
    old, new = (f"{now - timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}" for minutes in (30, 2))
    lines = [f"{old} ERROR order 1 lost", f"{new} ERROR order 2 lost", f"{new} INFO up"]
    lines += [f"{new} ERROR connection refused, password=hun22ter99"]
    (project.path / "app.log").write_text("\n".join(lines) + "\n")
    checks = {check["id"]: check for check in project.run(*workers).record["checks"]}
    statuses = {name: check["status"] for name, check in checks.items() if name.startswith(("logs.", "metrics."))}
    assert {
        "logs.patterns[app]": "PASS",
        "logs.errors[app]": "PASS",
        "logs.new_errors[app]": "WARN",
        "metrics.metric[refused]": "PASS",
    } == statuses
    details = checks["logs.errors[app]"]["detail"]
    assert "new  <time> ERROR connection refused" in details
    assert "hun" not in json.dumps(checks)
    assert 1 == checks["logs.new_errors[app]"]["measurements"][0]["value"]
    assert 33.3 == round(checks["metrics.metric[refused]"]["measurements"][0]["value"], 1)
