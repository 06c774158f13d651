"""The fixtures that the tests of the pack share."""

from __future__ import annotations

from tests.fix_pack import database, pack_server, source

__all__ = ["database", "pack_server", "source"]
