"""The project that the tests of the records share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fix_records import project_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fix_records import Project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project with an empty history."""
    made = project_in(tmp_path)
    with made.history:
        yield made
