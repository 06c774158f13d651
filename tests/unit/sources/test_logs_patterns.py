"""Patterns are found in blocks of bytes exactly where the expression finds them line by line."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.sources import logs_find
from pytest_deploycheck.sources.logs_find import lines_with
from pytest_deploycheck.sources.logs_line import LEVELS, level_of
from pytest_deploycheck.sources.logs_patterns import pattern_of, texts_of_levels


@pytest.mark.parametrize(
    ("pattern", "texts", "enough"),
    [
        ("error", (b"error",), True),
        ("(?i)Error", (b"error",), True),
        ("(?i)connection refused|timeout|500", (b"connection refused", b"timeout", b"500"), True),
        (r"\b500\b", (b"500",), False),
        (r"a\.b\.c", (b"a.b.c",), True),
        ("timeou?t", (b"timeo",), False),
        ("(x|y)order \\d+", (b"order ",), False),
        ("foo[a|b]+bars", (b"bars",), False),
        ("(?:a|b){2}fail", (b"fail",), False),
        ("fail{2}ed", (b"fai",), False),
        ("^Started$", (b"Started",), False),
    ],
)
def test_the_texts_to_look_for(pattern: str, texts: tuple[bytes, ...], *, enough: bool) -> None:
    """Every match holds one of them."""
    found = pattern_of(pattern).texts
    assert found is not None
    assert (texts, enough) == (found.texts, found.enough)


@pytest.mark.parametrize(
    "pattern", ["ab", ".*", "a|error", "(error|x)", "ä-fehler|x", r"\x41BCD", "(?x) e r r", "[]|]"]
)
def test_patterns_without_a_text(pattern: str) -> None:
    """When no text is sure to be there, every line is searched."""
    assert pattern_of(pattern).texts is None


PIECES = st.sampled_from(
    [
        "abc",
        "err",
        "e",
        "[ab]",
        "[^a]",
        "[]|]",
        "(ab|c)",
        "(?:abc)?",
        "x*",
        "a+",
        "b{2}",
        "|",
        r"\d",
        r"\.",
        ".",
        r"\b",
        "$",
    ]
)


@given(
    st.lists(PIECES, min_size=1, max_size=6).map("".join), st.booleans(), st.text("abcerxABC. 1|]\r\n", max_size=120)
)
def test_finds_what_the_expression_finds(pattern: str, any_case: bool, text: str) -> None:  # noqa: FBT001  # generated
    """Looking for texts first never loses a line and never adds one."""
    found = pattern_of(f"(?i){pattern}" if any_case else pattern)
    wanted = [line.rstrip("\r") for line in text.split("\n") if found.expression.search(line.rstrip("\r"))]
    if found.texts is None:
        return
    block = text.encode()
    places = lines_with(block.lower() if found.texts.any_case else block, found.texts.texts)
    lines = [block[start:end] for start, end in places]
    kept = [line.decode().rstrip("\r") for line in lines if found.texts.enough or found.found_in(line)]
    assert wanted == kept


@given(st.text("ab\n", max_size=80))
def test_both_ways_of_finding_agree(text: str) -> None:
    """Where the C library has no search of its own, Python's finds the same lines."""
    block = text.encode()
    wanted = list(logs_find._from_python(block, b"ab"))
    assert wanted == lines_with(block, (b"ab",))
    assert len(re.findall("(?m)^.*ab.*$", text)) == len(wanted)


@pytest.mark.parametrize("word", sorted(LEVELS))
@pytest.mark.parametrize("shape", ["{} x", '{{"level": "{}"}}', "level={} x"])
def test_every_level_word_is_looked_for(word: str, shape: str) -> None:
    """A line of a level is among those that hold its texts."""
    line = shape.format(word)
    level = level_of(line)
    assert level is not None
    texts = texts_of_levels((level,), line.lower().encode())
    assert texts is None or [(0, len(line))] == lines_with(line.lower().encode(), texts)


@pytest.mark.parametrize(("line", "level"), [('{"level":50}', "ERROR"), ('{"a":1,"severity": 60}', "CRITICAL")])
def test_levels_that_are_numbers(line: str, level: str) -> None:
    """JSON may hold a number for the level."""
    assert level == level_of(line)
    assert [(0, len(line))] == lines_with(line.encode(), texts_of_levels((level,), line.encode()) or ())


def test_levels_that_are_letters() -> None:
    """With Kubernetes' own format every line is looked at."""
    line = "E1121 08:00:00.123456       1 server.go:42] it broke"
    assert "ERROR" == level_of(line)
    assert texts_of_levels(("ERROR",), line.lower().encode()) is None
