"""When a job last succeeded, by how much it is overdue; from whatever answer tells it. Pure."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import jmespath
from jmespath.exceptions import JMESPathError

from pytest_deploycheck.asks import FileAnswer, HttpAnswer, SqlAnswer
from pytest_deploycheck.errors import BadAnswerError, CheckFailedError, NoDataError, QueryError
from pytest_deploycheck.judgement.cron import parse_cron
from pytest_deploycheck.judgement.units import compatible, convert
from pytest_deploycheck.model import Measurement
from pytest_deploycheck.phases import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_deploycheck.settings.jobs import Job

# clocks differ; a success a little before its time is the success of that time
_SKEW: Final = timedelta(seconds=60)
# seconds since 1970 in milliseconds begin here; as seconds that would be the year 5138
_MILLISECONDS: Final = 1e11


def overdue(job: Job, succeeded: datetime | None, now: datetime) -> Measurement:
    """Return by how many seconds a job is overdue, 0 when it is not.

    Raises:
        CheckFailedError: it never succeeded.
        NoDataError: it succeeded in the future, so that the clocks differ.
    """
    if succeeded is None:
        raise CheckFailedError(f"{job.id} never succeeded")
    if succeeded > now + _SKEW:
        raise NoDataError(
            f"{job.id} last succeeded in the future ({succeeded.isoformat(timespec='seconds')})",
            "Compare the clocks and time zones",
        )
    due = _next(job, succeeded)
    late = 0.0 if due is None else max(0.0, (now - due).total_seconds() - job.grace)
    age = format_duration(round((now - succeeded).total_seconds()))
    return Measurement(
        metric=f"{job.id}.overdue",
        value=round(late, 3),
        unit="s",
        source="job",
        query=f"last success, {job.schedule or 'every ' + format_duration(job.every or 0)}",
        at=now,
        note=f"last success {age} ago, at {succeeded.isoformat(timespec='seconds')}",
    )


def succeeded_at(job: Job, answer: Any) -> datetime | None:
    """Return when a job last succeeded as an answer of SQL, HTTP or the file system tells it; None means never.

    Raises:
        BadAnswerError: the answer holds no time.
        QueryError: the statement returned something else than one value.
    """
    return _READERS[type(answer)](job, answer)


def succeeded_by(job: Job, measured: Measurement, now: datetime) -> datetime | None:
    """Return when a job last succeeded as a metric tells it: by its age, or as seconds since 1970 (0 means never).

    Raises:
        NoDataError: the metric has no value.
        BadAnswerError: its value is no time.
    """
    value = measured.value
    if value is None:
        raise NoDataError(f"{measured.metric} has no value{f': {measured.note}' if measured.note else ''}")
    if measured.unit and compatible(measured.unit, "s") and isinstance(value, int | float) and math.isfinite(value):
        return now - timedelta(seconds=float(convert(value, measured.unit, "s")))
    return _time(job, value) if value else None


def _next(job: Job, succeeded: datetime) -> datetime | None:
    """Return when a job has to succeed the next time."""
    if job.every is not None:
        return succeeded + timedelta(seconds=job.every)
    return parse_cron(job.schedule or "").after(succeeded + _SKEW, ZoneInfo(job.timezone))


def _from_rows(job: Job, answer: SqlAnswer) -> datetime | None:
    if len(answer.rows) > 1 or len(answer.columns) != 1:
        raise QueryError(
            f"{job.id}: the statement returned {len(answer.rows)} rows of {len(answer.columns)} columns",
            "Let it return one time: SELECT max(finished_at) …",
        )
    return _time(job, answer.rows[0][0]) if answer.rows else None


def _from_body(job: Job, answer: HttpAnswer) -> datetime | None:
    if not 200 <= answer.status < 300:  # noqa: PLR2004  # the class of success
        raise BadAnswerError(f"{answer.url} answered {answer.status}", "Check the path and the token")
    try:
        return _time(job, jmespath.search(job.query or "", answer.json()))
    except JMESPathError as error:
        raise BadAnswerError(f"{job.query}: {error}") from None


def _from_file(_job: Job, answer: FileAnswer) -> datetime | None:
    return answer.changed


_READERS: Final[Mapping[type, Callable[[Job, Any], datetime | None]]] = {
    SqlAnswer: _from_rows,
    HttpAnswer: _from_body,
    FileAnswer: _from_file,
}


def _time(job: Job, value: Any) -> datetime | None:
    """Return a time that is given as such, as ISO 8601, or as (milli)seconds since 1970; without a zone it is UTC."""
    try:
        if value is None or isinstance(value, datetime):
            found = value
        elif isinstance(value, str):
            found = datetime.fromisoformat(value.strip())
        elif isinstance(value, bool):
            raise ValueError  # noqa: TRY301  # told below, as everything that is no time
        else:
            seconds = float(value)
            found = datetime.fromtimestamp(seconds / 1000 if seconds >= _MILLISECONDS else seconds, UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        raise BadAnswerError(
            f"{job.id}: what tells its last success is no time ({type(value).__name__})",
            "Let it be ISO 8601 or seconds since 1970",
        ) from None
    return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)
