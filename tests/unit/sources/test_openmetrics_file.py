"""Files of metrics."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.asks import TextfileAsk
from pytest_deploycheck.errors import AnswerTooLargeError, BadAnswerError, NoAnswerError, QueryError, SourceError
from pytest_deploycheck.sources.openmetrics_file import TextfileSource

if TYPE_CHECKING:
    from pathlib import Path

TEXT = '# TYPE rows gauge\nrows{table="a"} 5\nrows{table="b"} 7\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of metrics."""
    path = tmp_path / "job.prom"
    path.write_text(TEXT)
    return path


@pytest.mark.parametrize(("query", "value"), [("value(rows)", 12.0), ("max(rows)", 7.0), ('min(rows{table="a"})', 5.0)])
def test_value(file: Path, query: str, value: float) -> None:
    """The query language is that of /metrics."""
    number = TextfileSource().observe(TextfileAsk(path=str(file), query=query))
    assert (value, str(file)) == (number.value, number.target)


def test_stale(file: Path) -> None:
    """A file that nobody writes any more is no data, with its age."""
    past = time.time() - 7200
    os.utime(file, (past, past))
    number = TextfileSource().observe(TextfileAsk(path=str(file), query="value(rows)", max_age=3600.0))
    assert (None, 0, "stale: the file was written 2h ago, and max_age is 1h") == (number.value, number.n, number.note)
    assert 12.0 == TextfileSource().observe(TextfileAsk(path=str(file), query="value(rows)", max_age=9e9)).value


def test_no_such_series(file: Path) -> None:
    """No data."""
    assert TextfileSource().observe(TextfileAsk(path=str(file), query="value(columns)")).value is None


@pytest.mark.parametrize("query", ["rate(rows)", "ratio(a, b)", "value(", "nonsense"])
def test_queries_that_do_not_fit(file: Path, query: str) -> None:
    """A file has one moment."""
    with pytest.raises(QueryError):
        TextfileSource().observe(TextfileAsk(path=str(file), query=query))


def test_what_is_no_file_of_metrics(tmp_path: Path, file: Path) -> None:
    """Missing, a folder, a pipe, too large, half written: each is one clear error, and none waits."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "html").write_text("<html>")
    (tmp_path / "half").write_text('rows{table="a')
    kinds: dict[str, type[SourceError]] = {
        "gone": NoAnswerError,
        "pipe": NoAnswerError,
        "html": BadAnswerError,
        "half": BadAnswerError,
        ".": SourceError,
    }
    for name, kind in kinds.items():
        with pytest.raises(SourceError) as caught:
            TextfileSource().observe(TextfileAsk(path=str(tmp_path / name), query="value(rows)"))
        assert isinstance(caught.value, kind), name
    with pytest.raises(AnswerTooLargeError):
        TextfileSource().observe(TextfileAsk(path=str(file), query="value(rows)", max_bytes=10))
