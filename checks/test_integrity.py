"""Are the rows right? Counts that ought to be zero, and references whose parent is gone."""

import pytest


@pytest.mark.each("integrity", having="orphans")
@pytest.mark.action("Find out what deleted the parents; clean up only after that.")
def test_no_orphans(integrity, db, thresholds):
    """No row refers to a parent that is gone."""
    found = db.orphans(integrity.orphans.child, integrity.orphans.parent, name=integrity.id)
    thresholds.judge(found, integrity.levels)


@pytest.mark.each("integrity", having="sql")
def test_count(integrity, db, thresholds):
    """The declared statement counts nothing wrong."""
    count = db.scalar(integrity.sql)
    thresholds.check(integrity.id, count, query=integrity.sql, target=db.last.target)
