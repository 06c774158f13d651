"""The database that the tests of the analyses share."""

from __future__ import annotations

from tests.fix_postgres import server

__all__ = ["server"]
