"""The database behind the service: does it answer, and is it choking?"""

import pytest

pytestmark = [pytest.mark.needs("database"), pytest.mark.impact("performance"), pytest.mark.severity("high")]


@pytest.mark.severity("critical")
@pytest.mark.impact("availability")
@pytest.mark.action("Check that PostgreSQL runs, and that the DSN and its password are right.")
def test_accepts_connections(db, thresholds):
    """The database accepts a connection and answers a query."""
    thresholds.record(db.ping())


@pytest.mark.action("Look for connection leaks; enlarge the pool or scale the database.")
def test_connections(db, thresholds, deploy_settings):
    """Enough of the allowed connections are free."""
    used, allowed = db.connections()
    thresholds.judge(used, deploy_settings.database.connections, capacity=allowed)


@pytest.mark.action("Find it in pg_stat_activity by xact_start; end it with pg_terminate_backend when it is safe.")
def test_long_transactions(db, thresholds, deploy_settings):
    """No transaction has been open for long."""
    thresholds.judge(db.oldest_transaction(), deploy_settings.database.long_transactions)


@pytest.mark.action("A client forgot to commit: look for the session's application_name in pg_stat_activity.")
def test_idle_in_transaction(db, thresholds, deploy_settings):
    """No session sits idle inside its transaction."""
    thresholds.judge(db.oldest_idle_in_transaction(), deploy_settings.database.idle_in_transaction)


@pytest.mark.action("See pg_blocking_pids() for who holds the lock.")
def test_blocked(db, thresholds, deploy_settings):
    """No session waits for a lock for long."""
    thresholds.judge(db.longest_blocked(), deploy_settings.database.blocked)
