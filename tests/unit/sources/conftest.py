"""The fixtures that the tests of the sources share."""

from __future__ import annotations

from tests.fix_postgres import server
from tests.fix_prometheus import prometheus

__all__ = ["prometheus", "server"]
