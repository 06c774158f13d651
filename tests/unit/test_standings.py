"""Where metrics stand: worked out from the history, kept beside it, the same bit by bit whichever way."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.errors import StateConflictError
from pytest_deploycheck.history import History, Observation, open_history
from pytest_deploycheck.judgement.sequential import OutcomeKind, Rules
from pytest_deploycheck.judgement.standing import dump_standing, look
from pytest_deploycheck.model import Deployment, Measurement, RunInfo, RunRecord, Verdict
from pytest_deploycheck.standings import (
    CAPTURING,
    CONTROL,
    KEY,
    SEQUENTIAL,
    Standings,
    Watched,
    from_data,
    keep_standings,
    read_standings,
    shared,
    to_data,
)
from pytest_deploycheck.status import Decision

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEPLOYED = datetime(2026, 3, 1, 12, tzinfo=UTC)
DEPLOYMENT = Deployment(id="r2", deployed_at=DEPLOYED)
EARLIER = Deployment(id="r1", deployed_at=DEPLOYED - timedelta(hours=5))
MINUTE = timedelta(minutes=1)
ERRORS = Watched(metric="errors", check="metrics.metric[errors]", window=30.0)
RULES = Rules()
SPAN = 86400.0


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    """An empty history."""
    with open_history(tmp_path / "history.sqlite") as opened:
        yield opened


def saw(
    history: History,
    at: datetime,
    share: float | None,
    *,
    of: Deployment = DEPLOYMENT,
    phase: str = "first-hour",
    decision: Decision = Decision.PASS,
    used: bool = True,
    old: float | None = None,
) -> int:
    """Remember a finished run that measured a share (in %) of a thousand."""
    run = history.begin_run(of, phase, 1, at)
    seen = Observation(check=ERRORS.check, metric="errors", at=at, value=share, unit="%", n=1000)
    told = replace(seen, metric=f"errors{SEQUENTIAL}", value=1.0, unit="", n=1000 if used else None)
    beside = [] if old is None else [replace(seen, metric=f"errors{CONTROL}", value=old)]
    history.append(run, [seen, *([] if phase == CAPTURING else [told]), *beside])
    record = RunRecord(
        deployment=of,
        phase=phase,
        tick=1,
        verdict=Verdict(decision=decision, exit_code=0, rule="", summary=""),
        checks=(),
        run=RunInfo(tool_version="1", started_at=at, finished_at=at, finished=True),
    )
    history.finish_run(run, record)
    return run


def captured(history: History, looks: int = 40) -> None:
    """Remember a baseline of 1 %."""
    chance = random.Random(1)  # noqa: S311  # a seed, no secret
    for minute in range(looks):
        bad = sum(chance.random() < 0.01 for _ in range(1000))
        saw(history, DEPLOYED - timedelta(minutes=90 - minute), bad / 10, phase=CAPTURING)


def read(history: History, watched: Watched = ERRORS, deployment: Deployment = DEPLOYMENT) -> Standings:
    """Return where the metric stands."""
    return read_standings(history, deployment, (watched,), RULES, span=SPAN)


def test_gone_on_with_or_worked_out_again_it_is_the_same(history: History) -> None:
    """Look after look kept between runs gives, bit by bit, what the whole history gives at once."""
    captured(history)
    standing = read(history)
    for minute, share in enumerate([1.0, 2.0, None, 0.3, 3.0, 3.0], start=1):
        at = DEPLOYED + minute * MINUTE
        found = Measurement(metric="errors", value=share, unit="%", n=1000, at=at)
        after, used = look(standing.metrics["errors"], ERRORS.seen(at, found), RULES)
        run = saw(history, at, share, used=used)
        keep_standings(history, DEPLOYMENT, replace(standing, metrics={"errors": after}), run)
        standing = read(history)
        assert dump_standing(after) == dump_standing(standing.metrics["errors"])
    history.delete_state(DEPLOYMENT, KEY)
    assert to_data(read(history)) == to_data(standing)
    assert to_data(from_data(to_data(standing))) == to_data(standing)
    assert standing.metrics["errors"].looks == 5


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"v":1}', '{"v":9,"rules":"","mark":[],"metrics":{}}'])
def test_what_cannot_be_read_is_worked_out_again(history: History, damage: str) -> None:
    """A damaged text costs time, no evidence."""
    captured(history)
    saw(history, DEPLOYED + MINUTE, 3.0)
    whole = to_data(read(history))
    history.set_state(DEPLOYMENT, KEY, damage, expected=None)
    assert to_data(read(history)) == whole


def test_an_invalid_run_is_left_out(history: History) -> None:
    """Marked as invalid, a look never happened; unmarked, it did."""
    captured(history)
    saw(history, DEPLOYED + MINUTE, 1.0)
    before = to_data(read(history))
    bad = saw(history, DEPLOYED + 2 * MINUTE, 5.0)
    standing = read(history)
    keep_standings(history, DEPLOYMENT, standing, bad)
    history.invalidate([bad], "a load test")
    assert to_data(read(history)) == before
    history.invalidate([bad], None)
    assert to_data(read(history)) == to_data(standing)


def test_two_writers_do_not_mix(history: History) -> None:
    """Whoever read an older state cannot overwrite a newer one."""
    captured(history)
    standing = read(history)
    keep_standings(history, DEPLOYMENT, standing, 1)
    with pytest.raises(StateConflictError):
        keep_standings(history, DEPLOYMENT, standing, 2)


def test_what_a_baseline_is_made_of(history: History) -> None:
    """Good runs of earlier deployments count; bad ones, other environments and what came later do not."""
    saw(history, DEPLOYED - 60 * MINUTE, 1.0, of=EARLIER)
    saw(history, DEPLOYED - 59 * MINUTE, 90.0, of=EARLIER, decision=Decision.ROLLBACK)
    saw(history, DEPLOYED - 58 * MINUTE, 80.0, of=replace(EARLIER, environment="staging"))
    saw(history, DEPLOYED - 57.8 * MINUTE, 2.0, phase=CAPTURING)
    saw(history, DEPLOYED - 57.6 * MINUTE, 70.0, phase=CAPTURING)  # its window overlaps the one before
    saw(history, DEPLOYED + MINUTE, 60.0, phase=CAPTURING)
    saw(history, DEPLOYED + MINUTE, 50.0, of=EARLIER)
    baseline = read(history).metrics["errors"].baseline
    assert baseline is not None
    assert (baseline.bad, baseline.total, baseline.looks) == (30.0, 2000.0, 2)


def test_nothing_to_compare_with_stands_nowhere(history: History) -> None:
    """Without a baseline there is no second reading."""
    saw(history, DEPLOYED + MINUTE, 3.0)
    assert {} == read(history).metrics


def test_beside_a_control(history: History) -> None:
    """Both versions' counts of a run go in together."""
    for minute in range(1, 4):
        saw(history, DEPLOYED + minute * MINUTE, 3.0, old=1.0)
    standing = read(history, replace(ERRORS, controlled=True)).metrics["errors"]
    assert standing.baseline is None
    assert standing.last is not None
    assert (standing.looks, standing.last.kind) == (3, OutcomeKind.REGRESSION)


def test_a_deployment_of_unknown_time_began_with_its_first_look(history: History) -> None:
    """What its own runs saw is no baseline of it."""
    captured(history)
    saw(history, DEPLOYED, 3.0)
    later = replace(DEPLOYMENT, deployed_at=DEPLOYED + 60 * MINUTE, deployed_at_known=False)
    standing = read(history, deployment=later).metrics["errors"]
    assert standing.baseline is not None
    assert (standing.looks, standing.baseline.looks) == (1, 40)


def test_several_metrics_share_alpha() -> None:
    """The chance of a false alarm is that of all metrics together."""
    assert shared(Rules(alpha=0.01), 5).alpha == pytest.approx(0.002)
