"""The watch: never healthy on missing or impossible data, indifferent to order, and the same after a restart."""

from __future__ import annotations

import json
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_deploycheck.judgement.sequential import (
    CountBaseline,
    Obstacle,
    Outcome,
    OutcomeKind,
    Rules,
    StateError,
    fit_counts,
    fit_latency,
    judge_control,
    judge_counts,
    judge_latency,
    judge_metrics,
    watch_counts,
)
from pytest_deploycheck.judgement.sequential.watch import Counted

START = 1_700_006_400.0
KNOWN = CountBaseline(1440.0, 288_000.0)
NUMBERS = st.one_of(st.floats(), st.integers(-5, 300).map(float))
HOSTILE = st.sampled_from([(math.nan, 200.0), (1.0, math.nan), (-1.0, 200.0), (1.0, -200.0), (5.0, 4.0), (0.0, 0.0)])


def rows(rate: float, looks: int, seed: int = 1, start: float = START) -> list[tuple[float, float, float]]:
    """Return looks a minute at 200 requests with this rate of errors."""
    chance = random.Random(seed)  # noqa: S311
    return [(start + 60 * i, float(sum(chance.random() < rate for _ in range(200))), 200.0) for i in range(looks)]


def kinds(outcomes: list[Outcome]) -> set[OutcomeKind]:
    """Return the answers that were given."""
    return {outcome.kind for outcome in outcomes}


def test_a_regression_is_found_and_told_since_when() -> None:
    """Three times the errors are called a regression within half an hour, with about the right ratio and start."""
    looks = rows(0.005, 120) + rows(0.015, 30, 2, START + 120 * 60)
    found = [each for each in judge_counts(KNOWN, looks) if each.kind is OutcomeKind.REGRESSION]

    assert START + 120 * 60 <= found[0].timestamp
    assert 2 < found[0].ratio < 5
    assert START + 100 * 60 <= found[0].since <= found[0].timestamp


def test_a_healthy_deployment_becomes_healthy_after_the_minimum_duration() -> None:
    """The baseline's own rate is undecided at first, then healthy, and never a regression."""
    outcomes = list(judge_counts(KNOWN, rows(0.005, 120)))

    assert {OutcomeKind.UNDECIDED, OutcomeKind.HEALTHY} == kinds(outcomes)
    first = next(each for each in outcomes if each.kind is OutcomeKind.HEALTHY)
    assert first.timestamp - START >= Rules().minimum_duration


def test_undecided_says_how_many_requests_are_missing() -> None:
    """The number of requests still needed shrinks on the whole, and exists before anything is decided."""
    outcomes = [each for each in judge_counts(KNOWN, rows(0.005, 15)) if each.needed is not None]

    assert outcomes[-1].needed is not None
    assert outcomes[0].needed is not None
    assert 0 < outcomes[-1].needed < outcomes[0].needed


@given(st.lists(HOSTILE, min_size=1, max_size=80))
@settings(max_examples=40)
def test_impossible_counts_are_no_data_and_change_nothing(counts: list[tuple[float, float]]) -> None:
    """NaN, negative, contradictory and empty counts are never healthy and leave the state as it was."""
    watch = watch_counts(KNOWN)
    before = watch.save()
    outcomes = [watch.look(START + 60 * i, (Counted(bad, total),)) for i, (bad, total) in enumerate(counts)]

    assert {OutcomeKind.NO_DATA} == kinds(outcomes)
    assert before == watch.save()


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), max_size=40))
@settings(max_examples=60)
def test_anything_at_all_gets_an_answer_with_finite_evidence(looks: list[tuple[float, float, float]]) -> None:
    """Whatever the numbers, each look has an answer, and evidence that a file can hold."""
    outcomes = list(judge_counts(KNOWN, looks))

    assert len(looks) == len(outcomes)
    assert all(0 <= each.evidence < math.inf for each in outcomes)


def test_time_that_goes_backwards_is_no_data() -> None:
    """A look that is not later than the one before counts for nothing."""
    watch = watch_counts(KNOWN)
    for timestamp, bad, total in rows(0.005, 120):
        watch.look(timestamp, (Counted(bad, total),))
    again = watch.look(START + 119 * 60, (Counted(0, 200),))

    assert (OutcomeKind.NO_DATA, Obstacle.DISORDER) == (again.kind, again.obstacle)


@pytest.mark.parametrize(
    ("baseline", "obstacle"),
    [
        (CountBaseline(0, 0), Obstacle.NO_BASELINE),
        (CountBaseline(10, 2000, looks=10), Obstacle.SHORT_BASELINE),
        (CountBaseline(1440, 288_000, phi=10.5), Obstacle.OVERDISPERSED),
        (CountBaseline(0, 288_000), Obstacle.CLEAN_BASELINE),
    ],
)
def test_a_baseline_that_is_too_little_never_concludes_health(baseline: CountBaseline, obstacle: Obstacle) -> None:
    """Without enough of a baseline clean looks stay undecided and say why."""
    outcomes = list(judge_counts(baseline, [(START + 60 * i, 0.0, 200.0) for i in range(300)]))

    assert {(OutcomeKind.UNDECIDED, obstacle)} == {(each.kind, each.obstacle) for each in outcomes}


