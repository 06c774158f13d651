"""The judge: what is reached decides, what is missing is never green, and the reason can be read."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.judgement.judge import is_ignored, judge
from pytest_deploycheck.judgement.ladder import parse_ladder
from pytest_deploycheck.model import Judgement, Measurement
from pytest_deploycheck.status import Policy, Severity, Status, status_of_finding

LIMITS = {"medium": "> 1%", "critical": "> 5%", "rollback": "> 10%"}
LADDER = parse_ladder(LIMITS, "%")
RELATIVE = parse_ladder({"low": ">= 1%", "high": ">= 2x baseline (floor 0.5%)", "critical": "> 5%"}, "%")


def judged(value: Any, ladder: Any = LADDER, *, unit: str = "%", n: int | None = None, **options: Any) -> Judgement:
    """Return the judgement of a value in percent."""
    return judge(Measurement(metric="error_rate", value=value, unit=unit, n=n), ladder, **options)


@pytest.mark.parametrize(
    ("value", "status", "severity", "reason"),
    [
        (0.4, Status.PASS, None, "0.4 % is clear of medium > 1 %, critical > 5 %, rollback > 10 %"),
        (1, Status.PASS, None, "1 % is clear of medium > 1 %, critical > 5 %, rollback > 10 %"),
        (3, Status.WARN, Severity.MEDIUM, "3 % > 1 % (medium)"),
        (5.0000001, Status.FAIL, Severity.CRITICAL, "5.0000001 % > 5 % (critical)"),
        (12.5, Status.FAIL, Severity.ROLLBACK, "12.5 % > 10 % (rollback)"),
    ],
)
def test_the_level_reached_decides(value: float, status: Status, severity: Severity | None, reason: str) -> None:
    """The worst level reached gives status, severity and a reason with value and limit."""
    judgement = judged(value)
    assert (status, severity, reason) == (judgement.status, judgement.severity, judgement.reason)


def test_the_condition_is_the_one_that_decided() -> None:
    """The condition is the level reached, or the whole ladder when none was."""
    assert ("> 5 %", LADDER.describe("%")) == (judged(7).condition, judged(0).condition)


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_a_worse_value_is_never_judged_milder(first: float, second: float) -> None:
    """A value further in the bad direction never gets a better status or a milder level."""
    better, worse = (judged(value) for value in sorted((first, second)))
    assert better.status <= worse.status
    assert better.severity is None or (worse.severity is not None and better.severity <= worse.severity)


@given(st.decimals(0, 20, places=4))
def test_the_unit_of_the_measurement_changes_nothing(percent: Any) -> None:
    """A ratio and its percentage get the same level."""
    expected = judged(float(percent))
    assert expected.severity is judged(float(percent / 100), parse_ladder(LIMITS, ""), unit="").severity


@given(
    st.sampled_from([None, math.nan, math.inf, -math.inf, "text", True]),
    st.sampled_from(Policy),
    st.sampled_from(["> 5", "< 5", "!= 5", "outside 1..5", "> +30%", "<= 80% of capacity"]),
    st.one_of(st.none(), st.floats()),
    st.sampled_from(Severity),
)
def test_no_data_is_never_a_pass(
    value: Any, policy: Policy, condition: str, baseline: float | None, severity: Severity
) -> None:
    """Whatever the policy and the condition, a value that is no number is never green."""
    judgement = judged(
        value,
        parse_ladder({"low": condition}),
        no_data=policy,
        baseline=baseline,
        capacity=1,
        severity=severity,
        unit="",
    )
    assert Status.PASS is not judgement.status
    assert (policy is Policy.IGNORE) is is_ignored(judgement)


@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_no_data_is_never_a_pass_without_limits_either(value: float | None) -> None:
    """A reading that is only recorded needs a value too."""
    assert Status.INCONCLUSIVE is judged(value, None).status


@pytest.mark.parametrize(
    ("policy", "status", "severity"),
    [
        (Policy.INCONCLUSIVE, Status.INCONCLUSIVE, None),
        (Policy.WARN, Status.WARN, Severity.MEDIUM),
        (Policy.FAIL, Status.FAIL, Severity.CRITICAL),
        (Policy.IGNORE, Status.INCONCLUSIVE, None),
    ],
)
def test_policies_decide_about_what_is_missing(policy: Policy, status: Status, severity: Severity | None) -> None:
    """Missing data and a missing baseline become what their own policy says, and say so."""
    for judgement, words in (
        (judged(None, no_data=policy, severity=Severity.CRITICAL), "no data"),
        (judged(0.1, RELATIVE, no_baseline=policy, severity=Severity.CRITICAL), "not judged: no baseline"),
    ):
        assert (status, severity) == (judgement.status, judgement.severity)
        assert words in judgement.reason
        assert (policy is Policy.IGNORE) is is_ignored(judgement)


def test_the_policy_fail_follows_the_severity_of_the_check() -> None:
    """A check of low severity without data fails no louder than a low finding."""
    expected = status_of_finding(Severity.LOW)
    assert expected is judged(None, no_data=Policy.FAIL, severity=Severity.LOW).status


def test_a_policy_for_one_thing_leaves_the_other_alone() -> None:
    """Ignoring a missing baseline ignores neither missing data nor a missing capacity."""
    assert not is_ignored(judged(None, RELATIVE, no_baseline=Policy.IGNORE))
    both = parse_ladder({"medium": "> +50%", "high": "> 80% of capacity"})
    judgement = judged(1, both, unit="", no_baseline=Policy.IGNORE)
    assert not is_ignored(judgement)
    assert "no baseline, no capacity" in judgement.reason


@pytest.mark.parametrize(
    ("n", "least", "status"),
    [
        (None, 20, Status.FAIL),
        (0, 1, Status.INCONCLUSIVE),
        (0, 0, Status.INCONCLUSIVE),
        (19, 20, Status.INCONCLUSIVE),
        (20, 20, Status.FAIL),
    ],
)
def test_too_few_samples_decide_nothing(n: int | None, least: int, status: Status) -> None:
    """Below the least number of samples nothing is judged, zero samples never are."""
    assert status is judged(50, n=n, min_samples=least).status


def test_too_few_samples_show_the_raw_counts() -> None:
    """The reason keeps the value, the number of samples and the measurement's note."""
    measurement = Measurement(metric="m", value=4.35, unit="%", n=23, note="1 of 23")
    expected = "insufficient data: n = 23 < min_samples 100 (4.35 %, 1 of 23)"
    assert expected == judge(measurement, LADDER, min_samples=100).reason
    empty = Measurement(metric="m", value=None, n=0, note="no requests")
    assert judge(empty, LADDER).reason == "no data (n = 0, no requests)"


