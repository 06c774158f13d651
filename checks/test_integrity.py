"""Are the rows right? Counts that ought to be zero, and references whose parent is gone."""

import pytest

from pytest_deploycheck import Database, Integrity, Pack, Thresholds


@pytest.mark.needs("database.foreign_keys.enabled")
@pytest.mark.severity("critical")
@pytest.mark.impact("data")
@pytest.mark.action("Restore the missing parents or remove the rows; then find out what went round the key.")
def test_foreign_keys(pack: Pack) -> None:
    """No row refers to a parent that is gone, for every foreign key and every declared soft reference."""
    pack.require_keys()


@pytest.mark.each("integrity")
@pytest.mark.action("Find out what wrote or deleted the rows; clean up only after that.")
def test_count(integrity: Integrity, db: Database, thresholds: Thresholds) -> None:
    """Nothing is counted that ought not to be there, and no row refers to a parent that is gone."""
    thresholds.judge(db.count(integrity), integrity.levels)
