"""Where baselines come from, and what is said about them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.baselines import Asked, Choices, read_baselines, same_hours
from pytest_deploycheck.history import open_history
from tests.fix_history import DEPLOYMENT, MINUTE, NOW, keep, record, seen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_deploycheck.baselines import Choice
    from pytest_deploycheck.history import History
    from pytest_deploycheck.model import Deployment

WEEK = 7 * 24 * 60


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    """An empty history."""
    with open_history(tmp_path / "h.sqlite") as opened:
        yield opened


def deployed(name: str, minutes: float) -> Deployment:
    """Return a deployment some minutes after the one that is judged (negative: before)."""
    return replace(DEPLOYMENT, id=name, deployed_at=NOW + minutes * MINUTE)


def found(
    history: History | None, usual: Choice, root: Path, *, after: float = 10, **own: Choice
) -> tuple[dict[str, tuple[float, str | None]], tuple[str, ...]]:
    """Return the baselines some minutes after the deployment, each with what is said about it."""
    asked = Asked(deployment=DEPLOYMENT, now=NOW + after * MINUTE, phase="first-hour")
    read, notes = read_baselines(history, asked, Choices(root=root, usual=usual, own=own))
    return {name: (float(each.value or 0), each.note) for name, each in read.items()}, notes


def test_the_last_good_deployment(history: History, tmp_path: Path) -> None:
    """The median over the newest earlier deployment whose last run was good, of the same phase if there is one."""
    for number, (name, day, statuses) in enumerate(
        [("a", 30, "PP"), ("b", 20, "FP"), ("c", 10, "PF"), ("r1", 0, "P")], 1
    ):
        deployment = deployed(name, -day * 1440)
        for tick, status in enumerate(statuses, 1):
            word = {"P": "PASS", "F": "FAIL"}[status]
            run = record(
                tick, deployment=deployment, checks={"c": word}, started_at=deployment.deployed_at + tick * MINUTE
            )
            keep(history, run, seen(10 * number + tick, after=-day * 1440 + tick))
    assert ({"m": (21.5, "median of 2 in the last good deployment, b")}, ()) == found(history, "last-good", tmp_path)


def test_no_good_deployment(history: History, tmp_path: Path) -> None:
    """Then there is no baseline, and it is said."""
    keep(history, record(1, deployment=deployed("a", -100), checks={"c": "FAIL"}, started_at=NOW - 99 * MINUTE))
    assert ({}, ("there is no earlier deployment that ended well: no baseline",)) == found(
        history, "last-good", tmp_path
    )


def test_the_day_before(history: History, tmp_path: Path) -> None:
    """The median of everything in the day before the deployment, whoever observed it; invalid runs left out."""
    keep(
        history,
        record(1, deployment=deployed("a", -3000)),
        *(seen(v, after=m) for v, m in ((1, -1500), (2, -60), (4, 5))),
    )
    bad = keep(history, record(1, deployment=deployed("b", -1000)), seen(100, after=-30), seen(None, after=-20))
    history.invalidate([bad], "load test")
    assert ({"m": (2, "median of 1 in the day before the deployment")}, ()) == found(history, "before", tmp_path)


def test_the_day_before_an_unknown_moment(history: History, tmp_path: Path) -> None:
    """Without the time of the deployment there is no time before it."""
    keep(history, record(1, deployment=deployed("a", -3000)), seen(2, after=-60))
    asked = Asked(deployment=replace(DEPLOYMENT, deployed_at_known=False), now=NOW, phase="first-hour")
    read, (note,) = read_baselines(history, asked, Choices(root=tmp_path, usual="before"))
    assert ({}, True) == (read, "--deployed-at" in note)


def test_the_same_hour(history: History, tmp_path: Path) -> None:
    """This hour of the four weeks before the deployment, not of other hours, and never of the deployment itself."""
    weeks = [seen(week, after=10 - week * WEEK + 29) for week in range(1, 6)]
    others = [seen(1000, after=10 - week * WEEK + 31) for week in range(1, 6)] + [seen(1000, after=1)]
    keep(history, record(1, deployment=deployed("a", -6 * WEEK)), *weeks, *others)
    assert ({"m": (2.5, "median of 4 in this hour of earlier weeks")}, ()) == found(history, "same-hour", tmp_path)


def test_a_file(history: History, tmp_path: Path) -> None:
    """Measurements in a file of its own, or the verdict.json of an earlier run."""
    row = {"metric": "m", "value": 3, "unit": "s", "n": 5}
    (tmp_path / "own.json").write_text(json.dumps({"measurements": [row, {**row, "metric": "w", "value": "word"}]}))
    (tmp_path / "verdict.json").write_text(
        json.dumps({"deployment": {"environment": "production"}, "checks": [{"measurements": [row]}]})
    )
    for name in ("own.json", "verdict.json"):
        assert ({"m": (3, f"from {name}")}, ()) == found(history, {"file": name}, tmp_path)
        assert ({"m": (3, f"from {name}")}, ()) == found(None, {"file": name}, tmp_path)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"measurements": 3}', '{"measurements": [{"metric": "a"}]}', "[" * 100_000]
)
def test_an_unreadable_file(tmp_path: Path, text: str) -> None:
    """A broken file is no baseline, and a note says so."""
    (tmp_path / "own.json").write_text(text)
    read, (note,) = found(None, {"file": "own.json"}, tmp_path)
    assert ({}, True) == (read, note.startswith("own.json cannot be read"))


def test_another_environments_file(tmp_path: Path) -> None:
    """What staging does is no baseline for production."""
    (tmp_path / "own.json").write_text('{"environment": "staging", "measurements": []}')
    assert ({}, ("own.json is of staging, not of production: no baseline",)) == found(
        None, {"file": "own.json"}, tmp_path
    )


def test_each_metric_its_own(history: History, tmp_path: Path) -> None:
    """A metric with a choice of its own has no other baseline, its groups included."""
    (tmp_path / "own.json").write_text(
        '{"measurements": [{"metric": "m", "value": 3}, {"metric": "other", "value": 1}]}'
    )
    keep(
        history,
        record(1, deployment=deployed("a", -3000)),
        *(seen(2, after=-60, metric=name) for name in ("m", "m[eu]", "mm", "x")),
    )
    read, _ = found(history, {"file": "own.json"}, tmp_path, m="before", x="captured")
    assert {"m": 2, "m[eu]": 2, "other": 1} == {name: value for name, (value, _) in read.items()}


def test_the_same_hours_are_before_the_deployment() -> None:
    """However old the deployment is, it is not compared with itself."""
    for days in (0, 6, 8, 30):
        asked = Asked(deployment=DEPLOYMENT, now=NOW + timedelta(days=days, minutes=1), phase="x")
        hours = same_hours(asked)
        assert 4 == len(hours)
        assert max(hours) <= NOW
        assert {timedelta(0)} == {(asked.now - hour) % timedelta(weeks=1) for hour in hours}
