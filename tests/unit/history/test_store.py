"""The history on both databases: what is written comes back, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.errors import HistoryError, StateConflictError
from pytest_deploycheck.history import open_history
from tests.fix_history import DEPLOYMENT, MINUTE, NOW, keep, record, seen

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_deploycheck.history import History

OTHER = replace(DEPLOYMENT, id="r2")


def values(history: History, metric: str = "m", **more: object) -> list[float | None]:
    """Return the values of a series."""
    return [point.value for point in history.series(metric, environment="production", **more)]  # type: ignore[arg-type]


def test_observations_come_back(history: History) -> None:
    """In the order of time, with unit, samples and check, whatever order they were written in."""
    run = history.begin_run(DEPLOYMENT, "first-hour", 1, NOW)
    history.append(run, [seen(0.5, after=2, unit="%", n=10), seen(None, after=1, unit="%"), seen(-7.25, after=3)])
    found = history.series("m", environment="production")
    assert [(None, "%", None), (0.5, "%", 10), (-7.25, "", None)] == [(p.value, p.unit, p.n) for p in found]
    assert [NOW + MINUTE, NOW + 2 * MINUTE, NOW + 3 * MINUTE] == [p.at for p in found]
    assert {("c", run)} == {(p.check, p.run) for p in found}


def test_a_series_is_cut_out(history: History) -> None:
    """By time, check, deployment and environment; the end of a span is left out."""
    keep(history, record(1), seen(1, after=1), seen(2, after=2), seen(3, after=3), seen(9, after=1, check="d"))
    keep(history, record(1, deployment=OTHER), seen(4, after=4))
    keep(history, record(1, deployment=replace(DEPLOYMENT, environment="staging")), seen(5, after=5))
    assert [2, 3] == values(history, check="c", since=NOW + 2 * MINUTE, until=NOW + 4 * MINUTE)
    assert [4] == values(history, deployment="r2")
    assert [1, 9, 2, 3] == values(history, deployment="r1")
    assert ([], []) == (values(history, "nothing"), values(history, deployment="r3"))
    assert () == history.series("m", environment="nowhere")


@pytest.mark.parametrize("count", [511, 512, 1300])
def test_packing_changes_nothing(history: History, count: int) -> None:
    """What was packed reads as before, together with what came later."""
    run = history.begin_run(DEPLOYMENT, "first-hour", 1, NOW)
    history.append(run, [seen(n / 7, after=n, n=n) for n in range(count)])
    before = history.series("m", environment="production")
    assert (0 if count < 512 else count) == history.compact(10)
    history.append(run, [seen(-1, after=count + 1)])
    after = history.series("m", environment="production")
    assert (count + 1, before) == (len(after), after[:-1])
    span = history.series("m", environment="production", since=NOW + 100 * MINUTE, until=NOW + 110 * MINUTE)
    assert before[100:110] == span
    assert (512 if count == 511 else 0) == history.compact(10)
    assert after == history.series("m", environment="production")


def test_runs_are_kept(history: History) -> None:
    """The newest first, by deployment, environment, phase and time, with their verdict."""
    keep(history, record(1))
    keep(history, record(2, checks={"bad": "FAIL"}))
    keep(history, record(3, phase="daily"))
    begun = history.begin_run(OTHER, "daily", 1, NOW + 9 * MINUTE)
    assert [("r2", 1), ("r1", 3), ("r1", 2), ("r1", 1)] == [(run.deployment, run.tick) for run in history.runs()]
    assert [2, 1] == [run.tick for run in history.runs("r1", phase="first-hour")]
    assert [begun] == [run.id for run in history.runs(finished=False)]
    assert [3, 2] == [run.tick for run in history.runs(finished=True, since=NOW + 2 * MINUTE)]
    assert [2] == [run.tick for run in history.runs(until=NOW + 3 * MINUTE, limit=1)]
    assert () == history.runs(environment="staging")
    (worse,) = history.runs("r1", since=NOW + 2 * MINUTE, until=NOW + 3 * MINUTE)
    assert ("WATCH", 12, True, "1.2", NOW) == (
        worse.decision, worse.exit_code, worse.finished, worse.version, worse.deployed_at
    )  # fmt: skip


def test_a_record_is_kept_whole(history: History) -> None:
    """A finished run gives its record back; one that never finished has none."""
    whole = record(1, checks={"good": "PASS", "bad": "FAIL"})
    assert whole == history.record(keep(history, whole))
    assert None is history.record(history.begin_run(DEPLOYMENT, "daily", 1, NOW))


def test_ticks_are_counted(history: History) -> None:
    """By deployment and phase, begun runs too; a number that is taken becomes the next one."""
    assert 1 == history.next_tick(DEPLOYMENT, "daily")
    history.begin_run(DEPLOYMENT, "daily", 1, NOW)
    history.begin_run(DEPLOYMENT, "daily", 1, NOW)
    asked = ((DEPLOYMENT, "daily"), (DEPLOYMENT, "weekly"), (OTHER, "daily"))
    assert [3, 1, 1] == [history.next_tick(*each) for each in asked]


def test_tallies_count_finished_runs(history: History) -> None:
    """How often each check came to what, the newest word, and how many runs in a row came to it."""
    for tick, status in enumerate(["PASS", "FAIL", "FAIL", "ERROR", "ERROR", "ERROR"], 1):
        keep(history, record(tick, checks={"c": status}))
    keep(history, record(7, checks={"c": "PASS"}, finished=False))
    keep(history, record(8, checks={"c": "WARN"}, phase="daily"))
    (tally,) = history.tallies(DEPLOYMENT, "first-hour")
    assert (1, 0, 0, 3, 2, 3, 3) == (
        tally.passed, tally.warned, tally.inconclusive, tally.errors, tally.failed, tally.status, tally.streak,
    )  # fmt: skip
    assert 2 == len(history.tallies(DEPLOYMENT))
    assert () == history.tallies(OTHER)


def test_an_invalid_run_is_not_used(history: History) -> None:
    """Neither its numbers nor its statuses count; nothing is deleted, and the mark can be taken back."""
    keep(history, record(1, checks={"c": "FAIL"}), seen(1, after=1))
    bad = keep(history, record(2, checks={"c": "PASS"}), seen(2, after=2))
    assert 1 == history.invalidate([bad, bad], "load test")
    assert ([1], [1]) == ([run.tick for run in history.runs()], values(history))
    assert [(2, "load test")] == [(run.tick, run.invalid) for run in history.runs(valid=False)]
    assert [(0, 1, 1)] == [(t.passed, t.failed, t.streak) for t in history.tallies(DEPLOYMENT)]
    assert 1 == history.invalidate([bad], None)
    assert ([2, 1], [1, 2]) == ([run.tick for run in history.runs()], values(history))
    assert [(1, 1)] == [(t.passed, t.failed) for t in history.tallies(DEPLOYMENT)]
    assert 0 == history.invalidate([999], "never was")


def test_states_are_changed_by_one_at_a_time(history: History) -> None:
    """A change names the version that it saw; who comes second is told."""
    assert None is history.get_state(DEPLOYMENT, "judge")
    assert 1 == history.set_state(DEPLOYMENT, "judge", "a", expected=0)
    with pytest.raises(StateConflictError, match="judge"):
        history.set_state(DEPLOYMENT, "judge", "b", expected=0)
    assert 2 == history.set_state(DEPLOYMENT, "judge", "b", expected=1)
    with pytest.raises(StateConflictError):
        history.set_state(DEPLOYMENT, "judge", "c", expected=1)
    assert 3 == history.set_state(DEPLOYMENT, "judge", "d", expected=None)
    kept = history.get_state(DEPLOYMENT, "judge")
    assert kept is not None
    assert ("d", 3) == (kept.value, kept.version)
    assert None is history.get_state(OTHER, "judge")
    history.delete_state(DEPLOYMENT, "judge")
    assert None is history.get_state(DEPLOYMENT, "judge")


def test_snapshots_are_kept(history: History) -> None:
    """The newest of a name, before a time, of an environment."""
    for minute in (1, 2):
        history.save_snapshot(DEPLOYMENT, "queries", {"calls": minute}, NOW + minute * MINUTE)
    history.save_snapshot(replace(OTHER, environment="staging"), "queries", {"calls": 9}, NOW)
    newest = history.snapshot("queries", environment="production")
    earlier = history.snapshot("queries", environment="production", before=NOW + 2 * MINUTE, deployment="r1")
    assert newest is not None
    assert earlier is not None
    assert ({"calls": 2}, "r1", {"calls": 1}) == (newest.data, newest.deployment, earlier.data)
    assert None is history.snapshot("other", environment="production")
    with pytest.raises(HistoryError, match="JSON"):
        history.save_snapshot(DEPLOYMENT, "queries", {"calls": float("nan")}, NOW)


def test_services_do_not_meet(place: str) -> None:
    """Two services in one database know nothing of each other."""
    with open_history(place, service="shop") as shop, open_history(place, service="bank") as bank:
        keep(shop, record(1), seen(1))
        keep(bank, record(1), seen(2))
        shop.set_state(DEPLOYMENT, "k", "shop", expected=0)
        assert ([1], [2]) == (values(shop), values(bank))
        assert (1, 1) == (len(shop.runs()), len(bank.runs()))
        assert None is bank.get_state(DEPLOYMENT, "k")
        with shop.lock("r1", 0.1), bank.lock("r1", 0.1):
            pass


def test_any_text_can_be_kept(history: History) -> None:
    """A null character and half a surrogate pair are stored as text that says so."""
    odd = "a\0b\ud800ü"
    run = history.begin_run(replace(DEPLOYMENT, id=odd), odd, 1, NOW)
    history.append(run, [seen(1, metric=odd, check=odd, unit=odd)])
    history.set_state(replace(DEPLOYMENT, id=odd), odd, odd, expected=None)
    assert [1] == values(history, odd, check=odd, deployment=odd)
    assert [2] == [history.next_tick(replace(DEPLOYMENT, id=odd), odd)]


def test_a_series_of_two_units(history: History) -> None:
    """A metric whose unit changed is two series under one name; lower bounds are marked."""
    keep(
        history,
        record(1),
        seen(1, unit="s"),
        seen(1000, unit="ms", after=1),
        seen(2, unit="s", after=2, lower_bound=True),
    )
    found = history.series("m", environment="production")
    assert [("s", False), ("ms", False), ("s", True)] == [(point.unit, point.lower_bound) for point in found]
    assert ("m",) == history.metrics("production")


def test_two_writers_share_a_new_series(place: str) -> None:
    """Two processes that see a metric for the first time agree on its series."""
    with open_history(place) as one, open_history(place) as two:
        for number, each in enumerate((one, two, one, two), 1):
            keep(each, record(number), seen(number, after=number))
        assert [1, 2, 3, 4] == values(one)


def test_times_are_utc(history: History) -> None:
    """A time in another zone, or in none, comes back in UTC."""
    run = history.begin_run(DEPLOYMENT, "daily", 1, NOW.astimezone(tz=None))
    history.append(
        run, [replace(seen(1), at=NOW.replace(tzinfo=None)), replace(seen(2), at=NOW + timedelta(microseconds=1900))]
    )
    assert [NOW, NOW + timedelta(milliseconds=1)] == [p.at for p in history.series("m", environment="production")]
    assert NOW == history.runs()[0].started_at


def test_an_unknown_run_is_refused(history: History) -> None:
    """Nothing can be observed by a run that never began."""
    with pytest.raises(HistoryError, match="no run 77"):
        history.append(77, [seen(1)])


def test_a_file_is_not_made_for_looking(tmp_path: Path) -> None:
    """Without ``create`` a missing file is told, and none appears."""
    with pytest.raises(HistoryError, match="no history"):
        open_history(tmp_path / "h.sqlite", create=False)
    assert [] == list(tmp_path.iterdir())