def test_beyond_the_phi_gate_nothing_is_a_regression() -> None:
    """A baseline that varies too much cannot roll back, however many errors there are."""
    baseline = CountBaseline(1440, 288_000, phi=10.5)
    outcomes = list(judge_counts(baseline, [(START + 60 * i, 100.0, 200.0) for i in range(60)]))

    assert {OutcomeKind.UNDECIDED} == kinds(outcomes)


@given(st.integers(0, 59), st.integers(0, 100))
@settings(max_examples=30)
def test_a_restart_changes_no_bit(cut: int, seed: int) -> None:
    """Saved as JSON anywhere and gone on with, every later outcome is the same to the last bit."""
    looks = rows(0.01, 60, seed)
    straight = list(judge_counts(KNOWN, looks))
    first = watch_counts(KNOWN)
    for timestamp, bad, total in looks[:cut]:
        first.look(timestamp, (Counted(bad, total),))
    second = watch_counts(KNOWN, saved=json.loads(json.dumps(first.save())))
    rest = [second.look(timestamp, (Counted(bad, total),)) for timestamp, bad, total in looks[cut:]]

    assert repr(straight[cut:]) == repr(rest)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"v":2}', '{"v":1,"t":["0x0p+0"],"s":[]}', "null", "9" * 5000])
def test_a_broken_state_is_refused(text: str) -> None:
    """What is no saved state of this watch is refused, never taken for a fresh one."""
    with pytest.raises(StateError):
        watch_counts(KNOWN, saved=text)


@given(st.permutations(["a", "b", "c"]))
@settings(max_examples=6)
def test_the_order_of_metrics_changes_nothing(order: list[str]) -> None:
    """Several metrics give bit-equal evidence in any order."""
    baselines = {"a": KNOWN, "b": CountBaseline(100, 20_000), "c": CountBaseline(5, 9_000)}
    looks = [(START + 60 * i, {"a": (1.0 + i % 3, 200.0), "b": (i % 2, 90.0), "c": (0.0, 30.0)}) for i in range(40)]
    straight = judge_metrics(baselines, looks)
    shuffled = judge_metrics(
        {name: baselines[name] for name in order}, [(at, {name: each[name] for name in order}) for at, each in looks]
    )

    assert [repr(each) for each in straight] == [repr(each) for each in shuffled]


def test_a_missing_metric_forbids_health() -> None:
    """As long as one of two metrics is missing the looks are no data; its regression would still be found."""
    baselines = {"a": KNOWN, "b": KNOWN}
    outcomes = list(judge_metrics(baselines, [(START + 60 * i, {"a": (0.0, 200.0)}) for i in range(200)]))
    bad = list(judge_metrics(baselines, [(START + 60 * i, {"a": (50.0, 200.0)}) for i in range(9)]))

    assert {OutcomeKind.NO_DATA} == kinds(outcomes)
    assert OutcomeKind.REGRESSION is bad[-1].kind


def test_slower_requests_are_a_regression_and_equal_ones_healthy() -> None:
    """Latencies a fifth longer are found within ten looks; the same ones become healthy."""
    chance = random.Random(7)  # noqa: S311

    def looks(factor: float, count: int, start: float) -> list[tuple[float, list[float]]]:
        return [(start + 60 * i, [factor * chance.lognormvariate(0, 0.5) for _ in range(100)]) for i in range(count)]

    baseline = fit_latency(looks(1, 300, START))
    slower = list(judge_latency(baseline, looks(1.2, 12, START)))
    same = list(judge_latency(baseline, looks(1, 90, START)))
    broken = list(judge_latency(baseline, [(START + 60 * i, [0.1] * 50 + [math.nan]) for i in range(90)]))

    assert OutcomeKind.REGRESSION is slower[-1].kind
    assert OutcomeKind.HEALTHY is same[-1].kind
    assert {OutcomeKind.NO_DATA} == kinds(broken)


def test_beside_a_control_shared_noise_cancels() -> None:
    """Errors of both versions together are no regression, errors of the new one alone are; all of alpha is used."""
    both = list(judge_control((START + 60 * i, 40.0, 100.0, 80.0, 200.0) for i in range(60)))
    new = list(judge_control((START + 60 * i, 6.0, 100.0, 2.0, 200.0) for i in range(60)))
    gone = list(judge_control((START + 60 * i, 0.0, 100.0, 0.0, 0.0) for i in range(90)))

    assert OutcomeKind.REGRESSION not in kinds(both)
    assert OutcomeKind.REGRESSION is new[-1].kind
    assert pytest.approx(math.log(100)) == new[0].log_threshold
    assert {OutcomeKind.NO_DATA} == kinds(gone)


def test_a_check_with_a_known_flake_rate() -> None:
    """A pytest check is a count of one: a failing one decides after a few looks, one failure in many does not."""
    flaky = CountBaseline(20, 1000)
    failing = list(judge_counts(flaky, [(START + 60 * i, 1.0, 1.0) for i in range(8)]))
    once = list(judge_counts(flaky, [(START + 60 * i, float(i == 5), 1.0) for i in range(8)]))

    assert OutcomeKind.REGRESSION is failing[-1].kind
    assert {OutcomeKind.UNDECIDED} == kinds(once)


def test_a_rare_false_alarm_is_rare() -> None:
    """Twenty healthy half days with baselines of their own never call a regression."""
    for seed in range(20):
        baseline = fit_counts(rows(0.005, 720, seed))
        outcomes = judge_counts(baseline, rows(0.005, 300, seed + 1000, START + 86_400))
        assert all(each.kind is not OutcomeKind.REGRESSION for each in outcomes)
