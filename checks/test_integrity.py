"""Are the rows right? Counts that ought to be zero, and references whose parent is gone."""

import pytest

from pytest_deploycheck import Database, Integrity, Thresholds


@pytest.mark.each("integrity")
@pytest.mark.action("Find out what wrote or deleted the rows; clean up only after that.")
def test_count(integrity: Integrity, db: Database, thresholds: Thresholds) -> None:
    """Nothing is counted that ought not to be there, and no row refers to a parent that is gone."""
    thresholds.judge(db.count(integrity), integrity.levels)
