"""Are the backups there, fresh and whole, and do they come back? Only a restore that is compared proves one."""

import pytest

from pytest_deploycheck import Backup, Backups, Thresholds


@pytest.mark.each("backup")
@pytest.mark.action("Start a backup now; look at its log, the database's connectivity, storage rights and disk space.")
def test_fresh(backup: Backup, backups: Backups, thresholds: Thresholds) -> None:
    """The newest backup is young enough."""
    thresholds.judge(backups.age(backup), backup.age)


@pytest.mark.each("backup", asks="size")
@pytest.mark.action("Compare what is in it with the last one; a dump that shrinks lost something or was cut.")
def test_size(backup: Backup, backups: Backups, thresholds: Thresholds) -> None:
    """The newest backup is about as large as the last one."""
    thresholds.judge(backups.size(backup), backup.size)


@pytest.mark.each("backup", having="components", asks="components")
@pytest.mark.action("Start the backup of the component that is missing.")
def test_components(backup: Backup, backups: Backups) -> None:
    """Everything that belongs to the backup is there: the dump, the export, the configuration."""
    backups.require_components(backup)


@pytest.mark.each("backup", asks="retention")
@pytest.mark.severity("medium")
@pytest.mark.action("Look at the job that prunes old backups.")
def test_retention(backup: Backup, backups: Backups) -> None:
    """There are enough backups, and the oldest are pruned."""
    backups.require_retention(backup)


@pytest.mark.each("backup", having="has_second", asks="second")
@pytest.mark.action("Copy the newest backup there now, and find out why it was not.")
def test_second_copy(backup: Backup, backups: Backups) -> None:
    """The newest backup lies in a second place, too."""
    backups.require_second_copy(backup)


@pytest.mark.each("backup", having="avoid", asks="window")
@pytest.mark.severity("low")
@pytest.mark.action("Move the backup or the maintenance window.")
def test_not_in_a_window(backup: Backup, backups: Backups) -> None:
    """The backup is made at another time than maintenance."""
    backups.require_time(backup)


@pytest.mark.each("backup", having="is_readable", asks="structure")
@pytest.mark.action("Make a new backup now: this one cannot be relied on.")
def test_whole(backup: Backup, backups: Backups, thresholds: Thresholds) -> None:
    """The newest backup can be read from end to end, and is of the right database."""
    thresholds.record(backups.require_whole(backup))


@pytest.mark.each("backup", having="restore", asks="restore")
@pytest.mark.action("Make a new backup now, restore it by hand, and find out what is missing from this one.")
def test_restores(backup: Backup, backups: Backups, thresholds: Thresholds) -> None:
    """The newest backup comes back in a scratch server, row by row, and no key in it points nowhere."""
    thresholds.record(backups.restored(backup))
