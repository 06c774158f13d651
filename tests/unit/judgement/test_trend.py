"""Trends: Mann-Kendall against known numbers, and leaks found with their time to the limit."""

from __future__ import annotations

import math
import random

import pytest

from pytest_deploycheck.judgement.trend import LOOKS, mann_kendall, theil_sen, trend_of, watch_trend


def test_mann_kendall_by_hand() -> None:
    """Ten rising values: S = 45, variance 125, z = 44 / sqrt(125)."""
    tau, p_value = mann_kendall([float(i) for i in range(10)])

    assert 1.0 == tau
    assert pytest.approx(math.erfc(44 / math.sqrt(125) / math.sqrt(2)) / 2) == p_value


def test_equal_values_have_no_trend() -> None:
    """Ties alone, or two points, prove nothing."""
    assert (0.0, 1.0) == mann_kendall([5.0] * 20)
    assert (0.0, 1.0) == mann_kendall([1.0, 2.0])


def test_theil_sen_ignores_an_outlier() -> None:
    """The slope is the median of all pairs' slopes."""
    assert 2.0 == theil_sen([(0.0, 0.0), (1.0, 2.0), (2.0, 4.0), (3.0, 600.0), (4.0, 8.0)])


def test_a_leak_is_found_with_its_time_to_the_limit() -> None:
    """A gauge that gains 10 an hour from 100 on reaches 200 about six hours after the look at four."""
    chance = random.Random(2)  # noqa: S311
    points = [(60.0 * i, 100 + i / 6 + chance.gauss(0, 5)) for i in range(300)]
    found = [each for each in watch_trend(points, 0.0, limit=200.0) if each.rises]

    assert found
    assert pytest.approx(10.0, rel=0.3) == 3600 * found[-1].slope
    assert found[-1].limit_in is not None
    assert pytest.approx(6 * 3600, rel=0.3) == found[-1].limit_in


def test_noise_is_no_leak_and_gaps_no_trend() -> None:
    """White noise over two days rises at no look; a span with few blocks has no trend at all."""
    chance = random.Random(4)  # noqa: S311
    points = [(60.0 * i, chance.gauss(0, 1)) for i in range(2881)]

    assert [False] * len(LOOKS) == [each.rises for each in watch_trend(points, 0.0)]
    assert trend_of(points[:20], 0.0, LOOKS[0], alpha=0.01) is None
