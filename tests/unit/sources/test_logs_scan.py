"""Scanning logs: rotated and compressed files, windows, ends of lines and of blocks, programs."""

from __future__ import annotations

import gzip
import os
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_deploycheck.asks import LogAnswer, LogAsk
from pytest_deploycheck.errors import (
    AnswerTimeoutError,
    BadAnswerError,
    CommandError,
    NoAnswerError,
    QueryError,
    SourceError,
)
from pytest_deploycheck.sources import logs_files, logs_scan
from pytest_deploycheck.sources.logs import LogSource
from pytest_deploycheck.sources.logs_blocks import last_lines, lines_in, whole_lines
from pytest_deploycheck.sources.logs_scan import scan

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 11, 21, 8, tzinfo=UTC)


def dated(minute: float, text: str) -> bytes:
    """Return a line of this minute."""
    return f"{START + timedelta(minutes=minute):%Y-%m-%dT%H:%M:%S.%fZ} {text}\n".encode()


def ask(path: Path | str, **more: Any) -> LogAnswer:
    """Return what a scan finds."""
    return scan(LogAsk(path=str(path), **more))


def aged(path: Path, content: bytes, minute: float) -> None:
    """Write a file that was last written in this minute."""
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    moment = (START + timedelta(minutes=minute)).timestamp()
    os.utime(path, (moment, moment))


def test_rotated_siblings_are_read(tmp_path: Path) -> None:
    """Every sibling that reaches into the window counts, gzip too, in the order of time; others do not."""
    aged(tmp_path / "app.log", dated(31, "ERROR d"), 31)
    aged(tmp_path / "app.log.1", dated(20, "ERROR c"), 30)
    aged(tmp_path / "app.log.2.gz", dated(5, "ERROR a") + dated(10, "ERROR b"), 20)
    aged(tmp_path / "app.log.3.gz", b"no gzip, and too old to be opened for reading", 1)
    aged(tmp_path / "app.log.bak", dated(25, "ERROR x"), 25)
    answer = ask(tmp_path / "app.log", rotated=True, since=START + timedelta(minutes=7), patterns=("ERROR",))
    assert ("app.log.2.gz", "app.log.1", "app.log") == answer.parts
    assert (3, (("ERROR", 3),)) == (answer.lines, answer.levels)
    assert ["b", "c", "d"] == [line[-1] for line in dict(answer.examples)["ERROR"]]
    assert answer.reaches_back


def test_dates_in_names_of_siblings(tmp_path: Path) -> None:
    """Siblings may bear a date; a folder or another log does not count."""
    for number, name in enumerate(("app.log-20261120.gz", "app.log.2026-11-19", "app.log", "app.log.1", "app.logs.1")):
        aged(tmp_path / name, b"x\n", number)
    (tmp_path / "app.log.2").mkdir()
    answer = ask(tmp_path / "app.log", rotated=True)
    assert ("app.log-20261120.gz", "app.log.2026-11-19", "app.log.1", "app.log") == answer.parts
    assert 4 == answer.lines


def test_a_file_rotated_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was opened stays what is read, under whatever name, and nothing is read twice."""
    path = tmp_path / "app.log"
    path.write_bytes(dated(1, "ERROR old"))
    real = logs_files._siblings

    def rotate(name: str) -> Any:
        if not (tmp_path / "app.log.1").exists():
            path.rename(tmp_path / "app.log.1")
            path.write_bytes(dated(2, "ERROR new"))
        return real(name)

    monkeypatch.setattr(logs_files, "_siblings", rotate)
    answer = ask(path, rotated=True, since=START)
    assert 1 == answer.lines
    assert dict(answer.levels) == {"ERROR": 1}


def test_a_file_cut_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copying and cutting is noticed: everything is read once more, and never half."""
    path = tmp_path / "app.log"
    path.write_bytes(dated(1, "ERROR old") * 3)
    real = logs_files.pieces
    times: list[int] = []

    def cut(*given: Any) -> Any:
        if not times:
            path.write_bytes(dated(2, "ERROR new"))
            (tmp_path / "app.log.1").write_bytes(dated(1, "ERROR old") * 3)
        times.append(1)
        return real(*given)

    monkeypatch.setattr(logs_files, "pieces", cut)
    assert 4 == ask(path, rotated=True, since=START).lines


