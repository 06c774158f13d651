"""The demo behind a real Prometheus: its numbers decide, and when the server is pulled away nothing is green."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest

from pytest_deploycheck.demo.launch import RunningDemo, start_demo
from tests.fix_prometheus import running_prometheus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fix_prometheus import PrometheusServer

SETTINGS = """
[service]
base_url = "{base}"
health = "/health"
[prometheus]
url = "{prometheus}"
timeout = "5s"
[[metric]]
id = "errors"
source = "prometheus"
severity = "critical"
query = '''100 * sum(rate(http_requests_total{{status=~"5..",client!="probe"}}[$window]) or vector(0))
  / sum(rate(http_requests_total{{client!="probe"}}[$window]))'''
samples_query = 'sum(increase(http_requests_total{{client!="probe"}}[$window]))'
window = "5s"
min_samples = 10
unit = "%"
levels = {{ critical = "> 5%", rollback = "> 10%" }}
[[metric]]
id = "traffic"
source = "prometheus"
severity = "high"
query = 'sum by (route) (rate(http_requests_total{{client!="probe"}}[$window])) > 0'
window = "5s"
by = ["route"]
unit = "/s"
levels = {{ medium = "<= 0" }}
[[metric]]
id = "memory"
source = "prometheus"
severity = "high"
query = "process_resident_memory_bytes"
stat = "max"
window = "5s"
step = "1s"
unit = "B"
levels = {{ high = "> 64GiB" }}
[[alert_rule]]
id = "rule"
alert = "SlowDatabase"
"""


@pytest.fixture(scope="module")
def demo() -> Iterator[RunningDemo]:
    """A running demo."""
    with start_demo() as running:
        yield running


def wait_for(server: PrometheusServer, query: str) -> None:
    """Wait until a query has a result."""
    for _ in range(300):
        answer = httpx.get(f"{server.url}/api/v1/query", params={"query": query}, trust_env=False)
        if answer.json()["data"]["result"]:
            return
        time.sleep(0.1)
    pytest.fail(f"{query} had no result within 30 s")


def decide(folder: Path) -> tuple[str, int, dict[str, dict[str, Any]]]:
    """Run the gate and return its decision, its exit code and the checks by id."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--deploy-phase=first-hour", "-p", "no:cacheprovider", "-o", "addopts="],
        cwd=folder,
        env={name: text for name, text in os.environ.items() if not name.startswith("DEPLOYCHECK_")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    record = json.loads((folder / "reports" / "verdict.json").read_text())
    return record["verdict"]["decision"], done.returncode, {each["id"]: each for each in record["checks"]}


def test_from_health_to_rollback_to_nothing(demo: RunningDemo, tmp_path: Path) -> None:
    """Healthy traffic passes, errors roll back, and a Prometheus that is gone leaves ERROR and INCONCLUSIVE."""
    (tmp_path / "server").mkdir()
    with running_prometheus(tmp_path / "server", scrape=urlsplit(demo.url).netloc) as server:
        (tmp_path / "deploycheck.toml").write_text(SETTINGS.format(base=demo.url, prometheus=server.url))
        wait_for(server, "min(count_over_time(process_resident_memory_bytes[1m])) >= 6")
        decision, code, checks = decide(tmp_path)
        assert ("PASS", 0) == (decision, code), {name: each["reason"] for name, each in checks.items()}
        (errors,) = checks["metrics.metric[errors]"]["measurements"]
        assert ("5s", 0.0) == (errors["window"], errors["value"])
        assert errors["n"] >= 10
        (memory,) = checks["metrics.metric[memory]"]["measurements"]
        assert ("5s", "1s") == (memory["window"], memory["resolution"])
        routes = [each["metric"] for each in checks["metrics.metric[traffic]"]["measurements"]]
        assert len(routes) > 1
        assert all(re.fullmatch(r"traffic\[/.*\]", name) for name in routes)
        demo.fault("error-rate=40")
        wait_for(server, 'sum(increase(http_requests_total{status=~"5..",client!="probe"}[5s])) > 20')
        decision, code, checks = decide(tmp_path)
        assert ("ROLLBACK", 20) == (decision, code), checks["metrics.metric[errors]"]["reason"]
    demo.clear()
    decision, code, checks = decide(tmp_path)
    assert ("INCONCLUSIVE", 11) == (decision, code)
    broken = {name for name, each in checks.items() if each["status"] == "ERROR"}
    assert broken >= {"metrics.metric[errors]", "metrics.metric[traffic]", "alerts.alert_rule[rule]"}
