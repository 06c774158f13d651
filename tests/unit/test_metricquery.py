"""Metric queries: what they mean, and what is said about those that mean nothing."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.metricquery import FUNCTIONS, Matcher, MetricQuery, Selector, parse_query

NAMES = st.from_regex(r"[a-zA-Z_:][a-zA-Z0-9_:]{0,10}", fullmatch=True) | st.text(min_size=1, max_size=8)
MATCHERS = st.builds(
    Matcher,
    st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,8}", fullmatch=True),
    st.sampled_from(["=", "!="]),
    st.text(max_size=10),
)
SELECTORS = st.builds(Selector, NAMES, st.lists(MATCHERS, max_size=3).map(tuple))


def test_a_ratio_is_read() -> None:
    """Function, names and all four operators are understood."""
    text = 'ratio(http_requests_total{status=~"5..", client!="probe"}, http_requests_total{a="1",b!~"x|y",})'
    query = parse_query(text)
    assert "ratio" == query.function.name
    assert (
        Selector("http_requests_total", (Matcher("status", "=~", "5.."), Matcher("client", "!=", "probe"))),
        Selector("http_requests_total", (Matcher("a", "=", "1"), Matcher("b", "!~", "x|y"))),
    ) == query.selectors
    assert query.needs_window


@given(st.sampled_from(sorted(set(FUNCTIONS) - {"ratio"})), SELECTORS)
def test_a_query_reads_back_what_it_writes(name: str, selector: Selector) -> None:
    """The text of a query parses to the same query, whatever the names and values hold."""
    query = MetricQuery(FUNCTIONS[name], (selector,))
    assert query == parse_query(str(query))


@pytest.mark.parametrize(("text", "quantile"), [("p50(x)", 0.5), ("p99.9(x)", 0.999), ("p5(x)", 0.05)])
def test_percentiles_are_quantiles(text: str, quantile: float) -> None:
    """The digits after p are percent."""
    query = parse_query(text)
    assert quantile == pytest.approx(query.quantile)
    assert text == str(query)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("p95(http_request_duration_seconds)", "s"),
        ("avg(http_response_size_bytes)", "B"),
        ("value(process_resident_memory_bytes)", "B"),
        ("value(queue_length)", ""),
        ("rate(http_requests_total)", "1/s"),
        ("rate(sent_bytes_total)", "B/s"),
        ("rate(process_cpu_seconds_total)", ""),
        ("increase(http_request_duration_seconds_count)", ""),
        ("ratio(a, b)", "%"),
        ("growth(process_resident_memory_bytes)", "%"),
        ("age(backup_timestamp)", "s"),
    ],
)
def test_units_follow_from_function_and_name(text: str, unit: str) -> None:
    """The unit of the answer is known before it is asked."""
    assert unit == parse_query(text).unit


@pytest.mark.parametrize(
    ("matcher", "labels", "expected"),
    [
        (Matcher("a", "=", "x"), {"a": "x"}, True),
        (Matcher("a", "=", ""), {}, True),
        (Matcher("a", "!=", "x"), {}, True),
        (Matcher("a", "=~", "5.."), {"a": "500"}, True),
        (Matcher("a", "=~", "5.."), {"a": "5000"}, False),
        (Matcher("a", "=~", "0"), {"a": "500"}, False),
        (Matcher("a", "!~", "x|y"), {"a": "y"}, False),
        (Matcher("a", "!~", "x|y"), {"a": "xy"}, True),
    ],
)
def test_matchers_are_anchored_and_missing_labels_are_empty(
    matcher: Matcher,
    labels: dict[str, str],
    expected: bool,  # noqa: FBT001
) -> None:
    """Matching means what it means in PromQL."""
    assert expected is Selector("m", (matcher,)).matches(labels)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected a function such as value, rate or p95 at character 1, found the end"),
        ("rte(x)", "unknown function 'rte'; did you mean rate?"),
        ("p0(x)", "unknown function 'p0'"),
        ("p100(x)", "unknown function 'p100'"),
        ("value", "expected '\\(' at character 6"),
        ("value()", "expected a metric name at character 7"),
        ("value(x", "expected '\\)' at character 8, found the end"),
        ("value(x) y", "expected the end of the query at character 10"),
        ("value(x{a=5})", 'expected a string in quotes, such as "5.." at character 11'),
        ("value(x{a})", "expected one of = != =~ !~"),
        ('value(x{a="1)', "expected a string in quotes"),
        ('value({a="1"})', "a selector needs a metric name"),
        ('value(x{a=~"("})', "is no regular expression"),
        ("ratio(x)", r"ratio\(\) takes 2 selectors, got 1"),
        ("value(x, y)", r"value\(\) takes 1 selector, got 2"),
        ("value(" + "x" * 5000 + ")", "at most 4096 characters"),
    ],
)
def test_errors_say_where_and_what(text: str, words: str) -> None:
    """A query that cannot be read is one clear sentence."""
    with pytest.raises(ValueError, match=words):
        parse_query(text)


@given(st.text(max_size=40) | st.text(st.sampled_from('value(px{}="~!,) \\9'), max_size=40))
def test_any_text_is_a_query_or_a_value_error(text: str) -> None:
    """Nothing else ever comes out."""
    with suppress(ValueError):
        query = parse_query(text)
        assert query == parse_query(str(query))
