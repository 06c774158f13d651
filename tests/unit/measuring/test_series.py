"""Several measurements of one metric, and the numbers of programs, bodies and Redis."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from pytest_deploycheck.asks import CommandAnswer, HttpAnswer, Number, Numbers, RedisAnswer, SqlAnswer
from pytest_deploycheck.errors import BadAnswerError, QueryError, SourceError
from pytest_deploycheck.measuring import measure, measure_each
from pytest_deploycheck.settings.load import load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_deploycheck.settings.metrics import MetricItem

AT = datetime(2026, 3, 1, tzinfo=UTC)
HEAD = """
[service]
base_url = "http://127.0.0.1:1"
[database]
dsn = "postgresql://u:p@h/d"
[redis]
address = "127.0.0.1:1"
[prometheus]
url = "http://127.0.0.1:1"
[[metric]]
id = "m"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the settings lie."""
    return tmp_path


def metric(folder: Path, keys: str) -> MetricItem:
    """Return a declared metric."""
    path = folder / "deploycheck.toml"
    path.write_text(HEAD + keys)
    return load_settings(path, cwd=folder, environ={}).metrics[0]


def rows(columns: str, *values: tuple[Any, ...], truncated: bool = False) -> SqlAnswer:
    """Return rows."""
    return SqlAnswer(columns=tuple(columns.split()), rows=values, seconds=0.1, target="h/d", at=AT, truncated=truncated)


SQL = 'source = "sql"\nsql = "SELECT 1"\nby = ["plan"]\n'


def test_a_row_for_each_group(folder: Path) -> None:
    """Each has its own name, value and n."""
    found = measure_each(metric(folder, SQL), rows("plan bad total", ("free", 1, 4), ("pro", 0, 8), (None, 0, 0)))
    assert [("m[free]", 25.0, 4), ("m[pro]", 0.0, 8), ("m[(none)]", None, 0)] == [
        (each.metric, each.value, each.n) for each in found
    ]


def test_no_group_is_no_data(folder: Path) -> None:
    """Not nothing at all, which nobody would judge."""
    (made,) = measure_each(metric(folder, SQL), rows("plan value"))
    assert ("m", None, 0) == (made.metric, made.value, made.n)


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (rows("value", (1,)), "returns no column plan"),
        (rows("plan value", ("a", 1), ("a", 2)), "two rows of that name"),
        (rows("plan value", ("a", 1), truncated=True), "more than 200 rows"),
        (rows("plan", ("a",)), "returns no value"),
    ],
)
def test_groups_that_cannot_be_told_apart(folder: Path, answer: SqlAnswer, complaint: str) -> None:
    """Each is an error that says what to change."""
    with pytest.raises(QueryError, match=complaint):
        measure_each(metric(folder, SQL), answer)


def test_settled_denominator(folder: Path) -> None:
    """A success rate is of what came to an end; what is pending is told and not counted."""
    made = measure(metric(folder, 'source = "sql"\nsql = "SELECT 1"\n'), rows("good total pending", (95, 100, 40)))
    assert (95.0, "%", 100, "40 pending, not counted") == (made.value, made.unit, made.n, made.note)


def test_series_of_prometheus(folder: Path) -> None:
    """Named after metric and series; a single one keeps the metric's name; many are no single value."""
    declared = metric(folder, 'source = "prometheus"\nquery = "x"\nreduce = "each"\n')
    several = Numbers(series=(("a", Number(value=1.0, n=3, resolution="15s")), ("b", Number(value=None))))
    assert [("m[a]", 1.0, "15s"), ("m[b]", None, None)] == [
        (each.metric, each.value, each.resolution) for each in measure_each(declared, several)
    ]
    assert "m" == measure(declared, Numbers(series=(("", Number(value=1.0)),))).metric
    with pytest.raises(QueryError, match="has 2 series"):
        measure(declared, several)


def ran(output: str, code: int = 0) -> CommandAnswer:
    """Return how a program ended."""
    return CommandAnswer(code=code, output=output.encode(), seconds=0.25, target="job", at=AT)


