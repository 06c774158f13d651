"""The fixtures that the tests of the sources share."""

from __future__ import annotations

from tests.fix_postgres import server
from tests.fix_prometheus import prometheus
from tests.fix_redis import redis_port

__all__ = ["prometheus", "redis_port", "server"]
