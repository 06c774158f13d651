"""Usage of an audit log, counted in the database: the statements, and what their rows amount to."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.sources.postgres_queries import quoted, table_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_ROWS: Final = 200_000
_DIGITS: Final = r"\d+"
_LONGEST_CLASS: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLog:
    """Where the log is and what its columns mean; texts are SQL of the settings, times in seconds."""

    table: str
    at: str
    where: str | None = None
    failed: str | None = None
    failure: str | None = None
    user_type: str | None = None
    duration: str | None = None
    slow: float = 3.0
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """What happened within one hour to one type of users. ``failed`` is None when nobody said what a failure is."""

    hour: datetime
    user_type: str | None
    total: int
    failed: int | None
    slow: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Durations in seconds of an hour of the day (None: of all), from ``n`` rows."""

    hour: int | None
    n: int
    mean: float
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """How often one class of failures happened on one day."""

    day: datetime
    kind: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFindings:
    """Everything that was counted between two times. ``rows_ever`` tells an empty log from an empty time."""

    table: str
    since: datetime
    until: datetime
    buckets: tuple[Bucket, ...] = ()
    times: tuple[Times, ...] = ()
    failures: tuple[Failures, ...] = ()
    rows_ever: int | None = None
    newest: datetime | None = None
    seconds: float = 0.0
    truncated: bool = False
    where: str | None = None

    @property
    def total(self) -> int:
        """How often it happened."""
        return sum(each.total for each in self.buckets)

    @property
    def failed(self) -> int | None:
        """How often it failed, None when nobody said what a failure is."""
        known = [each.failed for each in self.buckets if each.failed is not None]
        return sum(known) if known else None

    @property
    def slow(self) -> int | None:
        """How often it was slow, None without durations."""
        known = [each.slow for each in self.buckets if each.slow is not None]
        return sum(known) if known else None

    @property
    def all_times(self) -> Times | None:
        """The durations of all rows."""
        return next((each for each in self.times if each.hour is None), None)

    def counted(self, key: Callable[[Bucket], Any]) -> Counter[Any]:
        """Return how often it happened by what ``key`` says of a bucket."""
        found: Counter[Any] = Counter()
        for each in self.buckets:
            found[key(each)] += each.total
        return found

    def peak_hour(self) -> int | None:
        """Return the hour of the day in which it happens most; the earliest of equals."""
        found: int | None = _peak(self.counted(lambda each: each.hour.hour))
        return found

    def peak_day(self) -> str | None:
        """Return the weekday on which it happens most; the earliest of equals."""
        found = _peak(self.counted(lambda each: each.hour.weekday()))
        return None if found is None else WEEKDAYS[found]

    def busiest_hour(self) -> tuple[datetime, int] | None:
        """Return the one hour in which it happened most, and how often."""
        found = self.counted(lambda each: each.hour)
        if not found:
            return None
        hour = _peak(found)
        return hour, found[hour]


def _peak(found: Counter[Any]) -> Any:
    return min(found, key=lambda each: (-found[each], each), default=None)


def usage_sql(log: AuditLog, since: datetime, until: datetime) -> str:
    """Return the statement that counts by hour and type of users."""
    failed = f"count(*) FILTER (WHERE {_held(log.failed)})" if log.failed else "NULL::bigint"
    slow = f"count(*) FILTER (WHERE {_expression(log.duration)} > {log.slow!r})" if log.duration else "NULL::bigint"
    kind = f"({_expression(log.user_type)})::text" if log.user_type else "NULL::text"
    return (
        f"SELECT {_trunc('hour', log)} AS hour, {kind} AS user_type, count(*) AS total, {failed} AS failed, "
        f"{slow} AS slow {_from(log, since, until)} GROUP BY 1, 2"
    )


def times_sql(log: AuditLog, since: datetime, until: datetime) -> str:
    """Return the statement for the percentiles of durations, in all and by hour of the day; needs ``duration``."""
    value = f"({_expression(log.duration)})::float8"
    hour = f"extract(hour FROM {_local(log)})::int"
    inner = f"SELECT {hour} AS hour, {value} AS seconds {_from(log, since, until)}"
    return (
        "SELECT hour, count(*) AS n, avg(seconds) AS mean, "  # noqa: S608  # names are quoted, the rest is the settings' own SQL
        "(percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY seconds))[1] AS p50, "
        "(percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY seconds))[2] AS p95, "
        "(percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY seconds))[3] AS p99 "
        f"FROM ({inner}) AS taken WHERE seconds IS NOT NULL "
        "GROUP BY GROUPING SETS ((), (hour))"
    )


