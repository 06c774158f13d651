"""Temporary folders that the database's account can enter; every run of pytest closes the one that its own lie in."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder of this test's own, open to other accounts, instead of pytest's."""
    folder = Path(tempfile.mkdtemp(prefix="deploycheck-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
