"""The fixtures that the tests of the plugin's rooms share."""

from __future__ import annotations

from tests.fix_pack import database, pack_server

__all__ = ["database", "pack_server"]
