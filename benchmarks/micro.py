"""The steps that every check goes through, one by one, with pytest-benchmark: ``python benchmarks/micro.py``.

The tests here measure and assert nothing about time. The file's name keeps it out of the test suite.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pytest

from pytest_deploycheck import wire
from pytest_deploycheck.model import (
    CheckResult,
    Deployment,
    Judgement,
    Measurement,
    Reading,
    RunInfo,
    RunRecord,
    Verdict,
)
from pytest_deploycheck.redact import Redactor
from pytest_deploycheck.reporting.html import measurements_html, row_cells
from pytest_deploycheck.reporting.summary import summary_markdown
from pytest_deploycheck.reporting.terminal import result_line
from pytest_deploycheck.status import Decision, Impact, Severity, Status

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
MANY: Final = 1000


def result(number: int = 0) -> CheckResult:
    """Return a passed check with one reading."""
    measurement = Measurement(
        metric=f"e{number}.seconds", value=0.0123, unit="s", n=1, source="http", target="http://service/e", at=NOW
    )
    return CheckResult(
        id=f"endpoints.answers[e{number}]",
        nodeid=f"pytest_deploycheck/checks/test_endpoints.py::test_answers[e{number}]",
        title="The endpoint answers with the status, headers and body that the settings expect",
        severity=Severity.HIGH,
        impact=Impact.AVAILABILITY,
        status=Status.PASS,
        reason="",
        readings=(Reading(measurement=measurement, judgement=Judgement(status=Status.PASS, reason="recorded")),),
    )


def record() -> RunRecord:
    """Return a run with many checks."""
    return RunRecord(
        deployment=Deployment(id="benchmark", deployed_at=NOW, deployed_at_known=True, environment="production"),
        phase="first-hour",
        tick=1,
        verdict=Verdict(decision=Decision.PASS, exit_code=0, rule="everything planned ran and passed", summary=""),
        checks=tuple(map(result, range(MANY))),
        run=RunInfo(tool_version="0", started_at=NOW),
    )


@pytest.mark.parametrize(
    "text",
    ["answered 200 in 12 ms", "http://service:8080/a?b=c", "password=hunter2 in a line", "x" * 100_000],
    ids=["plain", "url", "secret", "100kB"],
)
def test_redaction(benchmark: BenchmarkFixture, text: str) -> None:
    """Redact a text that was not seen before."""
    redactor = Redactor(["hunter2hunter2"])
    benchmark(redactor._masked, text)  # noqa: SLF001  # without what it remembers


def test_redaction_of_a_text_seen_before(benchmark: BenchmarkFixture) -> None:
    """Redact a title again."""
    redactor = Redactor(["hunter2hunter2"])
    benchmark(redactor.text, "The endpoint answers fast enough")


def test_encode_result(benchmark: BenchmarkFixture) -> None:
    """Write a result for its way to the controller."""
    benchmark(wire.encode_result, result())


def test_decode_result(benchmark: BenchmarkFixture) -> None:
    """Read it there."""
    benchmark(wire.decode_result, wire.encode_result(result()))


def test_terminal_line(benchmark: BenchmarkFixture) -> None:
    """Write the line of a check."""
    benchmark(result_line, result())


def test_html_cells(benchmark: BenchmarkFixture) -> None:
    """Write the cells of a check in pytest-html's table."""
    benchmark(row_cells, result())


def test_record_of_1000_checks(benchmark: BenchmarkFixture) -> None:
    """Write verdict.json."""
    benchmark(wire.encode_record, record())


def test_reading_a_record_of_1000_checks(benchmark: BenchmarkFixture) -> None:
    """Read the verdict.json of an earlier run."""
    benchmark(wire.decode_record, wire.encode_record(record()))


def test_html_of_1000_checks(benchmark: BenchmarkFixture) -> None:
    """Write the table of measurements."""
    benchmark(measurements_html, record())


def test_summary_of_1000_checks(benchmark: BenchmarkFixture) -> None:
    """Write summary.md."""
    benchmark(summary_markdown, record())


if __name__ == "__main__":
    columns = "--benchmark-columns=median,iqr,rounds"
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", "--benchmark-sort=mean", columns]))
