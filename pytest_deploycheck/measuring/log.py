"""Measurements from logs: counts, rates and shares of lines, kinds of errors, and their table for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_deploycheck.asks.logs import ERROR_LEVELS
from pytest_deploycheck.errors import NoDataError
from pytest_deploycheck.measuring.base import in_unit
from pytest_deploycheck.model import Measurement
from pytest_deploycheck.phases import format_duration
from pytest_deploycheck.sources.logs_signature import signature_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pytest_deploycheck.asks import LogAnswer
    from pytest_deploycheck.settings.items import Log
    from pytest_deploycheck.settings.metrics import LogMetric

NO_LINE: Final = "the log has no line in this time"
NO_TIME: Final = "no timestamp in the log is understood, so nobody knows which lines are of this time"
_UNITS: Final = {"total": "", "minute": "1/min", "lines": "%"}


def measure_log(metric: LogMetric, answer: LogAnswer) -> Measurement:
    """Return the measurement of a metric that counts lines.

    Raises:
        NoDataError: a rate is asked for, and nobody knows over which time.
        QueryError: the declared unit does not fit.
    """
    matches, levels = dict(answer.matches), dict(answer.levels)
    counted = ERROR_LEVELS if metric.level == "ERROR" else (metric.level or "",)
    count = matches[metric.pattern] if metric.pattern else sum(levels.get(level, 0) for level in counted)
    total = matches[metric.of] if metric.of else answer.lines
    value: float | None = count
    if metric.per == "minute":
        value = count / (_seconds(answer) / 60)
    elif metric.per == "lines":
        value = 100 * count / total if total else None
    unit = _UNITS[metric.per]
    return Measurement(
        metric=metric.id,
        value=in_unit(value, unit, metric.unit) if answer.lines else None,
        unit=metric.unit or unit,
        n=total or None,
        window=format_duration(metric.window) if metric.window else None,
        source="log",
        query=metric.pattern or f"lines of level {metric.level}",
        target=answer.path,
        at=answer.at,
        note=None if total else empty_note(answer),
        lower_bound=answer.truncated and metric.per == "total",
    )


def measure_errors(log: Log, answer: LogAnswer) -> Measurement:
    """Return how many lines of a log are errors or worse, by their level."""
    count = sum(count for level, count in answer.levels if level in ERROR_LEVELS)
    return _of_log(log, answer, f"{log.id}.errors", count if answer.lines else None, "lines of level ERROR or worse")


def measure_new_errors(log: Log, answer: LogAnswer) -> Measurement:
    """Return how many kinds of errors were not there before the window.

    Raises:
        NoDataError: the log does not reach back that far.
    """
    if not answer.reaches_back:
        raise NoDataError(
            "the log does not reach back before the deployment, so nobody knows which errors are new",
            "Keep the rotated files, or raise lookback",
        )
    query = "kinds of errors that were not there before"
    return _of_log(log, answer, f"{log.id}.new_errors", answer.unknown if answer.lines else None, query)


def empty_note(answer: LogAnswer) -> str:
    """Return why nothing was counted."""
    return NO_LINE if answer.dated else NO_TIME


def signature_table(answer: LogAnswer, redact: Callable[[str], str], number: int | None = None) -> list[str]:
    """Return the most frequent kinds of errors as lines for people, each with its latest example, both redacted."""
    found = answer.signatures[:number]
    lines = []
    for signature in found:
        mark = "new  " if signature.known is False else ""
        # of a secret that was taken apart the redaction would not find the pieces
        example = redact(signature.example)
        lines += [f"{signature.count:>7} x {mark}{signature_of(example)}", f"          such as: {example}"]
    left = answer.distinct - len(found)
    return lines + ([f"          and {left} more kinds of errors"] if left > 0 else [])


def _of_log(log: Log, answer: LogAnswer, name: str, value: int | None, query: str) -> Measurement:
    return Measurement(
        metric=name,
        value=value,
        n=answer.lines or None,
        note=None if answer.lines else empty_note(answer),
        window=format_duration(log.since) if log.since else None,
        source="log",
        query=query,
        target=answer.path,
        at=answer.at,
        lower_bound=answer.truncated,
    )


def _seconds(answer: LogAnswer) -> float:
    start: datetime | None = answer.since
    end = answer.until or answer.at
    if start is None or end is None or end <= start:
        raise NoDataError("a rate needs a time", "Give the metric a window, or the log since")
    return (end - start).total_seconds()
