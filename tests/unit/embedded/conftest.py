"""Tests here start a database, which as root runs under another account."""

from tests.fix_folder import tmp_path

__all__ = ["tmp_path"]
