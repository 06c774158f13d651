"""Replay on iterables: what would have been decided, and which thresholds would have cried wolf."""

from __future__ import annotations

import math
import random
import time

import pytest

from pytest_deploycheck.judgement.ladder import parse_ladder
from pytest_deploycheck.judgement.sequential import OutcomeKind
from pytest_deploycheck.replay import ReplayOptions, replay_counts, replay_gauge, replay_latency

START = 1_700_006_400.0
Rows = list[tuple[float, float, float]]


def counts(rate: float, looks: int, start: float = START) -> Rows:
    """Return looks a minute at 200 requests with this rate of errors."""
    chance = random.Random(rate)  # noqa: S311
    return [(start + 60 * i, float(sum(chance.random() < rate for _ in range(200))), 200.0) for i in range(looks)]


BEFORE = counts(0.005, 600)


def test_a_regression_and_the_thresholds_that_saw_it() -> None:
    """The judgement fires after the onset; each level has its firings, looks in a row being one alarm."""
    levels = parse_ladder({"medium": "> 1.5%", "high": ">= 2x baseline", "critical": "> 50%"}, "%")
    observed = counts(0.005, 60) + counts(0.05, 20, START + 3600)
    found = replay_counts(BEFORE, observed, ReplayOptions(levels=levels))

    assert found.first_regression is not None
    assert START + 3600 <= found.first_regression <= START + 3600 + 5 * 60
    by_level = {rule.level: rule for rule in found.rules}
    expected = [at for at, bad, total in observed if 100 * bad / total > 1.5]
    assert expected == list(by_level["medium"].firings)
    assert 0 < by_level["medium"].alarms <= len(expected)
    assert (0, ()) == (by_level["critical"].alarms, by_level["critical"].firings)


def test_sustained_thresholds_need_their_time_and_no_gap() -> None:
    """With ``for`` a threshold fires when it has held that long; a look without data starts it anew."""
    observed = [(START + 60 * i, 10.0 if i != 6 else math.nan, 200.0) for i in range(12)]
    options = ReplayOptions(levels=parse_ladder({"high": "> 1%"}, "%"), sustained=240.0)
    (rule,) = replay_counts(BEFORE, observed, options).rules

    assert [START + 60 * i for i in (4, 5, 11)] == list(rule.firings)
    assert 2 == rule.alarms


def test_a_level_without_its_reference_says_so() -> None:
    """A share of a capacity, and a baseline of nothing, are problems of the rule, not of the replay."""
    levels = parse_ladder({"low": "> 1%", "medium": "> 2x baseline", "high": "> 80% of capacity"}, "%")
    found = replay_counts([], counts(0.005, 5), ReplayOptions(levels=levels))

    assert [None, "no baseline", "no capacity"] == [rule.problem for rule in found.rules]
    assert {OutcomeKind.UNDECIDED} == {look.outcome for look in found.looks}


def test_no_data_stays_no_data() -> None:
    """Looks that cannot be are no data, with evidence 0 and no value."""
    observed = [(START, math.nan, 200.0), (START + 60, 5.0, 4.0), (START - 60, -1.0, 10.0)]
    looks = replay_counts(BEFORE, observed).looks

    assert [(OutcomeKind.NO_DATA, 0.0, None)] * 3 == [(look.outcome, look.evidence, look.value) for look in looks]


def test_latency_by_the_statistic() -> None:
    """Thresholds are asked about the chosen statistic; slower requests are a regression."""
    chance = random.Random(1)  # noqa: S311

    def looks(factor: float, count: int) -> list[tuple[float, list[float]]]:
        return [(START + 60 * i, [factor * chance.lognormvariate(0, 0.5) for _ in range(100)]) for i in range(count)]

    options = ReplayOptions(levels=parse_ladder({"high": "> 2s"}, "s"), unit="s", statistic="max")
    found = replay_latency(looks(1, 200), looks(1.5, 10), options)

    assert found.first_regression is not None
    assert 10 == len(found.rules[0].firings)
    assert [OutcomeKind.UNDECIDED] == [look.outcome for look in replay_latency([], [(START, [1.0])]).looks]


def test_a_leaking_gauge_is_found_and_a_season_is_not() -> None:
    """A daily swing like the baseline's is no regression; a steady rise on top of it is, within hours."""
    chance = random.Random(5)  # noqa: S311

    def gauge(day: int, rise: float) -> list[tuple[float, float]]:
        return [
            (START + 86_400 * day + 60 * i, 50 + 9 * math.sin(i * math.pi / 720) + chance.gauss(0, 1) + rise * i / 60)
            for i in range(1440)
        ]

    leaking = replay_gauge(gauge(0, 0), gauge(1, 2.0))
    assert leaking.first_regression is not None
    assert replay_gauge(gauge(0, 0), gauge(1, 0)).first_regression is None


def test_two_days_of_looks_are_quick() -> None:
    """2,880 looks with a ladder take a fraction of a second; the limit here is far above the goal of 0.25 s."""
    observed = counts(0.005, 2880)
    begun = time.process_time()
    found = replay_counts(BEFORE, observed, ReplayOptions(levels=parse_ladder({"high": "> 3%"}, "%")))

    assert 2880 == len(found.looks)
    assert pytest.approx(0, abs=2.0) == time.process_time() - begun
