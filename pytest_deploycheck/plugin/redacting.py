"""Redaction of a check's result before it leaves the process: every text that came, or may have come, from outside."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_deploycheck.model import CheckResult, Reading

    Redact = Callable[[str], str]


def redact_result(result: CheckResult, redact: Redact) -> CheckResult:
    """Return the result with every text from outside redacted."""
    return replace(
        result,
        title=redact(result.title),
        action=_maybe(result.action, redact),
        runbook=_maybe(result.runbook, redact),
        reason=redact(result.reason),
        detail=_maybe(result.detail, redact),
        readings=tuple(_reading(reading, redact) for reading in result.readings),
    )


def _reading(reading: Reading, redact: Redact) -> Reading:
    measurement, judgement = reading.measurement, reading.judgement
    value = measurement.value
    return replace(
        reading,
        measurement=replace(
            measurement,
            metric=redact(measurement.metric),
            unit=redact(measurement.unit),
            value=redact(value) if isinstance(value, str) else value,
            query=_maybe(measurement.query, redact),
            target=_maybe(measurement.target, redact),
            note=_maybe(measurement.note, redact),
        ),
        judgement=replace(judgement, reason=redact(judgement.reason), condition=_maybe(judgement.condition, redact)),
    )


def _maybe(text: str | None, redact: Redact) -> str | None:
    return redact(text) if text else text
