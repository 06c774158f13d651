"""What all channels speak through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.sources.http import HttpSource

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def source() -> Iterator[HttpSource]:
    """The source of HTTP, closed after the test."""
    found = HttpSource()
    yield found
    found.close()
