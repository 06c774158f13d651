"""Baselines that the settings choose, in whole runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.fix_postgres import server

if TYPE_CHECKING:
    from pytest_deploycheck.demo.postgres import EmbeddedPostgres
    from tests.plugin.conftest import Project

__all__ = ["server"]
pytest_plugins = ["pytester"]

ORDERS = """
[database]
dsn = "%s"

[[metric]]
id = "orders"
source = "sql"
sql = "SELECT count(*) AS value FROM orders_of_shop WHERE at >= :window_start AND at < :window_end"
window = "4m"
severity = "high"
baseline = "%s"
levels = { high = "< 50%% of baseline" }
"""
QUEUE = """
[[metric]]
id = "queue"
source = "http"
path = "/queue"
query = "length"
severity = "high"
levels = { high = "> +30%" }
baseline = { file = "normal.json" }
"""


@pytest.mark.parametrize(
    ("kind", "ago"), [("before", timedelta(minutes=5)), ("same-hour", timedelta(days=7))], ids=["before", "same-hour"]
)
def test_the_source_is_asked_about_earlier(
    project: Project, server: EmbeddedPostgres, kind: str, ago: timedelta
) -> None:
    """The same statement about the window before the deployment, or this hour of earlier weeks."""
    now = datetime.now(UTC)
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS orders_of_shop; CREATE TABLE orders_of_shop (at timestamptz)")
        earlier = [(20, now - times * ago - timedelta(minutes=2)) for times in (range(1, 5) if ago.days else (1,))]
        for count, at in ((4, now - timedelta(minutes=1)), *earlier):
            connection.execute("INSERT INTO orders_of_shop SELECT %s FROM generate_series(1, %s)", (at, count))
    project.settings(ORDERS % (server.dsn, kind))
    done = project.run("--deploy-id=r1", f"--deployed-at={(now - timedelta(minutes=5)).isoformat()}", "-k", "orders")
    assert ("WATCH", 12) == done.verdict
    (measured,) = done.checks["metrics.metric[orders]"]["measurements"]
    said = {"before": "the window before the deployment", "same-hour": "median of 4 in this hour of earlier weeks"}
    assert (20, said[kind]) == (measured["baseline"], measured["reference"])


def test_a_file_and_where_it_is_told(project: Project) -> None:
    """A file beside the settings is the baseline, also for workers; the report says where it comes from."""
    project.settings(QUEUE)
    project.service.answers["/queue"] = (200, '{"length": 14}')
    (project.path / "normal.json").write_text('{"measurements": [{"metric": "queue", "value": 10}]}')
    done = project.run("-n", "2")
    assert ("WATCH", 12) == done.verdict
    (measured,) = done.checks["metrics.metric[queue]"]["measurements"]
    assert (10, "from normal.json") == (measured["baseline"], measured["reference"])
    assert "10 (from normal.json)" in done.out


def test_the_run_that_captures_needs_none(project: Project) -> None:
    """Before the deployment relative levels are not judged; the values are what later runs compare with."""
    project.settings(QUEUE.replace('baseline = { file = "normal.json" }', ""))
    project.service.answers["/queue"] = (200, '{"length": 10}')
    assert ("PASS", 0) == project.run(phase="pre-deploy").verdict
