"""``deploycheck history`` from the command line."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.baselines import CAPTURING
from pytest_deploycheck.cli import main
from pytest_deploycheck.history import open_history
from tests.fix_history import DEPLOYMENT, keep, record, seen

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_deploycheck.history import History

SETTINGS = """
[service]
base_url = "http://127.0.0.1:1"
secrets = ["hunter22"]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with settings and a history of three runs."""
    (tmp_path / "deploycheck.toml").write_text(SETTINGS)
    monkeypatch.chdir(tmp_path)
    with opened(tmp_path) as history:
        keep(history, record(1), seen(1.5, after=1, unit="s", n=3), seen(None, after=2, unit="s"))
        keep(history, record(2, checks={"good": "FAIL"}), seen(2, after=2))
        keep(history, record(1, phase="daily", deployment=replace(DEPLOYMENT, id="r2")))
        history.set_state(DEPLOYMENT, "judge", "{}", expected=0)
    return tmp_path


def opened(folder: Path, name: str = "reports/history.sqlite") -> History:
    """Return a history of the folder."""
    return open_history(folder / name)


def told(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """Return what the command printed."""
    assert code == main(["history", *arguments])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.out + captured.err
    return captured.out + captured.err


@pytest.mark.usefixtures("folder")
def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    """The newest first; narrowed down by deployment, phase and number; as JSON lines."""
    whole = told(capsys, "list").splitlines()
    assert 4 == len(whole)
    assert "WATCH" in told(capsys, "list", "--deploy-id=r1", "--limit=1").splitlines()[1]
    (row,) = map(json.loads, told(capsys, "list", "--phase=daily", "--json").splitlines())
    assert ("r2", "daily", "PASS") == (row["deployment"], row["phase"], row["decision"])
    assert "no runs" in told(capsys, "list", "--environment=staging")
    assert "no runs" in told(capsys, "list", "--until=2020-01-01T00:00:00Z")


@pytest.mark.usefixtures("folder")
def test_show(capsys: pytest.CaptureFixture[str]) -> None:
    """A run as people read it, or its whole record; an unknown one is told."""
    assert "WATCH" in told(capsys, "show", "2")
    assert "WATCH" == json.loads(told(capsys, "show", "2", "--json"))["verdict"]["decision"]
    assert "no run 99" in told(capsys, "show", "99", code=4)


def test_export_and_import(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was exported is the same elsewhere; importing again adds nothing."""
    told(capsys, "export", "--output=all.jsonl")
    target = f"--deploy-history=sqlite:///{folder}/other.sqlite"
    assert "3 runs added with 6 observations, 0 were here" in told(capsys, "import", "all.jsonl", target)
    assert "0 runs added with 0 observations, 3 were here" in told(capsys, "import", "all.jsonl", target)
    with opened(folder) as one, opened(folder, "other.sqlite") as other:
        for history in (one, other):
            assert 3 == len(history.runs())
        assert [replace(run, id=0) for run in one.runs()] == [replace(run, id=0) for run in other.runs()]
        assert [one.record(run.id) for run in one.runs()] == [other.record(run.id) for run in other.runs()]
        assert [replace(p, run=0) for p in one.series("m", environment="production")] == [
            replace(p, run=0) for p in other.series("m", environment="production")
        ]
        assert one.tallies(DEPLOYMENT) == other.tallies(DEPLOYMENT)
        assert other.get_state(DEPLOYMENT, "judge") is not None
    assert len(told(capsys, "export").splitlines()) == len(told(capsys, "export", target).splitlines())


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"deploycheck_history": 2}', '{"deploycheck_history": 1}\n{"run": 1}', "[" * 100_000,
     '{"deploycheck_history": 1}\n{"points": [[1, 2, "x", 4]], "metric": 1}'],
    ids=["empty", "torn", "list", "version", "keys", "deep", "points"],
)  # fmt: skip
def test_an_import_of_something_else(folder: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It is told which line is wrong, and nothing is added."""
    (folder / "in.jsonl").write_text(text)
    if text:
        assert "no line of an exported history" in told(capsys, "import", "in.jsonl", code=4)
    else:
        assert "0 runs added" in told(capsys, "import", "in.jsonl")
    with opened(folder) as history:
        assert 3 == len(history.runs())


def test_invalidate(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By number or by what narrows down, with a reason, and back again."""
    assert "--reason" in told(capsys, "invalidate", "1", code=4)
    assert "names no run" in told(capsys, "invalidate", "--reason=x", code=4)
    assert "1 runs are no longer used" in told(capsys, "invalidate", "2", "--reason=load test by hunter22")
    assert "not used: load test by ***" in told(capsys, "list")
    assert 2 == json.loads(told(capsys, "invalidate", "--deploy-id=r1", "--reason=all of it", "--json"))["runs"]
    with opened(folder) as history:
        assert ["r2"] == [run.deployment for run in history.runs()]
    told(capsys, "invalidate", "--deploy-id=r1", "--undo")
    with opened(folder) as history:
        assert 3 == len(history.runs())


def test_prune(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is older than its class allows goes; a trial deletes nothing; the newest records and baselines stay."""
    told(capsys, "prune")  # the runs of the fixture may be too old by now
    now = datetime.now(UTC)
    with opened(folder, "fresh.sqlite") as history:
        for tick, days in enumerate((500, 100, 30, 20, 1), 1):
            at = now - timedelta(days=days)
            run = record(tick, started_at=at, deployment=replace(DEPLOYMENT, id="r9", deployed_at=at))
            keep(history, run, replace(seen(days), at=at))
        before = now - timedelta(days=50)
        keep(history, record(1, phase=CAPTURING, started_at=before, deployment=replace(DEPLOYMENT, id="b")))
        history.save_snapshot(DEPLOYMENT, "old", {}, now - timedelta(days=100))
    place = f"--deploy-history=sqlite:///{folder}/fresh.sqlite"
    trial = told(capsys, "prune", "--dry-run", place)
    assert "would be deleted: 4 observations, 4 records, 1 runs, 1 snapshots" in trial
    done = json.loads(told(capsys, "prune", "--json", place))
    assert {"observations": 4, "records": 4, "runs": 1, "snapshots": 1} == done
    with opened(folder, "fresh.sqlite") as history:
        kept = {run.tick: history.record(run.id) is not None for run in history.runs("r9")}
        assert {5: True, 4: False, 3: False, 2: False} == kept
        assert history.record(history.runs(phase=CAPTURING)[0].id) is not None
        assert [30, 20, 1] == [point.value for point in history.series("m", environment="production")]


def test_without_a_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing was remembered yet: that is told, and no file appears."""
    (tmp_path / "deploycheck.toml").write_text(SETTINGS)
    monkeypatch.chdir(tmp_path)
    assert "no history" in told(capsys, "list", code=4)
    assert not (tmp_path / "reports").exists()
