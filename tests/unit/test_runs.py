"""What earlier runs left behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.judgement.judge import judge
from pytest_deploycheck.model import Deployment, Measurement, Reading, RunInfo, RunRecord
from pytest_deploycheck.reporting.layout import phase_folder, write_reports
from pytest_deploycheck.runs import earlier_runs, load_baseline, passed_checks, save_baseline
from pytest_deploycheck.verdict import Case, decide
from tests.unit.verdict.conftest import make

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DEPLOYMENT = Deployment(id="r1", deployed_at=NOW)


def record(tick: int, *, finished: bool = True, deployment: Deployment = DEPLOYMENT) -> RunRecord:
    """Return a run with a check that passed and one that failed."""
    checks = (make("PASS", name=f"good-{tick}"), make("FAIL", name="bad"))
    info = RunInfo(tool_version="0", started_at=NOW + timedelta(minutes=tick), finished=finished)
    verdict = decide(Case(results=checks))
    return RunRecord(deployment=deployment, phase="first-hour", tick=tick, verdict=verdict, checks=checks, run=info)


def folder(root: Path) -> Path:
    """Return the deployment's folder."""
    return phase_folder(root, "r1", "first-hour").parent


def test_runs_come_back_in_order(tmp_path: Path) -> None:
    """The finished runs of the deployment, the oldest first; what passed in any of them is done."""
    for tick in (2, 1):
        write_reports(record(tick), tmp_path)
    write_reports(record(3, finished=False), tmp_path)
    found = earlier_runs(folder(tmp_path), DEPLOYMENT)
    assert [1, 2] == [run.tick for run in found]
    assert frozenset({"good-1", "good-2"}) == passed_checks(found)


def test_another_deployment_has_other_runs(tmp_path: Path) -> None:
    """A record that belongs to another id, or cannot be read, counts for nothing."""
    write_reports(record(1), tmp_path)
    assert () == earlier_runs(folder(tmp_path), replace(DEPLOYMENT, id="r2"))
    for path in folder(tmp_path).rglob("verdict.json"):
        path.write_text("{")
    assert () == earlier_runs(folder(tmp_path), DEPLOYMENT)


def reading(metric: str, value: float | str) -> Reading:
    """Return a recorded value."""
    measurement = Measurement(metric=metric, value=value, unit="%", n=10, window="5m", at=NOW)
    return Reading(measurement=measurement, judgement=judge(measurement, None))


def test_a_baseline_is_kept(tmp_path: Path) -> None:
    """Numbers survive with unit, n and window; words and NaN are no baseline."""
    readings = (reading("errors", 0.5), reading("version", "1.2"), reading("broken", float("nan")))
    save_baseline(tmp_path, [make("PASS", readings=readings)], DEPLOYMENT)
    notes: list[str] = []
    found = load_baseline(tmp_path, notes, "production")
    assert ({"errors"}, []) == (set(found), notes)
    assert (0.5, "%", 10, "5m", NOW) == (
        found["errors"].value, found["errors"].unit, found["errors"].n, found["errors"].window, found["errors"].at,
    )  # fmt: skip


def test_without_a_file_there_is_no_baseline(tmp_path: Path) -> None:
    """The first deployment has none, which is no mistake."""
    notes: list[str] = []
    assert ({}, []) == (load_baseline(tmp_path, notes, "production"), notes)


@pytest.mark.parametrize("text", ["", "[]", '{"measurements": [{"metric": "a", "value": "x"}]}', '{"measurements": 3}'])
def test_an_unreadable_baseline_is_told(tmp_path: Path, text: str) -> None:
    """A broken file is no baseline, and a note says so."""
    (tmp_path / "baseline.json").write_text(text)
    notes: list[str] = []
    assert {} == load_baseline(tmp_path, notes, "production")
    assert ["baseline.json cannot be read"] == [note.split(" (")[0] for note in notes]


def test_another_environments_baseline_is_none(tmp_path: Path) -> None:
    """What staging does is no baseline for production; a note says so."""
    save_baseline(
        tmp_path, [make("PASS", readings=(reading("errors", 0.5),))], replace(DEPLOYMENT, environment="staging")
    )
    notes: list[str] = []
    assert {} == load_baseline(tmp_path, notes, "production")
    assert ["baseline.json was captured in staging, not in production: there is no baseline"] == notes
