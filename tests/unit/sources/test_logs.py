"""Log files: counted by level and pattern, whatever is in them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_deploycheck.asks import LogAnswer, LogAsk
from pytest_deploycheck.errors import MissingAccessError, NoAnswerError, QueryError
from pytest_deploycheck.sources.base import Source
from pytest_deploycheck.sources.logs import LogSource
from pytest_deploycheck.sources.logs_line import level_of, moment_of
from pytest_deploycheck.sources.logs_patterns import compiled
from pytest_deploycheck.sources.logs_scan import scan
from pytest_deploycheck.sources.logs_tally import MOST_EXAMPLES

if TYPE_CHECKING:
    from pathlib import Path


def read(
    path: Path, content: bytes, *patterns: str, since: datetime | None = None, max_bytes: int = 1 << 20
) -> LogAnswer:
    """Return what a scan finds in a file with this content."""
    path.write_bytes(content)
    return scan(LogAsk(path=str(path), patterns=patterns, since=since, max_bytes=max_bytes))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Give a place for a log."""
    return tmp_path / "service.log"


def test_is_a_source() -> None:
    """The source has the interface that the observatory expects."""
    assert isinstance(LogSource(), Source)


def test_levels_and_patterns_are_counted(log: Path) -> None:
    """Each format declares its level in its own way; a pattern that never matches counts 0."""
    content = b"""2026-11-21 08:00:00 INFO Starting backend...
{"level": "error", "msg": "INFO is not my level"}
time=2026-11-21T08:00:01Z level=warn msg="ERROR in text"
2026-11-21 08:00:02,123 - app - ERROR - broken: ERROR
Traceback (most recent call last):
CRITICAL out of memory
"""
    answer = read(log, content, r"Starting \w+", "never", "(?i)error")
    assert 6 == answer.lines
    assert (("CRITICAL", 1), ("ERROR", 2), ("INFO", 1), ("WARNING", 1)) == answer.levels
    assert ((r"Starting \w+", 1), ("never", 0), ("(?i)error", 3)) == answer.matches
    assert ("2026-11-21 08:00:00 INFO Starting backend...",) == dict(answer.examples)[r"Starting \w+"]
    assert not answer.truncated


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("2026-11-21 08:00:00 ERROR x", "ERROR"),
        ("[ERROR] x", "ERROR"),
        ("ERROR: x", "ERROR"),
        ("[error] nginx", "ERROR"),
        ("08:00 FATAL x", "CRITICAL"),
        ("WARN x", "WARNING"),
        ("DEBUG:app:x", "DEBUG"),
        ('{"severity":"CRITICAL","m":1}', "CRITICAL"),
        ('{"m": "ERROR", "severity" : "notice"}', "INFO"),
        ('{"level":50,"msg":"x"}', "ERROR"),
        ('{"message": "ERROR"}', None),
        ("ts=1 lvl=err msg=x", "ERROR"),
        ('level="fatal" x', "CRITICAL"),
        ("an error happened", None),
        ("GET /api/ERROR/1 200", None),
        ("NO_ERROR here", None),
        ("ERRORS were found", None),
        ("ERROR_CODE=5", None),
        ("INFO 0 ERROR found", "INFO"),
        ("", None),
    ],
)
def test_the_level_of_a_line(line: str, level: str | None) -> None:
    """A level is declared, it is not any word in the text."""
    assert level == level_of(line)


