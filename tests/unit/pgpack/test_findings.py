"""Findings and the exit code that they add up to."""

from __future__ import annotations

import pytest

from pytest_deploycheck.pgpack.findings import Finding, bad, exit_code, good, plural, unverified
from pytest_deploycheck.status import Severity, Status

LOW, MEDIUM, HIGH, CRITICAL = Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL


def found(severity: Severity | None) -> Finding:
    """Return a finding of that severity."""
    return bad("c", "o", severity, "m", scope="s")


def unknown(severity: Severity | None) -> Finding:
    """Return something unverified."""
    return unverified("c", "o", severity, "m", scope="s")


FINE = good("c", "o", "m", scope="s")


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([FINE], 0),
        ([FINE, found(LOW), found(MEDIUM), found(None), unknown(MEDIUM), unknown(None)], 0),
        ([FINE, unknown(HIGH)], 11),
        ([unknown(CRITICAL), found(MEDIUM)], 11),
        ([found(HIGH)], 12),
        ([found(CRITICAL), unknown(CRITICAL)], 12),
        ([], 11),
    ],
)
def test_exit_code(findings: list[Finding], code: int) -> None:
    """12 for what is serious, 11 for what may be, 0 for the rest; nothing at all is not well."""
    assert code == exit_code(findings)


def test_a_remark_is_no_failure() -> None:
    """Without a severity it is told as info."""
    assert (Status.WARN, "info") == (found(None).status, found(None).as_json()["severity"])


def test_json_has_the_promised_fields() -> None:
    """Absent hints and samples are left out."""
    assert ["check", "object", "status", "severity", "value", "scope", "message"] == list(FINE.as_json())
    assert ["7"] == bad("c", "o", LOW, "m", scope="s", samples=("7",)).as_json()["samples"]


def test_plural() -> None:
    """One row, two rows, no rows."""
    assert ["1 row", "2 rows", "0 entries"] == [plural(1, "row"), plural(2, "row"), plural(0, "entry", "entries")]
