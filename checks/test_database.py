"""The database behind the service: does it answer, and is it choking?"""

import pytest

from pytest_deploycheck import Database, Health, KeyQuery, Pack, Thresholds

pytestmark = [pytest.mark.needs("database")]


@pytest.mark.severity("critical")
@pytest.mark.impact("availability")
@pytest.mark.action("Check that PostgreSQL runs, and that the DSN and its password are right.")
def test_accepts_connections(db: Database, thresholds: Thresholds) -> None:
    """The database accepts a connection and answers a query."""
    thresholds.record(db.ping())


@pytest.mark.severity("high")
@pytest.mark.impact("performance")
@pytest.mark.action("Look for connection leaks; enlarge the pool or scale the database.")
def test_connections(db: Database, thresholds: Thresholds) -> None:
    """Enough of the allowed connections are free."""
    used, allowed = db.connections()
    thresholds.judge(used, db.limits.connections, capacity=allowed)


@pytest.mark.severity("high")
@pytest.mark.impact("performance")
@pytest.mark.action("Find it in pg_stat_activity by xact_start; end it with pg_terminate_backend when it is safe.")
def test_long_transactions(db: Database, thresholds: Thresholds) -> None:
    """No transaction has been open for long."""
    thresholds.judge(db.oldest_transaction(), db.limits.long_transactions)


@pytest.mark.severity("high")
@pytest.mark.impact("performance")
@pytest.mark.action("A client forgot to commit: look for the session's application_name in pg_stat_activity.")
def test_idle_in_transaction(db: Database, thresholds: Thresholds) -> None:
    """No session sits idle inside its transaction."""
    thresholds.judge(db.oldest_idle_in_transaction(), db.limits.idle_in_transaction)


@pytest.mark.severity("high")
@pytest.mark.impact("performance")
@pytest.mark.action("See pg_blocking_pids() for who holds the lock.")
def test_blocked(db: Database, thresholds: Thresholds) -> None:
    """No session waits for a lock for long."""
    thresholds.judge(db.longest_blocked(), db.limits.blocked)


@pytest.mark.each("health")
@pytest.mark.action("Do what the finding says; it names the statement to run.")
def test_health(health: Health, pack: Pack) -> None:
    """What surrounds the data is sound: triggers, indexes, sequences, replication."""
    pack.require_health(health.id)


@pytest.mark.each("key_query")
@pytest.mark.action(
    "Compare the two plans; look for a dropped index, for old statistics (ANALYZE), for a changed query."
)
def test_plan(key_query: KeyQuery, pack: Pack) -> None:
    """The query is still planned as before the deployment, and reads no large table from end to end."""
    pack.require_plan(key_query)


@pytest.mark.severity("medium")
@pytest.mark.impact("ops")
@pytest.mark.action("See which of the largest tables grew, and what wrote to it.")
def test_size(db: Database, thresholds: Thresholds) -> None:
    """The database has not grown much since the baseline."""
    thresholds.judge(db.size(), db.limits.growth, settings_of=db.limits)