def failures_sql(log: AuditLog, since: datetime, until: datetime, most: int) -> str:
    """Return the statement that counts classes of failures by day, numbers in texts replaced; needs ``failed``."""
    text = f"coalesce(left(({_expression(log.failure)})::text, {_LONGEST_CLASS}), 'no reason given')"
    kind = f"regexp_replace({text}, '{_DIGITS}', 'N', 'g')" if log.failure else "'failed'::text"
    inner = f"SELECT {_trunc('day', log)} AS day, {kind} AS kind {_from(log, since, until)} AND {_held(log.failed)}"
    return (
        f"WITH failures AS ({inner}), "  # noqa: S608
        f"common AS (SELECT kind FROM failures GROUP BY kind ORDER BY count(*) DESC, kind LIMIT {most}) "
        "SELECT day, CASE WHEN kind IN (SELECT kind FROM common) THEN kind ELSE 'others' END AS kind, "
        "count(*) AS count "
        "FROM failures GROUP BY 1, 2 ORDER BY 1, 2"
    )


def ever_sql(log: AuditLog) -> str:
    """Return the statement that tells how many rows there ever were, and when the newest one was."""
    return f"SELECT count(*) AS rows, max({_expression(log.at)}) AS newest FROM {_table(log)} WHERE {_where(log)}"  # noqa: S608


def buckets_of(rows: Iterable[tuple[Any, ...]]) -> tuple[Bucket, ...]:
    """Return the rows of :func:`usage_sql`."""
    return tuple(
        Bucket(hour=moment(hour), user_type=kind, total=total, failed=failed, slow=slow)
        for hour, kind, total, failed, slow in rows
    )


def times_of(rows: Iterable[tuple[Any, ...]]) -> tuple[Times, ...]:
    """Return the rows of :func:`times_sql`, those of all hours first; none when nothing had a duration."""
    found = [
        Times(hour=hour, n=n, mean=float(mean), p50=float(p50), p95=float(p95), p99=float(p99))
        for hour, n, mean, p50, p95, p99 in rows
        if n
    ]
    return tuple(sorted(found, key=lambda each: -1 if each.hour is None else each.hour))


def failures_of(rows: Iterable[tuple[Any, ...]]) -> tuple[Failures, ...]:
    """Return the rows of :func:`failures_sql`."""
    return tuple(Failures(day=moment(day), kind=str(kind), count=count) for day, kind, count in rows)


def moment(value: Any) -> datetime:
    """Return a time of a row."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))


def _expression(text: str | None) -> str:
    # a comment at the end of the settings' SQL must not swallow what follows
    return f"({text}\n)"


def _held(condition: str | None) -> str:
    return f"coalesce({_expression(condition)}, false)"


def _local(log: AuditLog) -> str:
    zone = log.timezone.replace("'", "''")
    return f"({_expression(log.at)}::timestamptz AT TIME ZONE '{zone}')"


def _trunc(unit: str, log: AuditLog) -> str:
    return f"date_trunc('{unit}', {_local(log)})"


def _table(log: AuditLog) -> str:
    return quoted(table_of(log.table))


def _where(log: AuditLog) -> str:
    return _expression(log.where) if log.where else "true"


def _from(log: AuditLog, since: datetime, until: datetime) -> str:
    at = _expression(log.at)
    return (
        f"FROM {_table(log)} WHERE {at} >= '{since.isoformat()}'::timestamptz "
        f"AND {at} < '{until.isoformat()}'::timestamptz AND {_where(log)}"
    )


_CLASS_NUMBER: Final = re.compile(_DIGITS)


def failure_class(text: str) -> str:
    """Return the class of a failure: its text with all numbers alike."""
    return _CLASS_NUMBER.sub("N", " ".join(text.split()))[:_LONGEST_CLASS]
