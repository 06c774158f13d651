"""The whole pack through PgBouncer in transaction mode says what it says without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_deploycheck.pgpack.pack import run_pack
from pytest_deploycheck.status import Status
from tests.fix_pack import execute
from tests.fix_pgbouncer import pgbouncer

if TYPE_CHECKING:
    from pytest_deploycheck.embedded.postgres import EmbeddedPostgres
    from pytest_deploycheck.pgpack.pack import Report
    from pytest_deploycheck.sources.postgres import PostgresSource

FAULTS = """
CREATE TABLE p (id int PRIMARY KEY);
CREATE TABLE c (p int REFERENCES p);
CREATE INDEX ON c (p);
INSERT INTO p SELECT generate_series(1, 10);
SET session_replication_role = replica;
INSERT INTO c VALUES (11), (1);
ALTER TABLE c ADD CONSTRAINT small CHECK (p < 5) NOT VALID
"""


def _told(report: Report) -> set[tuple[str, str, Status, str]]:
    return {(each.check, each.object, each.status, str(each.severity)) for each in report.findings}


def test_the_pack_through_a_pooler(source: PostgresSource, pack_server: EmbeddedPostgres, database: str) -> None:
    """The same findings, orphans and all, directly and pooled."""
    execute(database, FAULTS)
    direct = _told(run_pack(source, database))
    with pgbouncer(pack_server) as port:
        name = database.rpartition("/")[2]
        pooled = f"postgresql://postgres:{pack_server.password}@127.0.0.1:{port}/{name}"
        through = _told(run_pack(source, pooled))
        source.close()
    assert ("orphans", "public.c.c_p_fkey", Status.FAIL, "critical") in through
    assert direct == through
