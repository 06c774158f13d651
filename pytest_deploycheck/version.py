"""The package's version, read from its metadata once."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("pytest-deploycheck")
except PackageNotFoundError:  # a source tree that was never installed
    VERSION = "0+unknown"
