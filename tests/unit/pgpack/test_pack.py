"""The pack as a whole: every part answers, and the report says what it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.errors import NoAnswerError, QueryError
from pytest_deploycheck.pgpack.health import CHECKS
from pytest_deploycheck.pgpack.pack import run_pack

if TYPE_CHECKING:
    from pytest_deploycheck.sources.postgres import PostgresSource


def test_every_check_is_in_the_report(database: str, source: PostgresSource) -> None:
    """The proof and each health check tell something, on an empty database, too."""
    report = run_pack(source, database)
    assert ["orphans", *(check.name for check in CHECKS)] == [each.check for each in report.findings]
    assert (0, True) == (report.exit_code, report.server.startswith("PostgreSQL 18"))
    assert report.target.endswith(database.rsplit("/", 1)[1])
    assert all(each.scope and each.message for each in report.findings)


def test_out_of_reach_is_an_error(source: PostgresSource) -> None:
    """Without a connection there is no report."""
    with pytest.raises(NoAnswerError):
        run_pack(source, "postgresql://u:p@127.0.0.1:1/x")
    with pytest.raises(QueryError):
        run_pack(source, "no address")
