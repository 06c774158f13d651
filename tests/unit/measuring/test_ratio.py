"""A count divided by a count of another source."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from pytest_deploycheck.errors import NoDataError
from pytest_deploycheck.measuring import share_of
from pytest_deploycheck.model import Measurement

METRIC = SimpleNamespace(id="error-rate", unit="%")
ERRORS = Measurement(metric="error-rate", value=12, window="1h", note="SHOP-7 TypeError")
REQUESTS = Measurement(metric="requests", value=4800, window="1h")


def test_a_share_in_percent_of_so_many() -> None:
    """The share is in %, its n is the number of requests, and its note says what it was divided by."""
    found = share_of(METRIC, ERRORS, REQUESTS)
    assert (0.25, "%", 4800) == (found.value, found.unit, found.n)
    assert "SHOP-7 TypeError; of 4800 by requests" == found.note


@pytest.mark.parametrize(("unit", "value"), [("1/s", 2.0), ("1/min", 120.0)])
def test_a_rate_is_multiplied_by_the_window(unit: str, value: float) -> None:
    """Requests a second become requests in the time in which errors were counted, whatever their own window was."""
    found = share_of(METRIC, ERRORS, replace(REQUESTS, value=value, unit=unit, window="10s"))
    assert 7200 == found.n
    assert found.value == pytest.approx(12 / 7200 * 100)


@pytest.mark.parametrize("value", [None, 0, 0.0, -5])
def test_no_requests_mean_no_value(value: float | None) -> None:
    """Without a request count there is nothing to judge, also when there were no errors."""
    found = share_of(METRIC, replace(ERRORS, value=0), replace(REQUESTS, value=value))
    assert (None, 0) == (found.value, found.n)


def test_no_count_means_no_value() -> None:
    """Without a count of errors there is no share of 0."""
    assert share_of(METRIC, replace(ERRORS, value=None), REQUESTS).value is None


def test_a_lower_bound_stays_one() -> None:
    """A share whose count is too low is too low itself."""
    assert share_of(METRIC, replace(ERRORS, lower_bound=True), REQUESTS).lower_bound


@pytest.mark.parametrize(
    ("errors", "requests", "words"),
    [
        ({}, {"window": "10s"}, "error-rate counts 1h, requests 10s. Give both the same window"),
        ({"window": None}, {"unit": "1/s"}, "requests is a rate, and error-rate has no window"),
        ({}, {"unit": "s"}, "requests is in s, which is no count"),
        ({}, {"value": "many"}, r"requests is no count \(many\)"),
        ({}, {"value": float("nan")}, r"requests is no count \(nan\)"),
        ({"unit": "%"}, {}, "error-rate is in %, which is no count"),
    ],
)
def test_what_cannot_be_divided(errors: dict[str, object], requests: dict[str, object], words: str) -> None:
    """Counts over different times, and what is no count, give no share instead of a wrong one."""
    with pytest.raises(NoDataError, match=words):
        share_of(METRIC, replace(ERRORS, **errors), replace(REQUESTS, **requests))  # type: ignore[arg-type]  # any field


@pytest.mark.parametrize("window", ["59m", "3612s"])
def test_measured_windows_differ_a_little(window: str) -> None:
    """What it took to ask does not count as another window."""
    assert share_of(METRIC, ERRORS, replace(REQUESTS, window=window)).value == 0.25
