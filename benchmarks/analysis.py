"""How long the analyses take over a million rows of an audit log: ``python benchmarks/analysis.py``."""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from pytest_deploycheck.demo.postgres import EmbeddedPostgres
from pytest_deploycheck.records.asking import audit_of
from pytest_deploycheck.settings.load import load_settings

ROWS = 1_000_000
TABLE = """
CREATE TABLE audit_logs (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  action text, created_at timestamptz, kind text,
  seconds float8, error text);
INSERT INTO audit_logs (action, created_at, kind, error, seconds)
SELECT 'USER_DELETION', now() - random() * interval '28 days', (ARRAY['CLIENT','VENDOR','DRIVER'])[1 + g % 3],
  CASE WHEN g % 50 = 0 THEN 'timeout after ' || g || ' ms' END, random() * 4
FROM generate_series(1, {rows}) g;
ANALYZE audit_logs;
"""
SETTINGS = """
[service]
base_url = "http://127.0.0.1:1"
[database]
dsn = "{dsn}"
[analysis.audit]
table = "audit_logs"
where = "action = 'USER_DELETION'"
failed = "error IS NOT NULL"
failure = "error"
user_type = "kind"
duration = "seconds"
"""


def main() -> int:
    """Fill the table, count it three times, and print what it took."""
    with EmbeddedPostgres() as server, tempfile.TemporaryDirectory() as folder:
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            connection.execute(TABLE.format(rows=ROWS))
        (Path(folder) / "deploycheck.toml").write_text(SETTINGS.format(dsn=server.dsn))
        settings = load_settings(None, cwd=Path(folder), environ={})
        now = datetime.now(UTC)
        for _ in range(3):
            started = time.perf_counter()
            found, problems = audit_of(settings, now - timedelta(days=28), now)
            if found is None:
                print(*problems)  # a benchmark's answer
                return 1
            took = time.perf_counter() - started
            print(f"{found.total:,} rows: {took:.2f} s, {len(found.buckets):,} buckets")  # the same
    return 0


if __name__ == "__main__":
    sys.exit(main())
