"""The report files lie where they belong, whole or not at all, and nothing that fails there is raised."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.reporting.layout import (
    append_text,
    keep_copy,
    next_tick,
    run_folder,
    safe_component,
    start_run,
    unfinished_record,
    write_reports,
)
from pytest_deploycheck.status import Decision
from pytest_deploycheck.wire import decode_record

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_deploycheck.model import RunRecord

RUN = "2026-01-31-a/first-hour/3"


def files_in(root: Path) -> set[str]:
    """Return all files below a folder, temporary ones included."""
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if not path.is_dir()}


def unfinished(record: RunRecord) -> RunRecord:
    """Return the record of the same run, only begun."""
    return unfinished_record(
        record.deployment,
        phase=record.phase,
        tick=record.tick,
        planned=["a", "b"],
        started_at=record.run.started_at,
        tool_version="0.1.0",
    )


def test_reports_lie_at_the_root_and_in_the_folder_of_the_run(tmp_path: Path, record: RunRecord) -> None:
    """Four files, equal in pairs, and nothing else."""
    written = write_reports(record, tmp_path)
    names = {"verdict.json", "summary.md"}
    assert names | {f"{RUN}/{name}" for name in names} == files_in(tmp_path)
    assert files_in(tmp_path) == {path.relative_to(tmp_path).as_posix() for path in written.paths}
    assert () == written.problems
    assert record == decode_record((tmp_path / RUN / "verdict.json").read_text("utf-8"))


def test_a_killed_run_never_leaves_an_old_verdict(tmp_path: Path, record: RunRecord) -> None:
    """From its first moment a run shows INCONCLUSIVE, and the old HTML is gone."""
    write_reports(replace(record, verdict=replace(record.verdict, decision=Decision.PASS)), tmp_path)
    (tmp_path / "report.html").write_text("PASS")
    start_run(unfinished(record), tmp_path)
    back = decode_record((tmp_path / "verdict.json").read_text("utf-8"))
    expected = (Decision.INCONCLUSIVE, 11, ("a", "b"), False)
    assert expected == (back.verdict.decision, back.verdict.exit_code, back.not_reported, back.run.finished)
    assert not (tmp_path / "report.html").exists()
    assert "PASS" not in (tmp_path / "summary.md").read_text("utf-8")


def test_ticks_count_up(tmp_path: Path, record: RunRecord) -> None:
    """The next run follows the highest there is; foreign names and another phase do not count."""
    assert next_tick(tmp_path, record.deployment, "first-hour") == 1
    write_reports(record, tmp_path)
    (tmp_path / "2026-01-31-a/first-hour/latest").mkdir()
    (tmp_path / "2026-01-31-a/first-hour/99999999999999").mkdir()
    assert next_tick(tmp_path, record.deployment, "first-hour") == 4
    assert next_tick(tmp_path, record.deployment, "daily") == 1


def test_a_copy_is_kept(tmp_path: Path, record: RunRecord) -> None:
    """A file of another plugin lands in the folder of the run; a missing one is a problem in words."""
    (tmp_path / "report.html").write_text("<html>")
    keep_copy(tmp_path / "report.html", tmp_path, record)
    assert (tmp_path / RUN / "report.html").read_text() == "<html>"
    missing = keep_copy(tmp_path / "junit.xml", tmp_path, record)
    assert missing.problems[0].startswith("cannot read")


NAMES = ["../../etc/passwd", "/etc/passwd", "..", ".", "", " ", "a/b", "CON", "nul.txt", "é", "\ud800", "x" * 999]


@pytest.mark.parametrize("name", [*NAMES, "verdict.json", "REPORT.html", "a\0b", "-rf", "~root"])
def test_hostile_names_stay_below_the_root(name: str, tmp_path: Path, record: RunRecord) -> None:
    """Whatever the deployment and the phase are called, the files lie three folders below the root."""
    root = tmp_path / "reports"
    hostile = replace(record, deployment=replace(record.deployment, id=name), phase=name)
    written = write_reports(hostile, root)
    assert () == written.problems
    assert {"reports"} == {path.name for path in tmp_path.iterdir()}
    assert [] == [path for path in written.paths if len(path.relative_to(root).parts) not in {1, 4}]


@given(st.text(), st.text())
def test_two_names_never_share_a_folder(first: str, second: str) -> None:
    """Different texts give different components, and no component leaves its folder."""
    components = safe_component(first), safe_component(second)
    assert (first == second) == (components[0] == components[1])
    assert [] == [part for part in components if "/" in part or part in {"", ".", ".."} or len(part) > 100]


@given(st.text())
def test_a_safe_name_never_looks_like_a_changed_one(text: str) -> None:
    """Sanitising what was sanitised changes it again, so a forged name cannot hit another one's folder."""
    safe = safe_component(text)
    assert safe == text or safe_component(safe) != safe