def test_a_damaged_archive_is_an_error(tmp_path: Path) -> None:
    """An archive that ends too early must not look like a short log."""
    path = tmp_path / "app.log.gz"
    path.write_bytes(gzip.compress(os.urandom(5000))[:-900])
    with pytest.raises(BadAnswerError, match="is damaged"):
        ask(path)


def test_since_and_until(tmp_path: Path) -> None:
    """The window is half open; a line without a time belongs to the one before."""
    path = tmp_path / "a.log"
    path.write_bytes(b"".join(dated(minute, "x") + b"  more\n" for minute in range(60)))
    found = ask(path, since=START + timedelta(minutes=10), until=START + timedelta(minutes=20))
    assert (20, True, True) == (found.lines, found.dated, found.reaches_back)


def test_a_log_without_times_says_so(tmp_path: Path) -> None:
    """When no time is understood nothing is taken for recent."""
    path = tmp_path / "a.log"
    path.write_bytes(b"ERROR x\n" * 9)
    found = ask(path, since=START)
    assert (0, False, False) == (found.lines, found.dated, found.reaches_back)


@pytest.mark.parametrize("size", [500, 40_000])
def test_large_files_in_ranges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Ranges, blocks, processes: the counts are those of all the lines, each once, in order."""
    monkeypatch.setattr(logs_scan, "RANGE", size)
    monkeypatch.setattr(logs_scan, "_WORTH_PROCESSES", 0)
    path = tmp_path / "a.log"
    path.write_bytes(
        b"".join(dated(n / 10, f"{'ERROR' if n % 7 == 0 else 'INFO'} n{n}." + "z" * (n % 90)) for n in range(3000))
    )
    since = START + timedelta(minutes=100)
    one, two = (
        scan(LogAsk(path=str(path), since=since, patterns=("n1999", r"n\d+\."), signatures=3), processes=number)
        for number in (1, 2)
    )
    assert (2000, (("n1999", 1), (r"n\d+\.", 2000))) == (one.lines, one.matches)
    assert sum(n % 7 == 0 for n in range(1000, 3000)) == dict(one.levels)["ERROR"]
    assert (one.levels, one.matches, one.examples) == (two.levels, two.matches, two.examples)
    assert (one.signatures, one.reaches_back) == (two.signatures, True)


def test_finding_the_start_reads_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file in the order of time only the end is read, and nothing of the window is missed."""
    monkeypatch.setattr(logs_files, "STEP", 1000)
    path = tmp_path / "a.log"
    path.write_bytes(b"".join(dated(n, "x" * 50) for n in range(1000)))
    real = logs_files.pieces
    read: list[int] = []

    def noted(file: Any, start: int, end: int) -> Any:
        read.append(end - start)
        return real(file, start, end)

    monkeypatch.setattr(logs_files, "pieces", noted)
    assert 10 == ask(path, since=START + timedelta(minutes=990)).lines
    assert sum(read) < 4000


def test_the_tail(tmp_path: Path) -> None:
    """Only the last lines count, of what is in the window."""
    path = tmp_path / "a.log"
    path.write_bytes(b"".join(dated(n, f"ERROR {n}") for n in range(50)))
    found = ask(path, tail=7)
    assert (7, 7) == (found.lines, dict(found.levels)["ERROR"])
    assert 3 == ask(path, tail=7, since=START + timedelta(minutes=47)).lines


def test_a_limit_of_bytes_is_told(tmp_path: Path) -> None:
    """What was left out is never silent."""
    path = tmp_path / "a.log"
    path.write_bytes(b"x\n" * 100)
    assert ask(path, max_bytes=50).truncated
    assert not ask(path, max_bytes=200).truncated


