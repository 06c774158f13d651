"""The text of ``/metrics``: good, odd and hostile."""

from __future__ import annotations

import math
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.errors import AnswerTooLargeError, BadAnswerError
from pytest_deploycheck.sources import openmetrics_text
from pytest_deploycheck.sources.openmetrics_text import read_exposition

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
LABEL_VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), max_size=20)


def test_prometheus_text_is_read() -> None:
    """Names, labels, escapes, timestamps, blanks and comments are understood."""
    body = rb"""
# HELP http_requests_total Requests, by "status".
# TYPE http_requests_total counter
http_requests_total{method="GET",status="200"} 12 1395066363000
http_requests_total { status = "500" , method = "a\"b\\c\nd{},=#", } 3.5e2
# a comment
up 1
weird_value{a=""} +Inf
 negative -4
"""
    exposition = read_exposition(body)
    assert {
        (("method", "GET"), ("status", "200")): 12.0,
        (("method", 'a"b\\c\nd{},=#'), ("status", "500")): 350.0,
    } == dict(exposition.series["http_requests_total"])
    assert {(): 1.0} == dict(exposition.series["up"])
    assert {(("a", ""),): math.inf} == dict(exposition.series["weird_value"])
    assert {(): -4.0} == dict(exposition.series["negative"])
    assert exposition.knows("http_requests_total")
    assert not exposition.knows("nothing")


def test_openmetrics_text_is_read() -> None:
    """Exemplars, units and the end mark belong to OpenMetrics; a counter is declared without its suffix."""
    body = b"""# TYPE errors counter
# TYPE lat histogram
# UNIT lat_seconds seconds
lat_bucket{le="0.1"} 8 # {trace_id="a b"} 0.07 1520879607.7
lat_bucket{le="+Inf"} 9 1520879607.789
# EOF
"""
    exposition = read_exposition(body, OPENMETRICS)
    assert {(("le", "0.1"),): 8.0, (("le", "+Inf"),): 9.0} == dict(exposition.series["lat_bucket"])
    assert exposition.knows("errors_total")


def test_quoted_names_are_read() -> None:
    """UTF-8 names stand inside the braces."""
    exposition = read_exposition('{"my.metric ü", "la bel"="x"} 1\n# TYPE "other.metric" gauge\n'.encode())
    assert {(("la bel", "x"),): 1.0} == dict(exposition.series["my.metric ü"])
    assert exposition.knows("other.metric")


def test_a_cut_off_answer_is_bad() -> None:
    """OpenMetrics without its end mark is half an answer."""
    with pytest.raises(BadAnswerError, match="cut off"):
        read_exposition(b"up 1\n", OPENMETRICS)


def test_a_series_written_twice_counts_once() -> None:
    """A repeated series does not make a sum higher."""
    assert {(): 1.0} == dict(read_exposition(b"up 1\nup 2\n").series["up"])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<!doctype html><html>", "HTML, not metrics"),
        (b'{"status": "ok"}', "line 1 of the answer is no metric"),
        (b"up 1\nup\n", "line 2"),
        (b"up one two three", "line 1"),
        (b"up{a=b} 1", "line 1"),
        (b'up{a="b} 1', "line 1"),
        (b'up{a="b"c="d"} 1', "line 1"),
        (b'up{"other"} 1', "line 1"),
        (b'{a="b"} 1', "line 1"),
        (b"up 1_000", "line 1"),
        (b"\x00\x1b[31m 1", r"\\x00\\x1b\[31m"),
        (b"\x1f\x8b\x08\x00garbage", "no metric"),
    ],
)
def test_what_is_no_metrics_is_a_bad_answer(body: bytes, words: str) -> None:
    """The first line that is no metric is named, safe to print."""
    with pytest.raises(BadAnswerError, match=words):
        read_exposition(body)


def test_an_empty_answer_has_no_series() -> None:
    """Nothing is not an error here: the question will find no data."""
    assert {} == dict(read_exposition(b"").series)


def test_the_number_of_series_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who labels by user id does not fill our memory."""
    monkeypatch.setattr(openmetrics_text, "MOST_SERIES", 10)
    with pytest.raises(AnswerTooLargeError, match="more than 10 series"):
        read_exposition(b"".join(b'up{a="%d"} 1\n' % number for number in range(11)))


@pytest.mark.parametrize("piece", ['a="', "{", "a,", "a ", "\\", '"', 'a="b",', "# ", "{}", "0"])
def test_a_hostile_line_takes_no_quadratic_time(piece: str) -> None:
    """A line of any length is read or refused; a quadratic pattern would not come back."""
    for text in (piece * 200_000, "up{" + piece * 200_000, "up{" + piece * 200_000 + "} 1"):
        with suppress(BadAnswerError):
            assert len(read_exposition(text.encode()).series) <= 1


@given(
    st.dictionaries(st.from_regex(r"[a-z_][a-z0-9_]{0,5}", fullmatch=True), LABEL_VALUES, max_size=4),
    st.floats(allow_nan=False),
)
def test_what_is_written_is_read(labels: dict[str, str], value: float) -> None:
    """Any labels and any number survive the text."""
    escaped = {key: text.replace("\\", "\\\\").replace('"', '\\"') for key, text in labels.items()}
    inside = ",".join(f'{key}="{text}"' for key, text in escaped.items())
    found = read_exposition(f"metric{{{inside}}} {value!r}\n".encode()).series["metric"]
    assert {tuple(sorted(labels.items())): value} == dict(found)


@given(st.binary(max_size=60) | st.text(st.sampled_from('ab{}="\\,#1 .\n+e'), max_size=40).map(str.encode))
def test_any_bytes_are_read_or_a_bad_answer(body: bytes) -> None:
    """Nothing else ever comes out."""
    with suppress(BadAnswerError):
        assert all(read_exposition(body).series.values())
