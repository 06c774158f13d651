"""Answers against expectations."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.asks import HttpAnswer
from pytest_deploycheck.expectations import Expectation, compiled, lookup, mismatches
from pytest_deploycheck.expected import expected_of


def answer(body: bytes = b"{}", status: int = 200, seconds: float = 0.1, **headers: str) -> HttpAnswer:
    """Return an answer."""
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return HttpAnswer(url="http://host/a/b", status=status, headers=pairs, body=body, seconds=seconds)


def json_is(**paths: Any) -> Expectation:
    """Return an expectation of JSON; two underscores stand for a dot."""
    return Expectation(json=tuple((path.replace("__", "."), expected_of(raw)) for path, raw in paths.items()))


def test_an_answer_as_expected_has_no_mismatch() -> None:
    """Everything at once, all of it right."""
    expect = Expectation(
        status=(200, 204),
        json=(("checks.db", expected_of("ok")), ("n", expected_of({"condition": ">= 2"}))),
        headers=(("x-frame-options", expected_of("DENY")), ("X-Debug", expected_of({"absent": True}))),
        contains=("checks",),
        excludes=("Traceback",),
        max_seconds=0.1,
    )
    assert mismatches(answer(b'{"checks": {"db": "ok"}, "n": 2}', X_Frame_Options="DENY"), expect) == []


def test_every_mismatch_is_reported_status_first() -> None:
    """One line for each difference."""
    expect = Expectation(
        status=(200,),
        json=(("a", expected_of(1)), ("b", expected_of({"exists": True}))),
        headers=(("X-A", expected_of("1")),),
        contains=("hello",),
        excludes=("oops",),
        max_seconds=1,
    )
    assert mismatches(answer(b'{"a": 2, "t": "oops"}', 500, 1.0000001), expect) == [
        'status 500, expected 200; the body begins with {"a": 2, "t": "oops"}',
        'header X-A is missing or null, expected "1"',
        "a is 2, expected 1",
        "b is missing",
        'the body does not contain "hello"',
        'the body contains "oops"',
        "took 1.0000001 s, expected at most 1 s",
    ]


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ((200,), "200;"),
        ((200, 204), "200 or 204;"),
        ((200, 201, 202, 204), "200, 201, 202 or 204;"),
        ((), "200 to 399;"),
    ],
)
def test_expected_statuses_read_as_a_list(wanted: tuple[int, ...], text: str) -> None:
    """Several statuses are told as a person would."""
    assert f"expected {text}" in mismatches(answer(status=500), Expectation(status=wanted))[0]


@pytest.mark.parametrize(("status", "good"), [(199, False), (200, True), (399, True), (400, False), (500, False)])
def test_without_a_status_any_success_or_redirect_is_fine(status: int, *, good: bool) -> None:
    """No status expected means 200 to 399."""
    assert (mismatches(answer(status=status), Expectation()) == []) is good


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (b"", "the body is empty, expected JSON"),
        (b"<html>\x1b[2J", r"the body is not JSON: <html>\x1b[2J"),
        (b"[" * 100_000, "the body is not JSON: [["),
        (b"\xff\xfe\x00", "the body is not JSON"),
        (b"[1,]", "the body is not JSON: [1,]"),
        (b"9" * 5000, "the body is not JSON: 999"),
        (b'"text"', "a is missing or null, expected 1"),
        (b"null", "a is missing or null, expected 1"),
        (b'{"a": NaN}', "a is NaN, expected 1"),
        (b'{"a": 1e999}', "a is Infinity, expected 1"),
    ],
)
def test_a_body_that_is_no_json_is_one_line(body: bytes, line: str) -> None:
    """Hostile and foreign bodies are one clear mismatch."""
    found = mismatches(answer(body), json_is(a=1))
    assert len(found) == 1
    assert found[0].startswith(line)
    assert len(found[0]) < 300


def test_a_path_that_cannot_be_applied_is_a_mismatch() -> None:
    """A function over the wrong type is the answer's fault, not a crash."""
    expect = Expectation(json=(("length(a)", expected_of(1)),))
    assert mismatches(answer(b'{"a": 5}'), expect) == [
        "length(a) could not be read: 'length(a)' cannot be applied to this answer (JMESPathTypeError)"
    ]


def test_repeated_headers_are_joined() -> None:
    """A header that comes twice is compared as one value."""
    twice = HttpAnswer(url="http://h/", status=200, headers=(("Vary", "a"), ("vary", "b")))
    assert mismatches(twice, Expectation(headers=(("VARY", expected_of("a, b")),))) == []


@pytest.mark.parametrize(
    ("location", "expected", "good"),
    [
        ("/login", "/login", True),
        ("http://host/login", "/login", True),
        ("/login", "http://host/login", True),
        ("/login?next=x", "/login", False),
        ("http://evil/login", "/login", False),
        (None, "/login", False),
        ("http://[::1", "/login", False),
    ],
)
def test_redirects_are_compared_as_whole_addresses(location: str | None, expected: str, *, good: bool) -> None:
    """Relative and absolute forms of one address are the same."""
    found = answer(status=302) if location is None else answer(status=302, Location=location)
    assert (mismatches(found, Expectation(status=(302,), redirect=expected)) == []) is good


@pytest.mark.parametrize("path", ["a[", "", "a..b", "foo(", "'"])
def test_a_path_that_is_none_is_refused_when_read(path: str) -> None:
    """A wrong JMESPath is an error of one line."""
    with pytest.raises(ValueError, match="no JMESPath") as caught:
        compiled(path)
    assert "\n" not in str(caught.value)


def test_lookup_finds_values() -> None:
    """A path finds what it names, or nothing."""
    assert lookup({"a": [{"b": 1}, {"b": 2}]}, "a[*].b") == [1, 2]
    assert lookup({"a": 1}, "b.c") is None


@given(st.binary(max_size=300), st.integers(100, 599))
def test_no_answer_makes_a_comparison_fail(body: bytes, status: int) -> None:
    """Whatever comes, the outcome is a list of single printable lines."""
    expect = Expectation(
        status=(200,), json=(("a", expected_of(1)), ("[0]", expected_of({"matches": "x"}))), contains=("q",)
    )
    for line in mismatches(answer(body, status), expect):
        assert len(line) < 2000
        assert not any(ord(character) < 32 for character in line)


def test_what_is_hidden_is_hidden_everywhere() -> None:
    """Secrets in body, JSON and headers are taken out of every line."""
    expect = Expectation(
        status=(204,), json=(("t", expected_of("x")),), headers=(("X-T", expected_of("x")),), redirect="/x"
    )
    found = answer(b'{"t": "topsecret"}', X_T="topsecret", Location="/topsecret")
    lines = mismatches(found, expect, hide=lambda text: text.replace("topsecret", "***"))
    assert len(lines) == 4
    assert "topsecret" not in "".join(lines)
