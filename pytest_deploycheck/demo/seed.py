"""Fills the demo's database: tables, roles and some thousand realistic rows; the same rows for the same seed."""

from __future__ import annotations

import hashlib
from importlib import resources
from typing import TYPE_CHECKING, Final, LiteralString

from psycopg import sql

if TYPE_CHECKING:
    import psycopg

TENANTS: Final = ("acme", "globex", "initech")
APP_ROLE: Final = "demo_app"
MONITOR_ROLE: Final = "demo_monitor"
DATABASE: Final = "demo"

ROWS: Final[tuple[LiteralString, ...]] = (
    """
    INSERT INTO users (email, full_name, user_type, created_at)
    SELECT 'user' || i || '@demo.invalid',
           (ARRAY['Ada', 'Grace', 'Alan', 'Edsger', 'Barbara', 'Donald', 'Zoë'])[1 + i % 7] || ' '
             || (ARRAY['Okafor', 'Smith', 'García', 'Nakamura', 'Müller'])[1 + i % 5],
           (ARRAY['CLIENT', 'CLIENT', 'CLIENT', 'VENDOR', 'VENDOR', 'DRIVER', 'HELPDESK'])[1 + i % 7],
           now() - random() * interval '300 days'
    FROM generate_series(1, 2000) AS i
    """,
    """
    INSERT INTO dispatches (user_id, status, cost, created_at)
    SELECT CASE WHEN i % 50 = 0 THEN NULL ELSE 1 + (random() * 1999)::int END,
           (ARRAY['ACTIVE', 'ASSIGNED', 'COMPLETED', 'COMPLETED', 'COMPLETED', 'CANCELLED'])[1 + i % 6],
           round((10 + random() * 400)::numeric, 2), now() - random() * interval '60 days'
    FROM generate_series(1, 5000) AS i
    """,
    """
    INSERT INTO file_uploads (user_id, name, bytes, created_at)
    SELECT 1 + (random() * 1999)::int, 'document-' || i || '.pdf', (1000 + random() * 5000000)::bigint,
           now() - random() * interval '60 days'
    FROM generate_series(1, 3000) AS i
    """,
    """
    INSERT INTO addresses (user_id, street, city, country)
    SELECT i, i || ' Market Street', (ARRAY['Lagos', 'Austin', 'Lyon', 'Osaka'])[1 + i % 4],
           (ARRAY['NG', 'US', 'FR', 'JP'])[1 + i % 4]
    FROM generate_series(1, 2000) AS i
    """,
    """
    INSERT INTO projects (owner_id, name, budget, status, created_at)
    SELECT 1 + (random() * 1999)::int, 'Project ' || i, round((1000 + random() * 900000)::numeric, 2),
           (ARRAY['DRAFT', 'ACTIVE', 'ACTIVE', 'FUNDED', 'CLOSED'])[1 + i % 5], now() - random() * interval '200 days'
    FROM generate_series(1, 1500) AS i
    """,
    """
    INSERT INTO investments (project_id, investor_id, amount, created_at)
    SELECT 1 + (random() * 1499)::int, 1 + (random() * 1999)::int, round((50 + random() * 20000)::numeric, 2),
           now() - random() * interval '90 days'
    FROM generate_series(1, 4000) AS i
    """,
    """
    INSERT INTO transactions (payer_id, reference, amount, currency, status, created_at, settled_at)
    SELECT 1 + (random() * 1999)::int, 'seed-' || i, round((5 + random() * 3000)::numeric, 2),
           (ARRAY['USD', 'EUR', 'NGN'])[1 + i % 3],
           CASE WHEN i % 125 = 0 THEN 'FAILED' WHEN i % 20 = 0 THEN 'PENDING' ELSE 'SETTLED' END,
           t, CASE WHEN i % 125 <> 0 AND i % 20 <> 0 THEN t + interval '40 seconds' END
    FROM generate_series(1, 5000) AS i, LATERAL (SELECT now() - i * interval '17 seconds' AS t) AS clock
    """,
    """
    INSERT INTO customers (tenant_id, name, email, created_at)
    SELECT (ARRAY['acme', 'globex', 'initech'])[1 + i % 3], 'Customer ' || i, 'customer' || i || '@demo.invalid',
           now() - random() * interval '400 days'
    FROM generate_series(1, 1500) AS i
    """,
    """
    INSERT INTO workflows (tenant_id, customer_id, state, created_at, finished_at)
    SELECT c.tenant_id, c.id, (ARRAY['COMPLETED', 'COMPLETED', 'COMPLETED', 'RUNNING'])[1 + i % 4], t,
           CASE WHEN i % 4 <> 3 THEN t + interval '3 minutes' END
    FROM generate_series(1, 4000) AS i JOIN customers AS c ON c.id = 1 + i % 1500,
         LATERAL (SELECT now() - i * interval '11 minutes' AS t) AS clock
    """,
    """
    INSERT INTO commissions (workflow_id, base, rate, amount, created_at)
    SELECT id, base, rate, round(base * rate, 2), finished_at
    FROM workflows, LATERAL (SELECT (100 + (id * 37) % 9000)::numeric AS base, 0.01 * (1 + id % 5) AS rate) AS deal
    WHERE state = 'COMPLETED'
    """,
    # Some users left long ago: their rows went with them, the audit trail stayed.
    """
    INSERT INTO audit_logs (action, entity_id, actor, created_at)
    SELECT 'USER_DELETION', 100000 + i, 'helpdesk', now() - i * interval '1 day' FROM generate_series(1, 40) AS i
    """,
    """
    INSERT INTO deleted_users (user_id, user_type, deleted_at)
    SELECT 100000 + i, 'CLIENT', now() - i * interval '1 day' FROM generate_series(1, 40) AS i
    """,
    """
    INSERT INTO audit_events (event_type, user_id, outcome, created_at)
    SELECT (ARRAY['LOGIN', 'LOGIN', 'LOGOUT', 'PASSWORD_CHANGE', 'EXPORT'])[1 + i % 5], 1 + (random() * 1999)::int,
           CASE WHEN i % 60 = 0 THEN 'DENIED' ELSE 'OK' END, now() - random() * interval '7 days'
    FROM generate_series(1, 3000) AS i
    """,
)


