"""Other plugins may be switched off, and other reports asked for: verdict, exit code and our files stay."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

CHECKS = """
@pytest.mark.severity("high")
def test_bad(thresholds):
    thresholds.check("own", 3, levels={"high": "> 2"}, unit="s")

def test_warns():
    assert 1 == 2

def test_good(): ...
"""
JUNIT = "[reports]\njunit = true"
OFF = ("xdist", "html", "timeout", "terminal", "junitxml", "metadata", "logging", "capture", "warnings")


@pytest.mark.parametrize("off", [*((name,) for name in OFF[:5]), OFF], ids=[*OFF[:5], "all"])
def test_without_a_plugin(project: Project, off: tuple[str, ...]) -> None:
    """Any of the plugins around may be missing."""
    project.settings(JUNIT)
    project.check(CHECKS)
    needed = ("-p", "no:html") if "metadata" in off else ()
    done = project.run(*(part for name in off for part in ("-p", f"no:{name}")), *needed)
    assert ("WATCH", 12) == done.verdict
    assert {"test_bad": "FAIL", "test_warns": "WARN", "test_good": "PASS"} == done.statuses
    assert ("html" not in off and "metadata" not in off) == (project.reports / "report.html").exists()
    assert ("junitxml" not in off) == (project.reports / "junit.xml").exists()
    assert (project.reports / "summary.md").exists()
    if "terminal" not in off:
        assert "WATCH" in done.out
        assert "3 s > 2 s" in done.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("-q",),
        ("-qq",),
        ("-v",),
        ("-vv", "-rA"),
        ("--no-header", "--no-summary"),
        ("--color=yes",),
        ("--color=no", "-s"),
    ],
    ids=" ".join,
)
def test_forms_of_output(project: Project, arguments: tuple[str, ...]) -> None:
    """However much is shown, the verdict is shown, and the record is the same."""
    project.check(CHECKS)
    done = project.run(*arguments)
    assert ("WATCH", 12) == done.verdict
    assert "WATCH" in done.out
    assert "Traceback" not in done.shown
    assert ("\x1b[" in done.out) == ("--color=yes" in arguments)


@pytest.mark.parametrize("style", ["short", "native"])
def test_traceback_styles(project: Project, style: str) -> None:
    """A form of traceback that was asked for is given, and changes nothing else."""
    project.check(CHECKS)
    done = project.run(f"--tb={style}")
    assert ("WATCH", 12) == done.verdict
    assert "3 s > 2 s" in done.out


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one", "n2"])
def test_junit(project: Project, workers: tuple[str, ...]) -> None:
    """JUnit counts what failed the gate, and carries status, severity and measurements as properties."""
    project.check(CHECKS)
    done = project.run(f"--junitxml={project.path}/out/own.xml", *workers)
    assert ("WATCH", 12) == done.verdict
    suite = ET.parse(project.path / "out" / "own.xml").getroot()[0]  # noqa: S314  # our own file
    assert ("1", "0", "0") == (suite.get("failures"), suite.get("errors"), suite.get("skipped"))
    cases = {
        case.get("name"): {each.get("name"): each.get("value") for each in case.iter("property")} for case in suite
    }
    assert {
        "deploycheck.id": "deploy_checks/test_own.py::test_bad",
        "deploycheck.status": "FAIL",
        "deploycheck.severity": "high",
        "deploycheck.impact": "ops",
        "deploycheck.finding": "high",
        "deploycheck.reason": "3 s > 2 s (high)",
        "deploycheck.measurement.own": "3 s",
    } == cases["test_bad"]
    assert "WARN" == cases["test_warns"]["deploycheck.status"]


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one", "n2"])
def test_html_elsewhere(project: Project, workers: tuple[str, ...]) -> None:
    """``--html`` names another place: the report goes there, with the verdict, and the run's folder has a copy."""
    project.check(CHECKS)
    page = project.path / "pages" / "mine.html"
    done = project.run(f"--html={page}", *workers)
    assert ("WATCH", 12) == done.verdict
    assert "WATCH" in page.read_text()
    assert not (project.reports / "report.html").exists()
    assert [] != list(project.reports.glob("*/first-hour/1/mine.html"))


def test_every_run_has_a_folder(project: Project) -> None:
    """The files of each run lie below deployment, phase and number of the run."""
    project.settings(JUNIT)
    for _ in range(2):
        project.run("--deploy-id=d1")
    names = {"verdict.json", "summary.md", "report.html", "junit.xml"}
    assert [names, names] == [
        {path.name for path in (project.reports / "d1" / "first-hour" / number).iterdir()} for number in ("1", "2")
    ]


def test_step_summary(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On GitHub the summary is appended to the step's."""
    summary = tmp_path / "step.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    project.run("-n", "2")
    assert summary.read_text().startswith("before\n")
    assert 1 == summary.read_text().count((project.reports / "summary.md").read_text())


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one", "n2"])
def test_file_in_the_place_of_the_folder(project: Project, workers: tuple[str, ...]) -> None:
    """Reports that cannot be written are told, and change neither verdict nor exit code."""
    project.settings(JUNIT)
    project.check(CHECKS)
    project.reports.write_text("a file")
    done = project.run(*workers)
    assert 12 == done.code, done.shown
    assert "WATCH" in done.out
    assert "cannot write" in done.shown
    assert "a file" == project.reports.read_text()


def test_unwritable_files(project: Project) -> None:
    """A folder stands where a file should be: the others are written, and the verdict is the same."""
    project.check(CHECKS)
    for name in ("verdict.json", "report.html"):
        (project.reports / name).mkdir(parents=True)
        (project.reports / name / "full").touch()
    done = project.run()
    assert 12 == done.code, done.shown
    assert "cannot write" in done.shown
    assert "WATCH" in (project.reports / "summary.md").read_text()


def test_linked_reports(project: Project, tmp_path: Path) -> None:
    """The report folder may be a link; a link in the place of a file is replaced, not followed."""
    aside = tmp_path / "aside"
    aside.mkdir()
    precious = tmp_path / "precious.json"
    precious.write_text("keep me")
    project.reports.symlink_to(aside, target_is_directory=True)
    (aside / "verdict.json").symlink_to(precious)
    assert ("PASS", 0) == project.run().verdict
    assert "keep me" == precious.read_text()
    assert "PASS" == json.loads((aside / "verdict.json").read_text())["verdict"]["decision"]


def test_other_report_folder(project: Project) -> None:
    """``--deploy-report-dir`` is relative to where pytest was started."""
    project.run("--deploy-report-dir=elsewhere/deep")
    assert (project.path / "elsewhere" / "deep" / "verdict.json").exists()
    assert not project.reports.exists()
