"""Records that the report tests render: one check of each kind, and a factory for others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from pytest_deploycheck.model import (
    Attestation,
    CheckResult,
    Deployment,
    Judgement,
    Measurement,
    Reading,
    RunInfo,
    RunRecord,
    Step,
    Verdict,
)
from pytest_deploycheck.status import Decision, Impact, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Callable

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


class MakeCheck(Protocol):
    """Build a check with one reading; ``measured`` and ``judged`` change the reading, the rest the check."""

    def __call__(
        self, name: str = ..., *, measured: dict[str, Any] | None = ..., judged: dict[str, Any] | None = ..., **kw: Any
    ) -> CheckResult:
        """Return the check."""


def _check(
    name: str = "endpoints.answers[health]",
    *,
    measured: dict[str, Any] | None = None,
    judged: dict[str, Any] | None = None,
    **changes: Any,
) -> CheckResult:
    status = changes.get("status", Status.PASS)
    measurement: dict[str, Any] = {
        "metric": "latency", "value": 0.012, "unit": "s", "n": 20, "window": "5s", "source": "http",
        "query": "GET /health", "target": "http://127.0.0.1:8000/health", "at": NOON, "note": "p95 of 20 samples",
    }  # fmt: skip
    judgement: dict[str, Any] = {"status": status, "reason": "", "condition": "> 1 s"}
    reading = Reading(
        measurement=Measurement(**{**measurement, **(measured or {})}),
        judgement=Judgement(**{**judgement, **(judged or {})}),
    )
    fields: dict[str, Any] = {
        "id": name, "nodeid": f"checks/test_endpoints.py::test_it[{name}]", "title": "It answers",
        "severity": Severity.HIGH, "impact": Impact.AVAILABILITY, "status": status, "readings": (reading,),
        "duration": 0.0123,
    }  # fmt: skip
    return CheckResult(**{**fields, **changes})


@pytest.fixture(scope="session")
def make_check() -> MakeCheck:
    """Return the factory of checks."""
    return _check


@pytest.fixture(scope="session")
def make_record() -> Callable[..., RunRecord]:
    """Return a factory of records; keywords replace fields of the record."""

    def make(**changes: Any) -> RunRecord:
        fields: dict[str, Any] = {
            "deployment": Deployment(
                id="2026-01-31-a", deployed_at=NOON, version="4.2.1", previous="4.2.0", commit="abc123"
            ),
            "phase": "first-hour",
            "tick": 3,
            "service": "shop",
            "target": "http://127.0.0.1:8000",
            "verdict": Verdict(
                decision=Decision.ROLLBACK,
                exit_code=20,
                rule="a critical flow is broken",
                summary="a critical flow is broken: It answers",
                path=(Step(question="Is a critical flow broken?", answer="yes", because="flows.works[checkout]"),),
                evidence=("flows.works[checkout]", "logs.clean[app]"),
            ),
            "checks": (
                _check(),
                _check(
                    "flows.works[checkout]",
                    status=Status.FAIL,
                    severity=Severity.CRITICAL,
                    impact=Impact.FLOW,
                    finding=Severity.CRITICAL,
                    reason="step pay answered 500, not 200",
                    action="Ask the payments team.",
                    runbook="https://wiki.example.org/checkout",
                    detail="E   step pay\nE   answered 500",
                    measured={"value": 500, "unit": ""},
                    judged={"severity": Severity.CRITICAL, "condition": "!= 200"},
                ),
                _check("metrics.within[errors]", status=Status.WARN, severity=Severity.MEDIUM, reason="1.2 % > 1 %"),
                _check("metrics.within[queue]", status=Status.INCONCLUSIVE, reason="no data", readings=()),
                _check("database.connects", status=Status.ERROR, reason="refused", readings=()),
            ),
            "not_reported": ("logs.clean[app]",),
            "attestations": (Attestation(id="can-wait", by="Ada", at=NOON, answer="no"),),
            "run": RunInfo(
                tool_version="0.1.0",
                started_at=NOON,
                finished_at=NOON + timedelta(seconds=12),
                seconds=12.3,
                finished=True,
                workers=4,
                requests=45,
            ),
        }
        return RunRecord(**{**fields, **changes})

    return make


@pytest.fixture(scope="session")
def record(make_record: Callable[..., RunRecord]) -> RunRecord:
    """Return a run that found a broken flow."""
    return make_record()