@pytest.mark.parametrize(
    ("keys", "answer", "value"),
    [
        ("", ran("12\n"), 12),
        ("", ran(" 1.5e3 "), 1500),
        ("", ran("0.25"), 0.25),
        ("", ran(""), None),
        ('query = "a.b"', ran('{"a": {"b": 7}}'), 7),
        ('query = "gone"', ran("{}"), None),
        ('value = "exit-code"', ran("whatever", 3), 3),
        ('value = "seconds"\nunit = "ms"', ran(""), 250.0),
    ],
)
def test_programs(folder: Path, keys: str, answer: CommandAnswer, value: float | None) -> None:
    """A number, a number in JSON, the exit code, the time; no output is no data."""
    made = measure(metric(folder, f'source = "command"\ncommand = ["job"]\n{keys}\n'), answer)
    assert (value, "job") == (made.value, made.target)


@pytest.mark.parametrize(
    ("keys", "output"),
    [
        ("", "three"),
        ("", "1 2"),
        ('query = "a"', "no json"),
        ('query = "a"', '{"a": [1]}'),
        ('query = "a"', "[" * 99999),
    ],
)
def test_programs_that_print_no_number(folder: Path, keys: str, output: str) -> None:
    """Anything else is an error."""
    with pytest.raises(BadAnswerError):
        measure(metric(folder, f'source = "command"\ncommand = ["job"]\n{keys}\n'), ran(output))


def test_tables_of_numbers(folder: Path) -> None:
    """Each name is a series, from a program or a body; no table at all is no data."""
    job = metric(folder, 'source = "command"\ncommand = ["job"]\nquery = "@"\neach = true\n')
    assert [("m[a]", 1), ("m[b]", None)] == [(e.metric, e.value) for e in measure_each(job, ran('{"b": null, "a": 1}'))]
    assert [("m", None)] == [(each.metric, each.value) for each in measure_each(job, ran("{}"))]
    for output in ('{"a": "text"}', '{"a": {}}', "[1]", str({f"k{n}": n for n in range(300)}).replace("'", '"')):
        with pytest.raises(SourceError):
            measure_each(job, ran(output))


def test_samples_in_a_body(folder: Path) -> None:
    """The body may say of how many samples its number is."""
    declared = metric(folder, 'source = "http"\npath = "/q"\nquery = "p95"\nsamples_query = "n"\n')

    def body(text: str) -> HttpAnswer:
        return HttpAnswer(url="http://h/q", status=200, body=text.encode(), at=AT)

    assert (2, 30) == ((made := measure(declared, body('{"p95": 2, "n": 30}'))).value, made.n)
    assert 0 == measure(declared, body('{"p95": 2}')).n
    with pytest.raises(BadAnswerError, match="no number of samples"):
        measure(declared, body('{"p95": 2, "n": true}'))


INFO = (
    ("keyspace_hits", "90"),
    ("keyspace_misses", "10"),
    ("used_memory", "500"),
    ("maxmemory", "1000"),
    ("role", "x"),
)


@pytest.mark.parametrize(
    ("query", "value", "unit", "n"),
    [
        ("ping", 0.002, "s", 1),
        ("hit_rate", 90.0, "%", 100),
        ("memory", 50.0, "%", None),
        ("used_memory", 500.0, "B", None),
    ],
)
def test_redis(folder: Path, query: str, value: float, unit: str, n: int | None) -> None:
    """PING in seconds, shares in %, fields as they are."""
    made = measure(
        metric(folder, f'source = "redis"\nquery = "{query}"\n'), RedisAnswer(seconds=0.002, target="h:1", info=INFO)
    )
    assert (value, unit, n) == (made.value, made.unit, made.n)


def test_redis_without_a_number(folder: Path) -> None:
    """No requests yet is no data; a field that is missing or no number is an error."""
    idle = RedisAnswer(seconds=0.002, target="h:1", info=(("keyspace_hits", "0"), ("keyspace_misses", "0")))
    made = measure(metric(folder, 'source = "redis"\nquery = "hit_rate"\n'), idle)
    assert (None, 0) == (made.value, made.n)
    for query in ("gone", "role"):
        with pytest.raises(BadAnswerError):
            measure(
                metric(folder, f'source = "redis"\nquery = "{query}"\n'),
                RedisAnswer(seconds=0.002, target="h:1", info=INFO),
            )
