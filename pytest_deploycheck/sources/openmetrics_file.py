"""A file of metrics as a source, as node_exporter's textfile collector reads it; beside ``openmetrics.py``."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import replace
from datetime import UTC, datetime

from pytest_deploycheck.asks import Number, TextfileAsk
from pytest_deploycheck.errors import (
    AnswerTooLargeError,
    BadAnswerError,
    MissingAccessError,
    NoAnswerError,
    QueryError,
    SourceError,
)
from pytest_deploycheck.metricquery import parse_query
from pytest_deploycheck.phases import format_duration
from pytest_deploycheck.redact import printable
from pytest_deploycheck.sources.openmetrics_compute import Scrape, compute
from pytest_deploycheck.sources.openmetrics_text import read_exposition


class TextfileSource:
    """Reads files of metrics; safe to use from several threads at once."""

    ask_type = TextfileAsk

    def observe(self, ask: TextfileAsk) -> Number:
        """Return the number that the query asks for; its value is None when the file is too old or has no data.

        Raises:
            QueryError: the query cannot be read, or compares two moments.
            NoAnswerError: there is no such file.
            MissingAccessError: it may not be read.
            BadAnswerError: it holds something else than metrics, or too much.
        """
        try:
            query = parse_query(ask.query)
        except ValueError as error:
            raise QueryError(str(error)) from None
        if query.needs_window:
            raise QueryError(f"{ask.query} compares two moments, and a file has one", "Use value, max, min or age")
        shown = printable(ask.path)
        body, written = _read(ask, shown)
        now = time.time()
        try:
            scrape = Scrape(read_exposition(body), time.monotonic(), now)
        except BadAnswerError as error:
            raise type(error)(
                f"{shown}: {error.message}", "Write it aside and rename it, so that it is whole"
            ) from None
        number = replace(compute(query, scrape, scrape), target=shown, at=datetime.fromtimestamp(now, UTC))
        age = now - written
        if age <= ask.max_age:
            return number
        old, limit = format_duration(round(age)), format_duration(ask.max_age)
        note = f"stale: the file was written {old} ago, and max_age is {limit}"
        return replace(number, value=None, n=0, note=note)

    def close(self) -> None:
        """Nothing is held."""


def _read(ask: TextfileAsk, shown: str) -> tuple[bytes, float]:
    """Return the file's content and when it was written (seconds since 1970)."""
    try:
        # opening a pipe would wait for its writer
        with os.fdopen(os.open(ask.path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise NoAnswerError(f"{shown} is no file", "Correct the path")
            body = file.read(ask.max_bytes + 1)
    except FileNotFoundError:
        raise NoAnswerError(f"the file {shown} does not exist", "Check the path, and the job that writes it") from None
    except PermissionError:
        raise MissingAccessError(f"the file {shown} may not be read", f"Run: setfacl -m u:$USER:r {shown}") from None
    except (OSError, ValueError) as error:
        raise SourceError(f"the file {shown} cannot be read ({type(error).__name__})") from None
    if len(body) > ask.max_bytes:
        raise AnswerTooLargeError(f"the file {shown} has more than {ask.max_bytes} bytes")
    return body, about.st_mtime
