"""Records as files."""

from __future__ import annotations

import gzip
import os
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.errors import RecordsError
from pytest_deploycheck.records import writing
from pytest_deploycheck.records.catalogue import report_of
from pytest_deploycheck.settings.records import Records
from tests.fix_records import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_deploycheck.records.model import Report
    from tests.fix_records import Project


def made(project: Project, name: str) -> Report:
    """Return a report as of now."""
    return report_of(name, project.material(name))


def test_files_lie_where_the_guides_say(project: Project, tmp_path: Path) -> None:
    """Each record has its folder and name, and all five folders are made."""
    project.hours(1)
    root = tmp_path / "out"
    found = {
        name: str(writing.write(made(project, name), root, form, Records()).relative_to(root))
        for name, form in (("metrics", "json"), ("integrity", "json"), ("hourly", "text"), ("sign-off", "markdown"))
    }
    assert {
        "metrics": "metrics/immediate-metrics-20260302-120000.json",
        "integrity": "integrity/data-integrity-20260302-120000.json",
        "hourly": "monitoring/shop-monitoring-20260302.log",
        "sign-off": "reports/sign-off-r1-20260302-120000.md",
    } == found
    assert set(writing.FOLDERS) == {path.name for path in root.iterdir()}


def test_hourly_records_of_a_day_share_a_file(project: Project, tmp_path: Path) -> None:
    """The second hourly record is appended to the first."""
    project.hours(2)
    paths = {writing.write(made(project, "hourly"), tmp_path, "text", Records()) for _ in range(2)}
    assert [2] == [path.read_text().count("=== Hour 31 Check") for path in paths]


def test_protected_records_are_copied(project: Project, tmp_path: Path) -> None:
    """A sign-off has a second copy where the settings want one."""
    project.hours(1)
    path = writing.write(made(project, "sign-off"), tmp_path / "out", "text", Records(copies="evidence"))
    assert path.read_text() == (tmp_path / "evidence" / path.name).read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs an immutable place that root cannot write to either")
def test_a_folder_that_cannot_be_made_is_named() -> None:
    """The error names the folder and the command that makes it."""
    from pathlib import Path  # noqa: PLC0415

    with pytest.raises(RecordsError, match=r"/proc/none/monitoring cannot be written.*sudo mkdir -p"):
        writing.prepare(Path("/proc/none"))


def test_cleaning_packs_deletes_and_protects(tmp_path: Path) -> None:
    """Old records are packed, older ones deleted, protected ones and foreign files left alone."""
    writing.prepare(tmp_path)
    days = {"daily-new.txt": 1, "daily-old.txt": 40, "daily-ancient.txt": 100, "sign-off-r1.txt": 400, "mine.xlsx": 400}
    for name, age in days.items():
        path = tmp_path / "reports" / name
        path.write_text(name)
        stamp = (NOW - timedelta(days=age)).timestamp()
        os.utime(path, (stamp, stamp))
    settings = Records.model_validate({"archive_after": "30d", "keep": "90d"})
    assert 5 == len(list((tmp_path / "reports").iterdir())), writing.clean(tmp_path, settings, NOW, dry_run=True)
    done = writing.clean(tmp_path, settings, NOW)
    names = [[path.name for path in paths] for paths in (done.packed, done.deleted, done.protected)]
    assert [["daily-old.txt"], ["daily-ancient.txt"], ["sign-off-r1.txt"]] == names
    assert {"daily-new.txt", "sign-off-r1.txt", "mine.xlsx"} == {path.name for path in (tmp_path / "reports").iterdir()}
    assert b"daily-old.txt" == gzip.decompress((tmp_path / "archive" / "reports" / "daily-old.txt.gz").read_bytes())
    later = writing.clean(tmp_path, settings, NOW + timedelta(days=60))
    assert "daily-old.txt.gz" in [path.name for path in later.deleted]