def test_errors_are_grouped(tmp_path: Path) -> None:
    """The most frequent kinds come first, each with its latest line; those that are new since the window before all."""
    path = tmp_path / "a.log"
    old = [dated(n, f"ERROR order {n} lost") for n in range(5)]
    new = [dated(20 + n, f"ERROR order {n} lost") for n in range(9)] + [dated(40, "FATAL disk /dev/sda1 gone")]
    path.write_bytes(b"".join(old + new))
    since = START + timedelta(minutes=10)
    plain = ask(path, since=since, signatures=1)
    assert [("<time> ERROR order <n> lost", 9, None)] == [(s.text, s.count, s.known) for s in plain.signatures]
    assert 2 == plain.distinct
    assert plain.signatures[0].example.endswith("ERROR order 8 lost")
    told = ask(path, since=since, signatures=5, known_since=START)
    assert [("<time> FATAL disk <path> gone", False), ("<time> ERROR order <n> lost", True)] == [
        (s.text, s.known) for s in told.signatures
    ]
    assert 1 == told.unknown
    nothing_before = ask(path, since=START, signatures=5, known_since=START - timedelta(hours=1))
    assert (False, 0) == (nothing_before.reaches_back, nothing_before.unknown)
    assert {None} == {s.known for s in nothing_before.signatures}


def test_too_many_kinds_of_errors_stay_bounded(tmp_path: Path) -> None:
    """When grouping finds nothing in common, memory stays bounded and no line is lost."""
    path = tmp_path / "a.log"
    words = [f"{chr(97 + a)}{chr(97 + b)}{chr(97 + c)}" for a in range(26) for b in range(26) for c in range(4)]
    path.write_bytes(b"".join(f"ERROR {word}\n".encode() for word in words))
    found = ask(path, signatures=5000)
    assert (2001, len(words)) == (found.distinct, sum(s.count for s in found.signatures))


@given(st.lists(st.binary(max_size=12), max_size=30), st.integers(1, 40))
def test_blocks_hold_whole_lines(pieces: list[bytes], tail: int) -> None:
    """Whatever the pieces, the bytes stay the same and blocks end with a line; the tail is the end of it."""
    blocks = list(whole_lines(pieces))
    text = b"".join(pieces)
    assert text == b"".join(blocks)
    assert all(block.endswith(b"\n") for block in blocks[:-1])
    lines = text.splitlines(keepends=True) if b"\r" not in text and b"\x0b" not in text else None
    end = b"".join(last_lines(blocks, tail))
    assert text.endswith(end)
    assert min(tail, lines_in(text)) == lines_in(end)
    assert lines is None or len(lines) >= lines_in(end)


def test_a_line_without_end_stays_bounded() -> None:
    """Of an endless line only the first 64 KiB are kept, and the next line is not lost."""
    blocks = list(whole_lines([b"x" * 50_000] * 40 + [b"\nERROR y\n"]))
    assert sum(map(len, blocks)) < 300_000
    assert b"".join(blocks).endswith(b"\nERROR y\n")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(-50, 50), st.booleans()), max_size=40))
def test_any_order_of_times(tmp_path: Path, lines: list[tuple[int, bool]]) -> None:
    """Also without order each line is where its time, or that of the line before, says."""
    path = tmp_path / "any.log"
    path.write_bytes(b"".join(dated(minute, "x") if has_time else b"more\n" for minute, has_time in lines))
    wanted, recent = 0, False
    for minute, has_time in lines:
        recent = minute >= 0 if has_time else recent
        wanted += recent
    assert wanted == ask(path, since=START).lines


def program(folder: Path, name: str, body: str) -> str:
    """Write a program in Python and return its path."""
    path = folder / name
    path.write_text(f"#!{sys.executable}\n{body}")
    path.chmod(0o755)
    return str(path)


def test_a_program_writes_to_both_streams(tmp_path: Path) -> None:
    """What docker shows on stderr is part of the log; its own timestamps are taken off again."""
    body = """import sys
print("2026-11-21T07:00:00.000000001Z ERROR old", flush=True)
print("2026-11-21T09:00:00.000000001Z started", flush=True)
print("2026-11-21T09:00:01.000000001Z ERROR to stderr", file=sys.stderr)
"""
    argv = (program(tmp_path, "docker", body), "logs", "app; touch pwned")
    asked = LogAsk(argv=argv, stamped=True, since=START, patterns=("^started$", "stderr$"))
    answer = LogSource().observe(asked)
    assert (2, (("^started$", 1), ("stderr$", 1))) == (answer.lines, answer.matches)
    assert (("ERROR", 1),) == answer.levels
    assert not (tmp_path / "pwned").exists()