@pytest.mark.parametrize(
    ("value", "baseline", "severity", "reason"),
    [
        (6, None, Severity.CRITICAL, "6 % > 5 % (critical)"),
        (3, None, None, "3 % >= 1 % (low); high >= 2x baseline (floor 0.5 %) not judged: no baseline"),
        (1.3, 0.1, Severity.HIGH, "1.3 % >= 2x baseline (floor 0.5 %) = 1 %, baseline 0.1 % (high)"),
        (1.1, 0.6, Severity.LOW, "1.1 % >= 1 % (low)"),
    ],
)
def test_absolute_levels_decide_without_a_baseline(
    value: float, baseline: float | None, severity: Severity | None, reason: str
) -> None:
    """A level that is reached decides, unless it is mild and a worse one could not be judged; that one is named."""
    judgement = judged(value, RELATIVE, baseline=baseline)
    assert (severity, reason) == (judgement.severity, judgement.reason)
    assert baseline == judgement.baseline


def test_a_baseline_that_is_no_number_is_none() -> None:
    """A NaN as baseline is a missing one, in the judgement and in the record."""
    judgement = judged(0.1, RELATIVE, baseline=math.nan)
    assert Status.INCONCLUSIVE is judgement.status
    assert judgement.baseline is None


def test_a_missing_capacity_is_missing_data() -> None:
    """Without its capacity a share of it cannot be judged, and the policy for data decides."""
    ladder = parse_ladder({"critical": "> 90% of capacity"})
    assert Status.INCONCLUSIVE is judged(5, ladder, unit="").status
    assert Status.WARN is judged(5, ladder, unit="", no_data=Policy.WARN).status
    assert Status.FAIL is judged(91, ladder, unit="", capacity=100).status


@pytest.mark.parametrize("value", [0, 7.5, "v2", True])
def test_without_limits_a_value_is_recorded(value: Any) -> None:
    """A value without a ladder passes as recorded, and says so."""
    judgement = judged(value, None)
    assert Status.PASS is judgement.status
    assert judgement.reason.endswith("recorded, no limit declared")


@pytest.mark.parametrize(("value", "unit"), [("text", "%"), (5, "s"), (5, "jobs")])
def test_a_value_of_another_kind_is_not_judged(value: Any, unit: str) -> None:
    """Text, or a unit that does not fit the ladder, is inconclusive with the reason and no traceback."""
    judgement = judged(value, unit=unit)
    assert Status.INCONCLUSIVE is judgement.status
    assert judgement.reason.startswith("cannot be judged: ")


def test_words_are_judged() -> None:
    """A ladder on words gives the level of the word."""
    ladder = parse_ladder({"medium": "!= healthy", "critical": "== down"})
    expected = {"healthy": None, "degraded": Severity.MEDIUM, "down": Severity.CRITICAL}
    assert expected == {word: judged(word, ladder, unit="").severity for word in expected}
    assert judged("down", ladder, unit="").reason == '"down" == "down" (critical)'


@pytest.mark.parametrize(
    ("value", "status"),
    [(10, Status.INCONCLUSIVE), (3, Status.INCONCLUSIVE), (6, Status.FAIL)],
)
def test_a_lower_bound_never_passes(value: float, status: Status) -> None:
    """A value that is only known to be at least so large fails when that is enough, and is never called good."""
    ladder = parse_ladder({"medium": "> 2", "critical": "> 5"}) if value < 10 else parse_ladder({"high": "> 20"})
    measurement = Measurement(metric="p99", value=value, lower_bound=True)
    assert status == judge(measurement, ladder).status
