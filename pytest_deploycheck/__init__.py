"""pytest-deploycheck: decides, minutes after a deployment, whether it is good.

The names here are the public surface, for checks, plugins and type hints; they load on first use, so that pytest starts
as fast with the plugin installed as without.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pytest_deploycheck.asking import dependency_ask, endpoint_ask, http_ask, sql_ask, stranger_asks
    from pytest_deploycheck.asks import HttpAnswer, HttpAsk, LogAnswer, Number, SqlAnswer, SqlAsk, TcpAsk
    from pytest_deploycheck.errors import (
        BadAnswerError,
        CheckFailedError,
        DeploycheckError,
        InconclusiveError,
        MissingAccessError,
        NoAnswerError,
        NoBaselineError,
        NoDataError,
        SettingsError,
        SourceError,
        ThresholdExceededError,
        UnknownExpectationError,
    )
    from pytest_deploycheck.expectations import Expectation, lookup
    from pytest_deploycheck.expected import expected_of
    from pytest_deploycheck.measuring import days_left
    from pytest_deploycheck.model import CheckResult, Deployment, Judgement, Measurement, RunRecord, Verdict
    from pytest_deploycheck.plugin.alerting import Alerts
    from pytest_deploycheck.plugin.attesting import Attestations
    from pytest_deploycheck.plugin.backing import Backups
    from pytest_deploycheck.plugin.expecting import expectation_of_dependency, expectation_of_endpoint
    from pytest_deploycheck.plugin.flowing import FlowRunner
    from pytest_deploycheck.plugin.frontend import Events, Pages
    from pytest_deploycheck.plugin.jobs import Jobs
    from pytest_deploycheck.plugin.judging import Baseline, Thresholds
    from pytest_deploycheck.plugin.logbook import Logs
    from pytest_deploycheck.plugin.metering import Metrics
    from pytest_deploycheck.plugin.pack import Pack
    from pytest_deploycheck.plugin.probing import Probe
    from pytest_deploycheck.plugin.questions import Database
    from pytest_deploycheck.plugin.running import Runtime
    from pytest_deploycheck.plugin.tenancy import Tenants
    from pytest_deploycheck.settings.alerts import AlertRule
    from pytest_deploycheck.settings.backups import Backup
    from pytest_deploycheck.settings.database import Health, KeyQuery
    from pytest_deploycheck.settings.flows import Flow
    from pytest_deploycheck.settings.frontend import Page, Realtime
    from pytest_deploycheck.settings.integrity import Integrity
    from pytest_deploycheck.settings.items import Attest, Dependency, Endpoint, Log
    from pytest_deploycheck.settings.jobs import Job
    from pytest_deploycheck.settings.load import load_settings
    from pytest_deploycheck.settings.metrics import MetricItem
    from pytest_deploycheck.settings.running import Container, Workload
    from pytest_deploycheck.settings.schema import Settings
    from pytest_deploycheck.settings.tenants import TenantIsolation
    from pytest_deploycheck.sources.base import Source
    from pytest_deploycheck.status import Confirms, Decision, Impact, OnFail, Severity, Status, worst
    from pytest_deploycheck.verdict import decide

_HOMES: Final = {
    "plugin.alerting": ("Alerts",),
    "plugin.attesting": ("Attestations",),
    "plugin.backing": ("Backups",),
    "plugin.questions": ("Database",),
    "plugin.flowing": ("FlowRunner",),
    "plugin.frontend": ("Events", "Pages"),
    "plugin.judging": ("Baseline", "Thresholds"),
    "plugin.logbook": ("Logs",),
    "plugin.metering": ("Metrics",),
    "plugin.tenancy": ("Tenants",),
    "plugin.pack": ("Pack",),
    "plugin.probing": ("Probe",),
    "settings.database": ("Health", "KeyQuery"),
    "plugin.jobs": ("Jobs",),
    "settings.jobs": ("Job",),
    "plugin.running": ("Runtime",),
    "settings.running": ("Container", "Workload"),
    "settings.integrity": ("Integrity",),
    "settings.frontend": ("Page", "Realtime"),
    "settings.items": ("Attest", "Dependency", "Endpoint", "Log"),
    "settings.tenants": ("TenantIsolation",),
    "settings.backups": ("Backup",),
    "settings.alerts": ("AlertRule",),
    "settings.flows": ("Flow",),
    "settings.metrics": ("MetricItem",),
    "asking": ("dependency_ask", "endpoint_ask", "http_ask", "sql_ask", "stranger_asks"),
    "asks": ("HttpAnswer", "HttpAsk", "LogAnswer", "Number", "SqlAnswer", "SqlAsk", "TcpAsk"),
    "errors": (
        "BadAnswerError",
        "CheckFailedError",
        "DeploycheckError",
        "InconclusiveError",
        "MissingAccessError",
        "NoAnswerError",
        "NoBaselineError",
        "NoDataError",
        "SettingsError",
        "SourceError",
        "ThresholdExceededError",
        "UnknownExpectationError",
    ),
    "expectations": ("Expectation", "lookup"),
    "expected": ("expected_of",),
    "measuring": ("days_left",),
    "model": ("CheckResult", "Deployment", "Judgement", "Measurement", "RunRecord", "Verdict"),
    "plugin.expecting": ("expectation_of_dependency", "expectation_of_endpoint"),
    "settings.load": ("load_settings",),
    "settings.schema": ("Settings",),
    "sources.base": ("Source",),
    "status": ("Confirms", "Decision", "Impact", "OnFail", "Severity", "Status", "worst"),
    "verdict": ("decide",),
}
_HOME_OF: Final = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AlertRule",
    "Alerts",
    "Attest",
    "Attestations",
    "Backup",
    "Backups",
    "BadAnswerError",
    "Baseline",
    "CheckFailedError",
    "CheckResult",
    "Confirms",
    "Container",
    "Database",
    "Decision",
    "Dependency",
    "DeploycheckError",
    "Deployment",
    "Endpoint",
    "Events",
    "Expectation",
    "Flow",
    "FlowRunner",
    "Health",
    "HttpAnswer",
    "HttpAsk",
    "Impact",
    "InconclusiveError",
    "Integrity",
    "Job",
    "Jobs",
    "Judgement",
    "KeyQuery",
    "Log",
    "LogAnswer",
    "Logs",
    "Measurement",
    "MetricItem",
    "Metrics",
    "MissingAccessError",
    "NoAnswerError",
    "NoBaselineError",
    "NoDataError",
    "Number",
    "OnFail",
    "Pack",
    "Page",
    "Pages",
    "Probe",
    "Realtime",
    "RunRecord",
    "Runtime",
    "Settings",
    "SettingsError",
    "Severity",
    "Source",
    "SourceError",
    "SqlAnswer",
    "SqlAsk",
    "Status",
    "TcpAsk",
    "TenantIsolation",
    "Tenants",
    "ThresholdExceededError",
    "Thresholds",
    "UnknownExpectationError",
    "Verdict",
    "Workload",
    "days_left",
    "decide",
    "dependency_ask",
    "endpoint_ask",
    "expectation_of_dependency",
    "expectation_of_endpoint",
    "expected_of",
    "http_ask",
    "load_settings",
    "lookup",
    "sql_ask",
    "stranger_asks",
    "worst",
]


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used."""
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