def password_hash(password: str, email: str) -> str:
    """Return the stored form of a password; the address serves as salt."""
    return hashlib.scrypt(password.encode(), salt=email.encode(), n=1024, r=8, p=1).hex()


def create_roles(connection: psycopg.Connection, *, app_password: str, monitor_password: str) -> None:
    """Create the application's role, which is subject to row-level security, and the monitor's, which may read all."""
    for role, options, password in (
        (APP_ROLE, "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE", app_password),
        (MONITOR_ROLE, "LOGIN NOSUPERUSER BYPASSRLS NOINHERIT", monitor_password),
    ):
        statement = sql.SQL("CREATE ROLE {} {} PASSWORD {}")
        connection.execute(statement.format(sql.Identifier(role), sql.SQL(options), sql.Literal(password)))
    connection.execute(
        "GRANT pg_monitor, pg_read_all_data, pg_use_reserved_connections TO demo_monitor WITH INHERIT TRUE"
    )
    connection.execute("GRANT demo_app TO demo_monitor WITH INHERIT FALSE, SET TRUE")


def seed(connection: psycopg.Connection, *, email: str, password: str, number: float = 0.42) -> int:
    """Create the tables and their rows, and return the probe's user id; ``number`` (-1 to 1) seeds the randomness."""
    with connection.transaction():
        schema = resources.files("pytest_deploycheck.demo").joinpath("schema.sql").read_text("utf-8")
        connection.execute(schema.encode())
        connection.execute("SELECT setseed(%s)", (number,))
        for statement in ROWS:
            connection.execute(statement)
        row = connection.execute(
            """
            INSERT INTO users (email, full_name, user_type, password_hash)
            VALUES (%s, 'Probe', 'ADMIN', %s) RETURNING id
            """,
            (email, password_hash(password, email)),
        ).fetchone()
        connection.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO demo_app")
        connection.execute("REVOKE INSERT, UPDATE, DELETE ON deleted_users FROM demo_app")
    connection.execute("ANALYZE")
    assert row is not None
    return int(row[0])
