"""The command line and the markers; imported at every start of pytest, so it imports nothing heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pytest

_VALUES: Final = (
    ("--deploy-phase", "NAME", "decide about a deployment: run the checks due in phase NAME (or 'auto')"),
    ("--deploy-config", "PATH", "settings file (default: deploycheck.toml or [tool.deploycheck], here or above)"),
    (
        "--deploy-id",
        "ID",
        "id of the deployment, by which runs and reports are kept; latest: that of the last run",
    ),
    ("--deploy-version", "VERSION", "the version that was deployed"),
    ("--deploy-commit", "SHA", "the commit that was deployed"),
    ("--deploy-previous", "VERSION", "the version before it"),
    ("--deployed-at", "TIME", "when it was deployed, ISO 8601 with a time zone, or an age such as 5m"),
    ("--deploy-environment", "NAME", "the environment to check (an [[environment]] of the settings)"),
    (
        "--deploy-history",
        "URL",
        "where runs are remembered: sqlite:///path or postgresql://… (default: a file)",
    ),
    ("--deploy-interval", "DURATION", "with --deploy-watch: the time between two looks (default: the phase's)"),
    ("--deploy-duration", "DURATION", "with --deploy-watch: how long to watch (default: to the end of the phase)"),
    ("--deploy-report-dir", "DIR", "folder of the reports (default: reports beside the settings file)"),
)
_SWITCHES: Final = (
    ("--deploy-strict", "give WARN an exit code of its own (10)"),
    ("--deploy-dry-run", "decide and report, but exit 0 whatever the verdict"),
    ("--deploy-no-notify", "tell nobody: no alerts, no incident"),
    ("--deploy-watch", "look again and again until the phase ends: one run after the other on absolute times"),
    ("--deploy-plain", "with --deploy-watch: a line for each look instead of the dashboard, also on a terminal"),
    ("--deploy-plan", "list what is due and measure nothing"),
    ("--deploy-allow-rollback", "let a verdict of ROLLBACK run [verdict.on_rollback]"),
    ("--deploy-allow-writes", "run flows that write (writes = true)"),
)
MARKERS: Final = (
    "severity(level): how bad a failure is: critical, high, medium or low",
    "impact(area): what suffers: availability, data, security, flow, performance, business or ops",
    "phase(*names, due=None): the phases in which the check is due; none means every run",
    "action(text, runbook=None): what to do when the check fails",
    "on_fail(policy): what a failure may do to the verdict: rollback, hold or ignore",
    "confirms(what): a failure proves corruption, cross-tenant-access or exploited-vulnerability: ROLLBACK_NOW",
    "dry_run: measure and report, but do not count in the verdict",
    "each(section): one check for each entry that the settings declare in [[section]]",
    "needs(key): planned only when the settings declare the key (database, service.version, …)",
    "rows(*ids): the requirements that the check fulfils",
)


def add_options(parser: pytest.Parser) -> None:
    """Add the ``--deploy-…`` options; each defaults to None or False, which means inactive."""
    group = parser.getgroup("deploycheck", "deployment checks")
    for flag, metavar, text in _VALUES:
        group.addoption(flag, metavar=metavar, default=None, help=text, dest=flag[2:].replace("-", "_"))
    for flag, text in _SWITCHES:
        group.addoption(flag, action="store_true", default=False, help=text, dest=flag[2:].replace("-", "_"))


def add_markers(config: pytest.Config) -> None:
    """Register the markers, so that ``--strict-markers`` accepts checks also while the plugin is inactive."""
    for line in MARKERS:
        config.addinivalue_line("markers", line)
