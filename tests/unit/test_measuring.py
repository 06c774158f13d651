"""From answers to measurements."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from pytest_deploycheck.asks import HttpAnswer, Number, SqlAnswer
from pytest_deploycheck.errors import BadAnswerError, NoDataError, QueryError
from pytest_deploycheck.measuring import days_left, in_unit, measure
from pytest_deploycheck.settings.load import load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_deploycheck.settings.schema import Settings

AT = datetime(2026, 3, 1, tzinfo=UTC)
SETTINGS = """
[service]
base_url = "http://127.0.0.1:1"
metrics = "/metrics"
[database]
dsn = "postgresql://u:p@h/d"
[[endpoint]]
id = "home"
path = "/"
[[metric]]
id = "errors"
source = "openmetrics"
query = "ratio(a, b)"
window = "30s"
[[metric]]
id = "mean"
source = "openmetrics"
query = "avg(x_seconds)"
unit = "ms"
[[metric]]
id = "share"
source = "sql"
sql = "SELECT 1"
unit = "%"
window = "1h"
[[metric]]
id = "depth"
source = "http"
path = "/q"
query = "queue.depth"
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a metric of each source."""
    path = tmp_path / "deploycheck.toml"
    path.write_text(SETTINGS)
    return load_settings(path, cwd=tmp_path, environ={})


def rows(columns: tuple[str, ...], *values: tuple[Any, ...]) -> SqlAnswer:
    """Return an answer of the database."""
    return SqlAnswer(columns=columns, rows=values, seconds=0.1, target="h:5432/d", at=AT)


def http(body: str, status: int = 200, **more: Any) -> HttpAnswer:
    """Return an answer of the service."""
    return HttpAnswer(url="http://h/q", status=status, body=body.encode(), at=AT, **more)


def test_a_number_keeps_all_it_says(settings: Settings) -> None:
    """Value, n, window, note and lower bound of a metric source arrive in the measurement."""
    number = Number(
        value=7.0, unit="%", n=300, window="31s", note="21 of 300", target="t", attempts=2, lower_bound=True
    )
    made = measure(settings.metrics[0], number)
    assert (7.0, "%", 300, "31s", "21 of 300", "t", 2, True) == (
        made.value, made.unit, made.n, made.window, made.note, made.target, made.attempts, made.lower_bound,
    )  # fmt: skip


def test_values_come_in_the_declared_unit(settings: Settings) -> None:
    """Seconds become the milliseconds that the settings declare, exactly."""
    assert (70.0, "ms") == ((made := measure(settings.metrics[1], Number(value=0.07, unit="s"))).value, made.unit)


@pytest.mark.parametrize(
    ("answer", "value", "n"),
    [
        (rows(("value",), (3,)), 3, None),
        (rows(("whatever",), (3,)), 3, None),
        (rows(("n", "value"), (50, 4)), 4, 50),
        (rows(("bad", "total"), (1, 8)), 12.5, 8),
        (rows(("bad", "total"), (0, 0)), None, 0),
        (rows(("bad", "total"), (None, 4)), 0.0, 4),
        (rows(("value",)), None, 0),
        (rows(("value",), (None,)), None, None),
    ],
)
def test_rows(settings: Settings, answer: SqlAnswer, value: float | None, n: int | None) -> None:
    """A value column, an n beside it, or a share of bad in total; none of nothing is no data, never 0 %."""
    made = measure(settings.metrics[2], answer)
    assert (value, n, "1h") == (made.value, made.n, made.window)


def test_several_rows_are_an_error(settings: Settings) -> None:
    """A statement with several rows has no single value."""
    with pytest.raises(QueryError, match="returned 2 rows"):
        measure(settings.metrics[2], rows(("value",), (1,), (2,)))


def test_a_number_in_a_body(settings: Settings) -> None:
    """The JMESPath finds it; nothing there is no data."""
    assert 4 == measure(settings.metrics[3], http('{"queue": {"depth": 4}}')).value
    assert measure(settings.metrics[3], http("{}")).value is None


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (http("{}", 503), "answered 503"),
        (http("<html>"), "did not answer JSON"),
        (http('{"queue": {"depth": [1]}}'), "is a list, not a number"),
    ],
)
def test_no_number_in_a_body(settings: Settings, answer: HttpAnswer, complaint: str) -> None:
    """Anything but a number is an error of the source, not a value."""
    with pytest.raises(BadAnswerError, match=complaint):
        measure(settings.metrics[3], answer)


def test_units_that_do_not_fit() -> None:
    """Bytes never become seconds."""
    with pytest.raises(QueryError, match="answers in B, the settings declare s"):
        in_unit(1.0, "B", "s")


def test_days_left(settings: Settings) -> None:
    """The time to a certificate's end is in days, negative when it is over, and no data without a certificate."""
    endpoint = settings.endpoints[0]
    assert -1.5 == days_left(endpoint, http("", tls_expires_at=AT - timedelta(hours=36))).value
    with pytest.raises(NoDataError, match="showed no certificate"):
        days_left(endpoint, http(""))
