"""The public surface is pinned: a name that comes or goes is a decision, written down here."""

from __future__ import annotations

import subprocess
import sys

import pytest

import pytest_deploycheck

EXPORTS = """
AlertRule Alerts Attest Attestations Backup Backups BadAnswerError Baseline CheckFailedError CheckResult Confirms
Container Database Decision Dependency DeploycheckError Deployment Endpoint Events Expectation Flow FlowRunner Health
HttpAnswer HttpAsk Impact InconclusiveError Integrity Job Jobs Judgement KeyQuery Log LogAnswer Logs Measurement
MetricItem Metrics MissingAccessError NoAnswerError NoBaselineError NoDataError Number OnFail Pack Page Pages Probe
Realtime RunRecord Runtime Settings SettingsError Severity Source SourceError SqlAnswer SqlAsk Status TcpAsk
TenantIsolation Tenants ThresholdExceededError Thresholds UnknownExpectationError Verdict Workload days_left decide
dependency_ask endpoint_ask expectation_of_dependency expectation_of_endpoint expected_of http_ask load_settings
lookup sql_ask stranger_asks worst
""".split()  # noqa: SIM905  # a list literal would hide the order in quotes


def test_exports() -> None:
    """The names are these, in this order."""
    assert EXPORTS == pytest_deploycheck.__all__


@pytest.mark.parametrize("name", EXPORTS)
def test_every_name_loads(name: str) -> None:
    """Each name is there and knows where it comes from."""
    assert getattr(pytest_deploycheck, name).__module__.startswith("pytest_deploycheck.")


def test_unknown_name() -> None:
    """A wrong name is an AttributeError, as in any module."""
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        pytest_deploycheck.nonsense  # noqa: B018  # the look-up is the test


def test_importing_loads_nothing() -> None:
    """The package itself costs nothing: neither pydantic nor httpx nor psycopg come with it."""
    heavy = ("pydantic", "httpx", "psycopg", "pytest")
    code = f"import sys, pytest_deploycheck; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()
