"""Outcomes in words, and the dials' ranges."""

from __future__ import annotations

import math

import pytest

from pytest_deploycheck.judgement.sequential import (
    CountBaseline,
    Obstacle,
    Outcome,
    OutcomeKind,
    Rules,
    RulesError,
    explain,
)
from pytest_deploycheck.judgement.sequential.streams import count_stream
from pytest_deploycheck.judgement.sequential.words import once_in

RULES = Rules()


def outcome(kind: OutcomeKind, log_evidence: float = 0.0, threshold: float = 200.0, **more: object) -> Outcome:
    """Return an outcome at 14:20 that began at 14:05."""
    fields = {"ratio": 3.1, "since": 1_700_056_000.0 - 5_500.0 - 220.0 - 56_000.0 % 60, **more}
    return Outcome(1_700_051_000.0, kind, log_evidence, math.log(threshold), "errors", **fields)  # type: ignore[arg-type]


def test_a_regression_in_words() -> None:
    """How much worse, since when, and how rarely a healthy deployment looks so."""
    text = explain(outcome(OutcomeKind.REGRESSION, math.log(400), 100.0), RULES)

    assert text.startswith("3.1 times the baseline's errors since ")
    assert text.endswith("; a healthy deployment would look like this less than once in 400")


def test_the_baselines_part_of_alpha_is_counted() -> None:
    """At the threshold a finite baseline leaves once in 100, and no evidence gets beyond once in 200."""
    assert (100, 200) == tuple(once_in(outcome(OutcomeKind.REGRESSION, log), RULES) for log in (math.log(200), 99.0))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"needed": 1}, "undecided: 1 more request like"),
        ({"needed": 2500}, "undecided: 2,500 more requests like"),
        ({"obstacle": Obstacle.OVERDISPERSED, "phi": 12.0}, "(phi 12 > 10)"),
        ({"obstacle": Obstacle.NO_BASELINE}, "undecided: there is no baseline"),
        ({"log_evidence": -1.0}, "no number of requests"),
        ({"log_evidence": 2.0}, "not enough to be sure"),
        ({"log_evidence": 2.0, "ratio": math.inf}, "where the baseline had none"),
    ],
)
def test_undecided_in_words(more: dict[str, object], words: str) -> None:
    """Undecided always says why."""
    assert words in explain(outcome(OutcomeKind.UNDECIDED, **more), RULES)  # type: ignore[arg-type]


def test_the_others_in_words() -> None:
    """Healthy says what is ruled out; no data says what was missing."""
    assert "2 times the baseline's errors or more is ruled out (95 % sure)" in explain(
        outcome(OutcomeKind.HEALTHY), RULES
    )
    missing = explain(outcome(OutcomeKind.NO_DATA, obstacle=Obstacle.NO_DATA), RULES)
    assert "no data: nothing usable was measured" == missing


@pytest.mark.parametrize("wrong", [{"alpha": 0}, {"alpha": math.nan}, {"beta": 1}, {"tolerated": 0.9}, {"horizon": 0}])
def test_dials_have_ranges(wrong: dict[str, float]) -> None:
    """A dial out of its range is refused by name."""
    with pytest.raises(RulesError, match=next(iter(wrong))):
        Rules(**wrong)  # type: ignore[arg-type]


def test_the_null_is_the_bound_times_what_is_tolerated() -> None:
    """Known totals: the log ratios belong to the odds of 1.25 times the quantile of Beta(y0 + 1, n0 - y0)."""
    stream = count_stream("errors", CountBaseline(1440, 288_000), RULES)
    null = 1.25 * 0.005348568471245652  # betaincinv(1441, 286560, 0.995)

    assert pytest.approx(-math.log1p(0.5 * null), rel=1e-9) == stream.terms(0.0).regression.offsets[0]