def test_a_program_that_fails_is_an_error(tmp_path: Path) -> None:
    """Its own words are shown; a program that is not there is named."""
    failing = program(tmp_path, "kubectl", "import sys\nsys.exit('pods not found \\x1b[31m')")
    with pytest.raises(CommandError, match=r"kubectl ended with 1: pods not found \\x1b\[31m"):
        scan(LogAsk(argv=(failing, "logs")))
    with pytest.raises(CommandError, match="there is no program no-such-program"):
        LogSource().observe(LogAsk(argv=("no-such-program",)))


def test_an_endless_program_is_ended(tmp_path: Path) -> None:
    """A program that never ends is killed with all that it started, within the timeout."""
    endless = program(
        tmp_path,
        "tail",
        f"import os, time\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)",
    )
    with pytest.raises(AnswerTimeoutError, match="took longer than 2 s"):
        LogSource().observe(LogAsk(argv=(endless,), timeout=2.0))
    number = int((tmp_path / "pid").read_text())
    # where nobody reaps orphans it stays as a zombie
    assert not psutil.pid_exists(number) or psutil.Process(number).status() == psutil.STATUS_ZOMBIE


def test_a_catastrophic_pattern_is_ended(tmp_path: Path) -> None:
    """A regular expression that would run for ever is an ERROR, and the run goes on."""
    path = tmp_path / "a.log"
    path.write_bytes(b"a" * 5000 + b"!\n")
    with pytest.raises(AnswerTimeoutError, match="simplify its patterns"):
        LogSource().observe(LogAsk(path=str(path), patterns=("(a+)+$",), timeout=1.5))


def test_the_source_tells_the_same_as_the_scan(tmp_path: Path) -> None:
    """Question and answer survive the way to the other process; so do its errors."""
    path = tmp_path / "a.log"
    path.write_bytes(dated(-5, "ERROR new") + dated(1, "ERROR 'x' \u00e9 \u2028") + dated(2, "INFO y"))
    asked = LogAsk(
        path=str(path), patterns=("x", "y"), since=START, known_since=START - timedelta(days=1), signatures=3
    )
    here, there = scan(asked), LogSource().observe(asked)
    assert [getattr(here, name) for name in LogAnswer.__slots__ if name != "at"] == [
        getattr(there, name) for name in LogAnswer.__slots__ if name != "at"
    ]
    with pytest.raises(NoAnswerError, match="does not exist"):
        LogSource().observe(LogAsk(path=str(tmp_path / "none")))
    with pytest.raises(QueryError, match="no time zone"):
        LogSource().observe(LogAsk(path=str(path), zone="Mars/Base"))
    with pytest.raises(QueryError, match="too long"):
        LogSource().observe(LogAsk(path=str(path), patterns=("x" * 200_000,)))


def test_a_closed_source_starts_nothing(tmp_path: Path) -> None:
    """When the run ends nothing is begun any more."""
    source = LogSource()
    source.close()
    with pytest.raises(SourceError, match="the run is ending"):
        source.observe(LogAsk(path=str(tmp_path)))


@pytest.mark.parametrize(
    "line",
    [
        '10.0.0.1 - - [21/Nov/2026:10:00:00 +0200] "GET / HTTP/1.1" 500 1',
        '{"level":50,"time":1795248000000,"msg":"x"}',
        '{"ts":1795248000.25,"level":"error"}',
        "2026/11/21 08:00:00 [error] x",
    ],
)
def test_other_ways_to_write_the_time(tmp_path: Path, line: str) -> None:
    """Web servers and JSON loggers write the time in their own ways."""
    path = tmp_path / "a.log"
    path.write_text(line + "\n")
    assert 1 == ask(path, since=START, until=START + timedelta(seconds=1)).lines
    assert 0 == ask(path, since=START + timedelta(seconds=1)).lines


def test_a_time_without_zone(tmp_path: Path) -> None:
    """The declared zone counts where the line names none."""
    path = tmp_path / "a.log"
    path.write_text("2026-11-21 09:00:00 x\n")
    assert 0 == ask(path, since=START, until=START + timedelta(minutes=1)).lines
    assert 1 == ask(path, since=START, until=START + timedelta(minutes=1), zone="Europe/Berlin").lines
