"""``deploycheck report`` and ``deploycheck records`` as somebody types them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.cli import main
from tests.fix_records import Project, project_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UNTIL = ("--until", "2026-03-02T12:00:00Z")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A project in the current folder with a day of runs."""
    monkeypatch.chdir(tmp_path)
    made = project_in(tmp_path)
    with made.history:
        made.hours(24)
        yield made


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Run a command, and return its exit code and what it printed."""
    code = main(arguments)
    found = capsys.readouterr()
    return code, found.out + found.err


@pytest.mark.usefixtures("project")
def test_a_report_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """The text goes to the terminal, with the value, its target and where it is from."""
    code, text = told(capsys, "report", "daily", *UNTIL)
    assert (0, True) == (code, "Success rate: 97.2 % (target > 99 %: missed)" in text)


def test_a_report_is_written(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """With --output it is a file, whose path is printed."""
    code, text = told(capsys, "report", "metrics", "--format", "json", "--output", "out", *UNTIL)
    path = project.folder / "out" / "metrics" / "immediate-metrics-20260302-120000.json"
    assert (0, f"{path}\n", "healthy") == (
        code,
        text,
        json.loads(path.read_text())["application_metrics"]["health_status"],
    )


@pytest.mark.usefixtures("project")
def test_bad_times_and_names_are_one_clear_error(capsys: pytest.CaptureFixture[str]) -> None:
    """A time that is none ends with 4 and says what to write."""
    code, text = told(capsys, "report", "daily", "--since", "yesterday")
    assert (4, True) == (code, "--since" in text and "Write 7d" in text and "Traceback" not in text)


def test_no_history_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a history there is nothing to report on, and the error says what to run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deploycheck.toml").write_text('[service]\nbase_url = "http://127.0.0.1:1"\n')
    code, text = told(capsys, "report", "daily")
    assert (4, True) == (code, "there is no history" in text and "pytest --deploy-phase" in text)


@pytest.mark.usefixtures("project")
def test_cleaning_an_empty_folder(capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing to clean up where nothing was written."""
    assert (0, "0 packed, 0 deleted, 0 protected\n") == told(capsys, "records", "clean")
