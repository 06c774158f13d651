"""The demo's PostgreSQL is the embedded one; the name stays where the demo's other parts look for it."""

from __future__ import annotations

from pytest_deploycheck.embedded.postgres import EmbeddedPostgres

__all__ = ["EmbeddedPostgres"]
