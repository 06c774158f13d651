"""What earlier runs left behind for this one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_deploycheck import runs
from pytest_deploycheck.baselines import CAPTURING, Choices
from pytest_deploycheck.history import open_history
from pytest_deploycheck.judgement.judge import judge
from pytest_deploycheck.model import Measurement, Reading
from pytest_deploycheck.runs import Past, from_text, to_text
from tests.fix_history import DEPLOYMENT, MINUTE, NOW, keep, record
from tests.unit.verdict.conftest import make

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_deploycheck.history import History
    from pytest_deploycheck.model import Deployment, RunRecord


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    """An empty history."""
    with open_history(tmp_path / "h.sqlite") as opened:
        yield opened


def read_past(history: History, deployment: Deployment, phase: str, **more: Any) -> Past:
    """Return the past ten minutes after the deployment, with captured baselines."""
    given = {"now": NOW + 10 * MINUTE, "choices": Choices(root=Path()), **more}
    return runs.read_past(history, deployment, phase, **given)


def reading(metric: str, value: float | str, **more: object) -> Reading:
    """Return a recorded value."""
    measurement = Measurement(metric=metric, value=value, unit="%", n=10, window="5m", at=NOW, **more)  # type: ignore[arg-type]
    return Reading(measurement=measurement, judgement=judge(measurement, None))


def captured(
    value: float, *, minutes: float = -10, deployment: str = "before", environment: str = "production"
) -> RunRecord:
    """Return a run before a deployment that measured errors."""
    other = replace(DEPLOYMENT, id=deployment, environment=environment)
    readings = (
        reading("errors", value), reading("version", "v1.2"), reading("broken", float("nan")),
        reading("p99", 3.0, lower_bound=True),
    )  # fmt: skip
    return record(
        phase=CAPTURING, deployment=other, results=(make("PASS", readings=readings),), started_at=NOW + minutes * MINUTE
    )


def test_what_passed_is_done(history: History) -> None:
    """What passed in any finished run of the deployment; the newest run's results are those before."""
    keep(history, record(1, checks={"a": "PASS", "bad": "FAIL"}))
    keep(history, record(2, checks={"b": "PASS", "bad": "FAIL"}, phase="daily"))
    keep(history, record(3, checks={"c": "PASS"}, finished=False))
    past = read_past(history, DEPLOYMENT, "first-hour")
    assert frozenset({"a", "b"}) == past.done
    assert past.before is not None
    assert ["b", "bad"] == [check.id for check in past.before]
    assert {"a": 1, "bad": 0} == {name: tally.passed for name, tally in past.tallies.items()}
    assert (None, ()) == (past.problem, past.notes)


@pytest.mark.parametrize(
    "other", [replace(DEPLOYMENT, id="r2"), replace(DEPLOYMENT, explicit=False)], ids=["r2", "unnamed"]
)
def test_another_deployment_has_another_past(history: History, other: object) -> None:
    """Nothing is done for another deployment, nor for one that nobody named."""
    keep(history, record(1))
    assert Past() == read_past(history, other, "first-hour")  # type: ignore[arg-type]


def test_a_baseline_is_kept(history: History) -> None:
    """Numbers survive with unit, n and window, and words such as a plan; NaN and lower bounds are no baseline."""
    keep(history, captured(0.5))
    past = read_past(history, DEPLOYMENT, "first-hour")
    assert ({"errors", "version"}, ()) == (set(past.baseline), past.notes)
    found = past.baseline["errors"]
    assert (0.5, "%", 10, "5m", NOW) == (found.value, found.unit, found.n, found.window, found.at)


def test_the_newest_before_the_deployment(history: History) -> None:
    """Not one that was captured for the deployment after it; one made for this deployment comes first."""
    keep(history, captured(1, minutes=-20))
    keep(history, captured(2, minutes=-10))
    keep(history, captured(3, minutes=10, deployment="later"))
    assert 2 == read_past(history, DEPLOYMENT, "daily").baseline["errors"].value
    keep(history, captured(4, minutes=-15, deployment="r1"))
    assert 4 == read_past(history, DEPLOYMENT, "daily").baseline["errors"].value


def test_a_late_baseline_is_told(history: History) -> None:
    """The only one was captured after the deployment: it counts, and a note says so."""
    keep(history, captured(3, minutes=10))
    past = read_past(history, DEPLOYMENT, "daily")
    assert 3 == past.baseline["errors"].value
    assert [
        "the baseline was captured at 2026-03-01 12:10:00 UTC, after the deployment (2026-03-01 12:00:00 UTC)"
    ] == list(past.notes)


def test_another_environments_baseline_is_none(history: History) -> None:
    """What staging does is no baseline for production; a note says so."""
    keep(history, captured(0.5, environment="staging"))
    past = read_past(history, DEPLOYMENT, "daily")
    assert ({}, ("the newest baseline was captured in staging: there is none for production",)) == (
        past.baseline,
        past.notes,
    )


def test_an_invalid_baseline_is_none(history: History) -> None:
    """A run that was marked is no baseline."""
    history.invalidate([keep(history, captured(0.5))], "load test")
    assert {} == read_past(history, DEPLOYMENT, "daily").baseline


def test_workers_know_the_same(history: History) -> None:
    """What the controller read arrives at a worker, but for what only the controller needs."""
    keep(history, captured(0.5))
    keep(history, record(1, checks={"a": "PASS", "bad": "FAIL"}))
    past = read_past(history, DEPLOYMENT, "first-hour")
    bare = {m: replace(each, source="", query=None, target=None) for m, each in past.baseline.items()}
    assert replace(past, before=None, baseline=bare) == from_text(to_text(past))
    assert Past(problem="it is gone") == from_text(to_text(Past(problem="it is gone")))