def test_links_are_not_followed(tmp_path: Path, record: RunRecord) -> None:
    """A link in the place of a folder is refused, a link in the place of a file is replaced."""
    root, outside = tmp_path / "reports", tmp_path / "outside"
    outside.mkdir()
    root.mkdir()
    (outside / "precious").write_text("kept")
    (root / "2026-01-31-a").symlink_to(outside)
    (root / "verdict.json").symlink_to(outside / "precious")
    written = write_reports(record, root)
    assert "is a link" in written.problems[0]
    assert {"precious"} == files_in(outside)
    assert (outside / "precious").read_text() == "kept"
    assert not (root / "verdict.json").is_symlink()


def test_a_root_that_is_a_file_is_a_problem_in_words(tmp_path: Path, record: RunRecord) -> None:
    """A report folder that cannot exist loses the reports, not the verdict."""
    (tmp_path / "reports").write_text("in the way")
    for written in (write_reports(record, tmp_path / "reports"), start_run(unfinished(record), tmp_path / "a\0b")):
        assert () == written.paths
        assert [] == [problem for problem in written.problems if not problem.startswith("cannot ")]


def test_a_read_only_folder_is_a_problem_in_words(tmp_path: Path, record: RunRecord) -> None:
    """Without write access every file is named."""
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    tmp_path.chmod(0o500)
    try:
        written = write_reports(record, tmp_path)
    finally:
        tmp_path.chmod(0o700)
    assert [] == [problem for problem in written.problems if "Permission denied" not in problem]


def test_a_full_disk_keeps_the_old_file_whole(
    tmp_path: Path, record: RunRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write that breaks off leaves the file of before and no temporary one."""
    write_reports(record, tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in files_in(tmp_path)}

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    written = write_reports(replace(record, service="other"), tmp_path)
    assert () == written.paths
    assert "No space left on device" in written.problems[0]
    assert before == {name: (tmp_path / name).read_bytes() for name in files_in(tmp_path)}


def test_an_unwritable_record_is_a_problem_in_words(tmp_path: Path, record: RunRecord) -> None:
    """What the codec refuses loses one file, the other is still written."""
    wrong: Any = (object(),)
    written = write_reports(replace(record, verdict=replace(record.verdict, path=wrong)), tmp_path)
    assert written.problems[0].startswith("verdict.json: ")


def test_a_summary_is_appended(tmp_path: Path) -> None:
    """The job's summary file keeps what others wrote; a folder in its place is a problem in words."""
    path = tmp_path / "summary"
    path.write_text("before\n")
    assert () == append_text(path, "after\n")
    assert path.read_text() == "before\nafter\n"
    assert append_text(tmp_path, "x")[0].startswith("cannot write")


def test_the_folder_of_a_run_has_no_negative_number(record: RunRecord, tmp_path: Path) -> None:
    """A tick that makes no sense becomes 0."""
    assert run_folder(tmp_path, replace(record, tick=-5)).name == "0"


def test_permissions_follow_the_umask(tmp_path: Path, record: RunRecord) -> None:
    """Reports are as readable as any file the user creates."""
    write_reports(record, tmp_path)
    (tmp_path / "other").touch()
    assert (tmp_path / "other").stat().st_mode == (tmp_path / "verdict.json").stat().st_mode
