"""When a job last succeeded, and by how much it is overdue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pytest_deploycheck.asks import FileAnswer, HttpAnswer, SqlAnswer
from pytest_deploycheck.errors import BadAnswerError, CheckFailedError, NoDataError, QueryError
from pytest_deploycheck.measuring import overdue, succeeded_at, succeeded_by
from pytest_deploycheck.model import Measurement
from pytest_deploycheck.settings.jobs import Job

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOURLY = Job(id="sync", every=3600.0, grace=60.0, file="x")


def rows(*values: Any, columns: tuple[str, ...] = ("max",)) -> SqlAnswer:
    """Return an answer of single values."""
    return SqlAnswer(columns=columns, rows=tuple((value,) for value in values), seconds=0.0, target="db")


@pytest.mark.parametrize(("minutes", "late"), [(0, 0.0), (59, 0.0), (61, 0.0), (62, 60.0), (120, 3540.0), (-0.5, 0.0)])
def test_an_interval_with_grace(minutes: float, late: float) -> None:
    """It is overdue once interval and grace have passed since its last success."""
    found = overdue(HOURLY, NOW - timedelta(minutes=minutes), NOW)
    assert (late, "s", "sync.overdue") == (found.value, found.unit, found.metric)


@pytest.mark.parametrize(
    ("succeeded", "late"),
    [
        ("2026-11-21T02:41:00+00:00", 0.0),
        ("2026-11-21T02:29:30+00:00", 0.0),
        ("2026-11-20T02:41:00+00:00", 9.5 * 3600 - 1800.0),
    ],
)
def test_a_schedule_with_grace(succeeded: str, late: float) -> None:
    """It is overdue since the first time that it missed; one that came seconds early did not miss."""
    job = Job(id="report", schedule="30 2 * * *", grace=1800.0, file="x")
    assert late == overdue(job, datetime.fromisoformat(succeeded), NOW).value


def test_never_is_a_finding() -> None:
    """A job without any success has failed."""
    with pytest.raises(CheckFailedError, match=r"^sync never succeeded$"):
        overdue(HOURLY, None, NOW)


def test_the_future_is_no_success() -> None:
    """Clocks that differ prove nothing."""
    with pytest.raises(NoDataError, match=r"sync last succeeded in the future .*Compare the clocks"):
        overdue(HOURLY, NOW + timedelta(hours=1), NOW)


@pytest.mark.parametrize(
    "value",
    [
        NOW,
        NOW.replace(tzinfo=None),
        NOW.isoformat(),
        "2026-11-21 12:00:00",
        "2026-11-21T13:00:00+01:00",
        NOW.timestamp(),
        NOW.timestamp() * 1000,
        int(NOW.timestamp()),
    ],
)
def test_times_in_every_form(value: Any) -> None:
    """A time, ISO 8601, seconds and milliseconds since 1970 mean the same; without a zone it is UTC."""
    assert NOW == succeeded_at(HOURLY, rows(value))


@pytest.mark.parametrize("answer", [rows(None), rows(), FileAnswer(path="x", changed=None, at=NOW)])
def test_nothing_means_never(answer: Any) -> None:
    """NULL, no row and no file mean that it never succeeded."""
    assert succeeded_at(HOURLY, answer) is None


@pytest.mark.parametrize("value", ["soon", "", True, [], {}, float("nan"), float("inf"), 1e300])
def test_what_is_no_time(value: Any) -> None:
    """Anything else is a bad answer, and neither success nor failure."""
    with pytest.raises(BadAnswerError, match="sync: what tells its last success is no time"):
        succeeded_at(HOURLY, rows(value))


def test_several_values_are_refused() -> None:
    """A statement has to return one time."""
    with pytest.raises(QueryError, match="returned 2 rows of 1 columns"):
        succeeded_at(HOURLY, rows(NOW, NOW))
    with pytest.raises(QueryError, match="returned 0 rows of 2 columns"):
        succeeded_at(HOURLY, rows(columns=("a", "b")))


def test_a_json_body() -> None:
    """The time stands at a JMESPath; another status and no JSON are no answer."""
    job = Job(id="sync", every=3600.0, path="/jobs", query="jobs[?name=='sync'].last | [0]")
    body = b'{"jobs": [{"name": "sync", "last": "2026-11-21T12:00:00Z"}]}'
    assert NOW == succeeded_at(job, HttpAnswer(url="u", status=200, body=body))
    assert succeeded_at(job, HttpAnswer(url="u", status=200, body=b'{"jobs": []}')) is None
    for bad in (HttpAnswer(url="u", status=500, body=body), HttpAnswer(url="u", status=200, body=b"<")):
        with pytest.raises(BadAnswerError):
            succeeded_at(job, bad)


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (90.0, "s", NOW - timedelta(seconds=90)),
        (1.5, "min", NOW - timedelta(seconds=90)),
        (NOW.timestamp(), "", NOW),
        (0, "", None),
    ],
)
def test_a_metric(value: float, unit: str, expected: datetime | None) -> None:
    """A metric in a unit of time is an age, any other the seconds since 1970, of which 0 means never."""
    assert expected == succeeded_by(HOURLY, Measurement(metric="m", value=value, unit=unit), NOW)


def test_a_metric_without_a_value() -> None:
    """A metric that is gone says nothing about the job."""
    with pytest.raises(NoDataError, match="m has no value: no series"):
        succeeded_by(HOURLY, Measurement(metric="m", value=None, note="no series"), NOW)
