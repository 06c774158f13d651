"""Growth, threshold review and recommendations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.analysis.growth import growth
from pytest_deploycheck.analysis.recommend import RULES, Facts, recommendations
from pytest_deploycheck.analysis.tuning import Alarms, alarms, rounded_up, suggested_limit
from pytest_deploycheck.status import Status

NOW = datetime(2026, 3, 2, tzinfo=UTC)
DAY = 86_400.0
P, W, F = Status.PASS, Status.WARN, Status.FAIL


def test_days_until_the_limit() -> None:
    """A disk that fills by one percent a day from 40 % reaches 90 % in 40 days after ten."""
    found = growth([(day * DAY, 40.0 + day) for day in range(11)], 90.0)
    assert found is not None
    assert (True, 1.0, 40.0) == (found.grows, round(found.slope, 6), round(found.days_left or 0, 6))


def test_what_does_not_grow_has_no_time_left() -> None:
    """A level that goes up and down has no time to its limit; one that is there already has none left."""
    flat = growth([(day * DAY, 40.0 + day % 2) for day in range(20)], 90.0)
    full = growth([(day * DAY, 95.0) for day in range(20)], 90.0)
    assert (None, 0.0) == (flat and flat.days_left, full and full.days_left)


def test_too_few_points_are_no_growth() -> None:
    """Four points say nothing."""
    assert None is growth([(day * DAY, float(day)) for day in range(4)], 9.0)


def looks(*statuses: Status) -> list[tuple[datetime, Status]]:
    """Return looks a minute apart."""
    return [(NOW + timedelta(minutes=place), status) for place, status in enumerate(statuses)]


def test_short_alarms_without_an_incident_are_false_positives() -> None:
    """One bad look that goes by itself is a false positive; a long stretch, one that stands and a real one are not."""
    seen = looks(P, F, P, P, W, W, W, P, F, P, F)
    incident = (NOW + timedelta(minutes=8), NOW + timedelta(minutes=9))
    assert Alarms(looks=11, bad=6, stretches=4, false_positives=1) == alarms(seen, [incident])


def test_a_limit_from_too_few_looks_is_none() -> None:
    """Nineteen looks suggest no limit."""
    assert (None, 1.1) == (suggested_limit([1.0] * 19), suggested_limit([1.0] * 20))


@given(st.floats(min_value=1e-9, max_value=1e12))
def test_rounding_up_never_goes_below(value: float) -> None:
    """A suggested limit keeps two digits and is never below the value."""
    assert value * (1 - 1e-9) <= rounded_up(value) <= value * 1.11


def test_unknown_facts_move_no_rule() -> None:
    """Without facts there is no advice."""
    assert () == recommendations(Facts())


@pytest.mark.parametrize(
    ("rule", "at", "beyond"),
    [
        ("mean-duration", Facts(mean_seconds=3.0), Facts(mean_seconds=3.01)),
        ("p95-duration", Facts(p95_seconds=5.0), Facts(p95_seconds=5.01)),
        ("slow-operations", Facts(slow_per_day=10.0), Facts(slow_per_day=10.1)),
        ("peak-load", Facts(peak_load=0.5), Facts(peak_load=0.51)),
        ("time-to-limit", Facts(growing=(("disk", 91.0),)), Facts(growing=(("disk", 20.0),))),
        ("slower", Facts(slower=(("p95", 0.2),)), Facts(slower=(("p95", 0.3),))),
        ("rising-failures", Facts(classes=(("t", 3, "stable"),)), Facts(classes=(("t", 3, "rising"),))),
        ("noisy-check", Facts(), Facts(noisy=(("c", "why"),))),
        ("database", Facts(), Facts(queries=(("c", "why"),))),
        ("blind-spot", Facts(), Facts(unseen=("INC-1",))),
        ("common-failures", Facts(), Facts(classes=(("t", 3, "stable"),))),
    ],
)
def test_each_rule_speaks_beyond_its_limit(rule: str, at: Facts, beyond: Facts) -> None:
    """At its limit a rule is silent, beyond it speaks and gives its evidence."""
    assert rule not in {each.rule for each in recommendations(at)}
    assert rule in {each.rule for each in recommendations(beyond) if each.evidence}


def test_every_rule_is_tried() -> None:
    """The table above knows every rule."""
    assert 11 == len(RULES)
