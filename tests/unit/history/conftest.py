"""The fixtures that the tests of the history share."""

from __future__ import annotations

from tests.fix_history import history, place
from tests.fix_postgres import server

__all__ = ["history", "place", "server"]
