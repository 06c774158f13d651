"""Redaction of a result: no text from outside leaves as it came."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime

from pytest_deploycheck.model import CheckResult, Judgement, Measurement, Reading
from pytest_deploycheck.plugin.redacting import redact_result
from pytest_deploycheck.status import Impact, Severity, Status

SECRET = "hidden"


def _redact(text: str) -> str:
    return text.replace(SECRET, "***")


def test_every_text_is_redacted() -> None:
    """All texts of result, measurement and judgement; ids are cleaned where they come into being."""
    measurement = Measurement(
        metric=SECRET, value=SECRET, unit=SECRET, n=1, query=SECRET, target=SECRET, note=SECRET, at=datetime.now(UTC)
    )
    judgement = Judgement(status=Status.FAIL, reason=SECRET, condition=SECRET)
    result = CheckResult(
        id="a",
        nodeid="a",
        title=SECRET,
        severity=Severity.HIGH,
        impact=Impact.OPS,
        status=Status.FAIL,
        reason=SECRET,
        detail=SECRET,
        action=SECRET,
        runbook=SECRET,
        readings=(Reading(measurement=measurement, judgement=judgement),),
    )
    assert SECRET not in repr(redact_result(result, _redact))


def test_what_is_no_text_stays() -> None:
    """Numbers, statuses and missing values come through unchanged."""
    measurement = Measurement(metric="m", value=3.5, n=2, lower_bound=True)
    reading = Reading(measurement=measurement, judgement=Judgement(status=Status.PASS, reason="fine"))
    result = CheckResult(
        id="a",
        nodeid="a",
        title="t",
        severity=Severity.LOW,
        impact=Impact.DATA,
        status=Status.PASS,
        readings=(reading,),
    )
    again = redact_result(result, _redact)
    assert result == again
    assert {field.name for field in fields(again)} == {field.name for field in fields(result)}
