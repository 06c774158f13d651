"""Burn rates: both windows of a pair have to burn."""

from __future__ import annotations

import math

import pytest

from pytest_deploycheck.judgement.burn_rate import WINDOWS, Urgency, burn_rates


def test_the_windows_of_the_workbook() -> None:
    """The pairs of the SRE workbook: factor, hours, minutes, urgency."""
    assert [(14.4, 1, 5), (6.0, 6, 30), (3.0, 24, 120), (1.0, 72, 360)] == [
        (each.factor, each.long / 3600, each.short / 60) for each in WINDOWS
    ]
    assert [Urgency.PAGE, Urgency.PAGE, Urgency.TICKET, Urgency.TICKET] == [each.urgency for each in WINDOWS]


def test_it_fires_while_both_windows_burn_and_ends_with_the_short_one() -> None:
    """Ten minutes at a fifth bad page at 99.9 %; five minutes after the end the short window is clean again."""
    looks = [(60.0 * i, 40.0 if 60 <= i < 75 else 0.0, 200.0) for i in range(100)]
    fires = [found[0].fires for found in burn_rates(looks, 0.999)]

    assert not any(fires[:60])
    assert fires[74]
    assert not any(fires[80:])


def test_impossible_looks_are_passed_over_and_objectives_checked() -> None:
    """NaN and contradictions count for nothing; an objective of 1 is refused."""
    assert [] == list(burn_rates([(0.0, math.nan, 5.0), (1.0, 6.0, 5.0), (math.nan, 0.0, 5.0)], 0.99))
    with pytest.raises(ValueError, match="objective"):
        list(burn_rates([], 1.0))
