"""Numbers from two scrapes, compared with what they are by hand."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.metricquery import parse_query
from pytest_deploycheck.sources.openmetrics_compute import Scrape, compute, histogram_quantile
from pytest_deploycheck.sources.openmetrics_text import read_exposition

if TYPE_CHECKING:
    from pytest_deploycheck.asks import Number


def computed(query: str, first: str, last: str, seconds: float = 10.0) -> Number:
    """Return the answer to a query from two texts, so many seconds apart."""
    return compute(
        parse_query(query),
        Scrape(read_exposition(first.encode()), at=100.0, wall=1_000_000.0 - seconds),
        Scrape(read_exposition(last.encode()), at=100.0 + seconds, wall=1_000_000.0),
    )


HTTP_1 = 'http_total{s="200"} 100\nhttp_total{s="500"} 7\nhttp_total{s="200",c="probe"} 50\n'
HTTP_2 = 'http_total{s="200"} 190\nhttp_total{s="500"} 17\nhttp_total{s="200",c="probe"} 900\n'
LATENCY_1 = """lat_seconds_bucket{le="0.1"} 5
lat_seconds_bucket{le="1"} 5
lat_seconds_bucket{le="+Inf"} 5
lat_seconds_sum 1
lat_seconds_count 5
"""
LATENCY_2 = """lat_seconds_bucket{le="0.1"} 10
lat_seconds_bucket{le="1"} 15
lat_seconds_bucket{le="+Inf"} 15
lat_seconds_sum 4
lat_seconds_count 15
"""


@pytest.mark.parametrize(
    ("query", "value", "unit", "n"),
    [
        ('value(http_total{s="200"})', 1090, "", 2),
        ("max(http_total)", 900, "", 3),
        ("min(http_total)", 17, "", 3),
        ('increase(http_total{c!="probe"})', 100, "", 2),
        ('rate(http_total{c!="probe"})', 10, "1/s", 2),
        ('ratio(http_total{s=~"5..",c!="probe"}, http_total{c!="probe"})', 10, "%", 100),
        ('ratio(http_total{s="503"}, http_total{c!="probe"})', 0, "%", 100),
        ('delta(http_total{s="500"})', 10, "", 2),
        ('growth(http_total{s="200",c=""})', 90, "%", 2),
    ],
)
def test_counters_and_gauges(query: str, value: float, unit: str, n: int) -> None:
    """Each function computes what its description says."""
    number = computed(query, HTTP_1, HTTP_2)
    assert value == pytest.approx(number.value)
    assert (unit, n) == (number.unit, number.n)


@pytest.mark.parametrize(
    ("query", "value", "n"),
    [
        ("p50(lat_seconds)", 0.1, 10),
        ("p25(lat_seconds_bucket)", 0.05, 10),
        ("p75(lat_seconds)", 0.55, 10),
        ("p99(lat_seconds)", 0.982, 10),
        ("avg(lat_seconds)", 0.3, 10),
        ("avg(lat_seconds_sum)", 0.3, 10),
    ],
)
def test_histograms(query: str, value: float, n: int) -> None:
    """Quantiles and averages are those of the window only, and count its observations."""
    number = computed(query, LATENCY_1, LATENCY_2)
    assert value == pytest.approx(number.value)
    assert ("s", n) == (number.unit, number.n)


def test_a_ratio_shows_its_raw_counts() -> None:
    """A percentage alone hides how little it may rest on."""
    assert "10 of 100" == computed('ratio(http_total{s="500"}, http_total{c!="probe"})', HTTP_1, HTTP_2).note
    note = computed('ratio(http_total{s="503"}, http_total{c!="probe"})', HTTP_1, HTTP_2).note
    assert note == '0 of 100; no series matches http_total{s="503"} yet, counted as 0'


@given(st.integers(0, 100))
def test_whole_percents_are_exact(percent: int) -> None:
    """A limit of "> 7 %" is not passed by 7 of 100."""
    number = computed("ratio(bad_total, all_total)", "bad_total 0\nall_total 0", f"bad_total {percent}\nall_total 100")
    assert percent == number.value


def test_the_age_of_a_moment() -> None:
    """The newest timestamp counts; one that is 0 has not happened."""
    assert 3600 == computed("age(backup)", "", 'backup{a="x"} 996400\nbackup{a="y"} 9').value
    assert "not happened yet" in str(computed("age(backup)", "", "backup 0").note)


@pytest.mark.parametrize(
    ("query", "first", "last", "words"),
    [
        ("value(htp_total)", HTTP_1, HTTP_2, "the service has no metric htp_total; did you mean http_total?"),
        ('increase(http_total{s="503"})', HTTP_1, HTTP_2, 'no series matches http_total{s="503"}'),
        ("value(x)", "", "", "the service has no metric x"),
        ("value(x)", "", "# TYPE x gauge\n", "no series matches x"),
        ("ratio(htp_total, http_total)", HTTP_1, HTTP_2, "the service has no metric htp_total"),
        ("ratio(http_total, http_total)", HTTP_1, HTTP_1, "no traffic: http_total did not increase"),
        ("p95(lat_seconds)", LATENCY_1, LATENCY_1, "no observations in the window"),
        ("avg(lat_seconds)", LATENCY_1, LATENCY_1, "no observations"),
        ("p95(x)", "", 'x_bucket{le="1"} 5', "no complete histogram"),
        ("p95(x)", "", 'x_bucket{le="+Inf"} 5', "no finite bucket"),
        ("p95(x)", "", 'x_bucket{le="much"} 5', "which is no number"),
        ("growth(x)", "x 0", "x 5", "no percentage"),
    ],
)
def test_no_data_is_none_with_a_reason(query: str, first: str, last: str, words: str) -> None:
    """Without data there is no value, no sample, and a sentence that says why."""
    number = computed(query, first, last)
    assert (None, 0) == (number.value, number.n)
    assert words in str(number.note)


@pytest.mark.parametrize("query", ["value(x)", "max(x)", "increase(x)", "rate(x)", "delta(x)"])
@pytest.mark.parametrize("text", ["NaN", "+Inf"])
def test_no_number_is_no_value(query: str, text: str) -> None:
    """A NaN or an infinity is never passed on as a measurement."""
    assert computed(query, "x 1", f'x{{a="1"}} {text}\nx 5').value is None


def test_a_restarted_counter_counts_from_zero() -> None:
    """After a decrease what was counted since is the new value; a new series counts whole; a lost one not at all."""
    first = 'c_total{a="restarted"} 100\nc_total{a="lost"} 50\n'
    last = 'c_total{a="restarted"} 30\nc_total{a="new"} 5\n'
    assert 35 == computed("increase(c_total)", first, last).value
    assert 35 == computed("increase(c)", first, last).value


def test_a_quantile_beyond_the_buckets_says_so() -> None:
    """All that is known is the last bound, and the note says that it is more."""
    number = computed("p99(x)", "", 'x_bucket{le="1"} 5\nx_bucket{le="+Inf"} 100')
    assert 1 == number.value
    assert "at least 1: beyond the last finite bucket" == number.note


def test_buckets_are_added_over_series() -> None:
    """The histogram of several instances is the sum of theirs, as with sum by (le)."""
    last = "".join(
        f'x_bucket{{le="{le}",i="{i}"}} {n}\n' for i in "ab" for le, n in (("1", 5), ("2", 10), ("+Inf", 10))
    )
    number = computed("p50(x)", "", last)
    assert (1.0, 20) == (number.value, number.n)


COUNTS = st.lists(st.integers(0, 1000), min_size=2, max_size=8).filter(any)


@given(COUNTS, st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_quantiles_are_ordered_and_in_range(counts: list[int], low: float, high: float) -> None:
    """A higher quantile is never smaller, and none leaves the buckets."""
    low, high = sorted((low, high))
    bounds = [*map(float, range(1, len(counts))), math.inf]
    buckets = {bound: float(sum(counts[: index + 1])) for index, bound in enumerate(bounds)}
    smaller, larger = histogram_quantile(low, buckets)[0], histogram_quantile(high, buckets)[0]
    assert 0 <= smaller <= larger <= bounds[-2]


@given(st.lists(st.integers(1, 50), min_size=1, max_size=20), st.integers(0, 19))
def test_increases_add_up_across_a_restart(steps: list[int], restart: int) -> None:
    """However often it is looked at, the sum of the increases is what was counted, even across one restart."""
    values = [0]
    for index, step in enumerate(steps):
        values.append(step if index == restart and step < values[-1] else values[-1] + step)
    found = [computed("increase(c)", f"c {before}", f"c {after}").value for before, after in pairwise(values)]
    assert steps == found
