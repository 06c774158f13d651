"""All reports say the same things in the same words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.model import Deployment, Judgement, Measurement, RunInfo, RunRecord
from pytest_deploycheck.reporting.base import (
    condition_text,
    cut,
    headline,
    quantity_text,
    readings_worst_first,
    reason_of,
    run_text,
    samples_text,
    seconds_text,
    shorten,
    value_text,
    worst_first,
)
from pytest_deploycheck.status import OnFail, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_deploycheck.model import CheckResult


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0.012, "s", "12 ms"),
        (2.4, "s", "2.4 s"),
        (1.2, "%", "1.2 %"),
        (1234, "", "1,234"),
        (3, "1/s", "3/s"),
        (1536 * 1024, "B", "1.5 MiB"),
        (7, "orders", "7 orders"),
        (float("nan"), "s", "nan s"),
        (float("inf"), "", "inf"),
        (10**5000, "", "a number beyond any measurement"),
    ],
    ids=["ms", "s", "percent", "thousands", "rate", "bytes", "own", "nan", "inf", "huge"],
)
def test_quantities_read_as_a_person_writes_them(value: float, unit: str, expected: str) -> None:
    """A number is shown in the unit in which it reads best."""
    assert expected == quantity_text(value, unit)


def test_a_value_just_beyond_its_limit_does_not_read_like_the_limit() -> None:
    """5.0000001 against > 5 keeps the digits that make it different."""
    text = value_text(Measurement(metric="m", value=5.0000001), "> 5")
    assert text == "5.0000001"


@pytest.mark.parametrize(
    ("value", "expected"), [(None, "no data"), (True, "yes"), (False, "no"), ("a\x1b[31m\nb", "a\\x1b[31m b")]
)
def test_values_that_are_no_numbers(value: Any, expected: str) -> None:
    """Nothing, yes, no and text each have their words; control characters are shown, not sent."""
    assert expected == value_text(Measurement(metric="m", value=value))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.0, "0 ms"), (0.0123, "12 ms"), (3.41, "3.4 s"), (125, "2 min 5 s"), (3780, "1 h 3 min"), (float("inf"), "inf")],
)
def test_durations(seconds: float, expected: str) -> None:
    """A duration is shown in the units a person would say."""
    assert expected == seconds_text(seconds)


@pytest.mark.parametrize(
    ("severity", "condition", "expected"),
    [
        (Severity.HIGH, "> 1 s", "high: > 1 s"),
        (Severity.HIGH, "high > 1 s", "high > 1 s"),
        (None, "low > 1", "low > 1"),
        (Severity.LOW, None, ""),
    ],
)
def test_a_condition_names_its_level_once(severity: Severity | None, condition: str | None, expected: str) -> None:
    """The level stands before the condition unless it stands there already."""
    assert expected == condition_text(Judgement(status=Status.FAIL, reason="", severity=severity, condition=condition))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"n": 20, "window": "5s"}, "20 samples in 5s"),
        ({"n": 1}, "1 sample"),
        ({"window": "15m", "attempts": 3}, "in 15m, 3 attempts"),
        ({"attempts": 2}, "2 attempts"),
        ({}, ""),
    ],
)
def test_samples(fields: dict[str, Any], expected: str) -> None:
    """How a value came about is said only as far as it is known."""
    assert expected == samples_text(Measurement(metric="m", value=1, **fields))


@pytest.mark.parametrize(
    ("changes", "service", "expected"),
    [
        ({"id": "d7", "version": "4.2"}, "shop", "shop 4.2 (d7) in production"),
        ({"id": "4.2", "version": "4.2"}, "shop", "shop 4.2 in production"),
        ({"id": "d7"}, "", "deployment d7 in production"),
        ({"id": "d7", "environment": "staging"}, "shop", "shop (d7) in staging"),
    ],
)
def test_the_headline_names_the_deployment_once(
    changes: dict[str, Any], service: str, expected: str, make_record: Callable[..., RunRecord], record: RunRecord
) -> None:
    """The id is added only when it says something that the version does not."""
    deployment = Deployment(**{"deployed_at": record.deployment.deployed_at, **changes})
    assert expected == headline(make_record(deployment=deployment, service=service))


def test_checks_that_do_not_count_say_so(record: RunRecord) -> None:
    """A dry run, an ignored and a held check are marked next to their reason."""
    failed = record.checks[1]
    reasons = [
        reason_of(replace(failed, **change))
        for change in ({"dry_run": True}, {"on_fail": OnFail.IGNORE}, {"on_fail": OnFail.HOLD})
    ]
    marks = ["[dry run, does not count]", "[ignored, does not count]", "[held back]"]
    assert [f"step pay answered 500, not 200 {mark}" for mark in marks] == reasons


def test_a_passed_check_says_what_it_kept_to(record: RunRecord) -> None:
    """Green is explained as well."""
    assert reason_of(record.checks[0]) == "within > 1 s"


def test_worst_first(record: RunRecord) -> None:
    """Failures come before errors, errors before unknowns, green last."""
    expected = [Status.FAIL, Status.ERROR, Status.INCONCLUSIVE, Status.WARN, Status.PASS]
    assert expected == [result.status for result in worst_first(record.checks)]


def test_the_worst_reading_comes_first(make_check: Callable[..., CheckResult]) -> None:
    """The reading that decided a check is the first one shown."""
    good, bad = make_check(), make_check(status=Status.FAIL)
    both = replace(bad, readings=good.readings + bad.readings)
    assert list(bad.readings + good.readings) == readings_worst_first(both)


def test_the_run_admits_what_it_is_not(make_record: Callable[..., RunRecord], record: RunRecord) -> None:
    """An interrupted, unfinished or partial run is never described as a whole one."""
    started = RunInfo(tool_version="1", started_at=record.run.started_at)
    assert run_text(make_record(run=started)) == "0 ms, not finished"
    assert "interrupted" in run_text(make_record(run=replace(started, interrupted=True)))
    partial = replace(record.run, partial="-k pay")
    assert run_text(make_record(run=partial)).endswith("a part only")


@given(st.text(), st.integers(2, 60))
def test_shortened_texts_fit(text: str, width: int) -> None:
    """A shortened text fits, keeps its start, and is unchanged when it fitted already."""
    for short in (cut(text, width), shorten(text, width)):
        assert len(short) <= width
        assert short == text or len(text) > width