@pytest.mark.parametrize(
    ("line", "moment"),
    [
        ("2026-11-21T08:00:00Z x", datetime(2026, 11, 21, 8, tzinfo=UTC)),
        ("2026-11-21 08:00:00,250 x", datetime(2026, 11, 21, 8, 0, 0, 250000, tzinfo=UTC)),
        ("x 2026-11-21T10:00:00.5+02:00 y", datetime(2026, 11, 21, 8, 0, 0, 500000, tzinfo=UTC)),
        ("[2026-11-21 03:00:00 -0500] x", datetime(2026, 11, 21, 8, tzinfo=UTC)),
        ("2026-11-21T08:00:00.123456789Z", datetime(2026, 11, 21, 8, 0, 0, 123456, tzinfo=UTC)),
        ("2026-13-21T08:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("no time", None),
    ],
)
def test_the_moment_of_a_line(line: str, moment: datetime | None) -> None:
    """ISO 8601 in its usual spellings, UTC where no zone is written."""
    assert moment == moment_of(line)


def test_old_lines_are_left_out(log: Path) -> None:
    """Lines before ``since`` do not count; a line without a time belongs to the one before."""
    content = b"""ERROR before any time
2026-11-21 07:59:59 ERROR old
  trace of the old ERROR
2026-11-21 08:00:00 ERROR new
ERROR trace of the new
2026-11-21 09:30:00+02:00 ERROR old in another zone
"""
    answer = read(log, content, since=datetime(2026, 11, 21, 8, tzinfo=UTC))
    assert (2, (("ERROR", 2),)) == (answer.lines, answer.levels)
    assert 2 == read(log, content, since=datetime(2026, 11, 21, 8)).lines  # noqa: DTZ001  # a naive time is UTC


def test_only_the_end_is_read(log: Path) -> None:
    """Of a large file only whole lines of its end count, and the answer says so."""
    content = b"".join(b"line %05d\n" % number for number in range(1000))
    answer = read(log, content, "line", max_bytes=110)
    assert (10, True) == (answer.lines, answer.truncated)
    assert (("line", 10),) == answer.matches
    assert 9 == read(log, content, max_bytes=105).lines


def test_a_very_long_line_is_cut(log: Path) -> None:
    """A line without end is one line, searched up to 64 KiB, and shown short."""
    answer = read(log, b"ERROR " + b"x" * 300_000 + b"needle\nINFO y\n", "needle", "xx")
    assert (2, (("ERROR", 1), ("INFO", 1))) == (answer.lines, answer.levels)
    assert (("needle", 0), ("xx", 1)) == answer.matches
    assert len(dict(answer.examples)["xx"][0]) <= 300


def test_examples_are_few_and_safe_to_print(log: Path) -> None:
    """Five examples are enough, and none of them colours the screen."""
    answer = read(log, b"\x1b[31mERROR \xff\x00\r\n" * 9, "ERROR")
    assert (r"\x1b[31mERROR " + "\ufffd" + r"\x00",) * MOST_EXAMPLES == dict(answer.examples)["ERROR"]
    assert (("ERROR", 9),) == answer.matches


def test_an_empty_log_is_an_answer(log: Path) -> None:
    """No line is a count of 0."""
    assert 0 == read(log, b"", "x").lines


def test_what_is_no_log_is_named(tmp_path: Path) -> None:
    """A missing file, a folder and a pipe are told apart from an empty log, at once."""
    with pytest.raises(NoAnswerError, match="does not exist"):
        LogSource().observe(LogAsk(path=str(tmp_path / "nothing.log")))
    with pytest.raises(NoAnswerError, match="no regular file"):
        LogSource().observe(LogAsk(path=str(tmp_path)))
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NoAnswerError, match="no regular file"):
        LogSource().observe(LogAsk(path=str(tmp_path / "pipe")))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_log_that_may_not_be_read_is_inconclusive(log: Path) -> None:
    """A missing permission is named, with what to do."""
    log.touch(mode=0o000)
    with pytest.raises(MissingAccessError, match="may not be read"):
        LogSource().observe(LogAsk(path=str(log)))


@pytest.mark.parametrize("pattern", ["(", "[", "*", "a{99999999999999999999}"])
def test_a_wrong_pattern_is_named(log: Path, pattern: str) -> None:
    """What is no regular expression is a ValueError for settings and a QueryError for asks."""
    with pytest.raises(ValueError, match="is no regular expression"):
        compiled(pattern)
    with pytest.raises(QueryError, match="is no regular expression"):
        read(log, b"x", pattern)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")), max_size=12))
def test_any_bytes_are_counted(log: Path, lines: list[bytes]) -> None:
    """Every line counts once, whatever it holds."""
    assert len(lines) == read(log, b"".join(line + b"\n" for line in lines), "^").lines


@pytest.mark.parametrize("piece", ["ERROR", "level=", '"level":', "[a", "2026-11-21T08:00:00", " ", "-"])
def test_a_hostile_line_takes_no_quadratic_time(log: Path, piece: str) -> None:
    """A log full of near misses is read; a quadratic pattern would not come back."""
    content = (piece.encode() * 8000 + b"\n") * 20
    assert 20 == read(log, content, max_bytes=len(content)).lines
    dated = read(log, content, since=datetime(2020, 1, 1, tzinfo=UTC), max_bytes=len(content))
    assert (20 if piece.startswith("2026") else 0) == dated.lines
