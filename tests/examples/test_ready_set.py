"""The example ready-set against the demo: healthy in every phase, and each breach at its level."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from pytest_deploycheck.cli import main
from pytest_deploycheck.errors import SettingsError
from pytest_deploycheck.settings.load import load_settings
from tests.examples.ledger import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_deploycheck.demo.launch import RunningDemo
    from pytest_deploycheck.settings.schema import Settings
    from tests.examples.conftest import Example, Outcome
    from tests.examples.standins import Standins

SETTINGS = EXAMPLES / "ready-set" / "deploycheck.toml"
NEEDED = {"DATABASE_URL": "postgresql://u:p@h/d", "ADMIN_TOKEN": "adm1n-token"}
# this machine may be full, which is no fault of the example
ROOMY = {"MEMORY_WARNING": "99.8", "MEMORY_CRITICAL": "99.9"}


@pytest.fixture
def team(example: Callable[..., Example], demo: RunningDemo, standins: Standins) -> Example:
    """The example with the variables that the team would set."""
    made = example("ready-set", DATABASE_URL=demo.dsn, PROD_APP_URL=demo.url, ADMIN_TOKEN=demo.facts["admin_key"])
    made.environ |= {**ROOMY, "ALERT_LOG_DIR": str(made.folder / "monitoring")}
    made.environ |= {"SLACK_WEBHOOK_URL": f"{standins.url}/json/slack"}
    return made


@contextmanager
def deletions(demo: RunningDemo, **rows: dict[str, Any]) -> Iterator[None]:
    """Let deletions stand in the audit log: ``ok = {"n": 20, "duration_ms": 900}``, ``failed = {"n": 1}``."""
    actions = {"ok": "USER_DELETION", "failed": "USER_DELETION_FAILED", "timeouts": "USER_DELETION_FAILED"}
    dsn = make_conninfo(demo.dsn, user="demo_app", password=demo.facts["secrets"][2])
    with psycopg.connect(dsn, autocommit=True) as connection:
        # what the flow of an earlier test deleted is no deletion of the last hour
        connection.execute(
            "UPDATE audit_logs SET created_at = now() - interval '2 days'"
            " WHERE actor = 'admin' AND created_at > now() - interval '1 day'"
        )
        for kind, given in rows.items():
            details = {key: value for key, value in given.items() if key != "n"}
            if kind == "timeouts":
                details["error"] = "transaction timeout after 30 s"
            connection.execute(
                "INSERT INTO audit_logs (action, entity_id, actor, details, created_at)"
                " SELECT %s, 100001, 'ready-set-test', %s, now() - interval '1 minute' FROM generate_series(1, %s)",
                (actions[kind], json.dumps(details), given["n"]),
            )
        try:
            yield
        finally:
            connection.execute("DELETE FROM audit_logs WHERE actor = 'ready-set-test'")


@contextmanager
def inconsistent(demo: RunningDemo, count: int) -> Iterator[None]:
    """Let payments be settled before they were made."""
    dsn = make_conninfo(demo.dsn, user="demo_app", password=demo.facts["secrets"][2])
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO transactions (payer_id, reference, amount, currency, status, created_at, settled_at)"
            " SELECT 1, 'ready-set-' || i, 5, 'EUR', 'SETTLED', now(), now() - interval '1 hour'"
            " FROM generate_series(1, %s) AS i",
            (count,),
        )
        try:
            yield
        finally:
            connection.execute("DELETE FROM transactions WHERE reference LIKE 'ready-set-%'")


HEALTHY = {"n": 200, "duration_ms": 900, "transaction_ms": 120}


@pytest.mark.parametrize(
    ("phase", "age"),
    [("first-48-hours", "5m"), ("first-month", "3d"), ("daily", "3d"), ("weekly", "8d"), ("monthly", "40d")],
)
def test_a_healthy_service(team: Example, phase: str, age: str) -> None:
    """Every phase of the guide ends well, with a shorter period of analysis, too."""
    with deletions(team.demo, ok=HEALTHY):
        done = team.run(phase, deployed_at=age, ANALYSIS_PERIOD="604800")
    assert done.decision in {"PASS", "WARN"}, done.shown
    assert 0 == done.code
    assert not {"FAIL", "ERROR"} & set(done.statuses.values())


def levels(done: Outcome, *checks: str) -> dict[str, str | None]:
    """Return the levels that checks reached."""
    return {check: done.level(f"[{check}]") for check in checks}


def reported(team: Example, name: str) -> dict[str, Any]:
    """Return a record as JSON."""
    history = f"sqlite:///{team.folder}/history.sqlite"
    done = team.deploycheck(
        "report", name, "--format", "json", "--deploy-config", str(SETTINGS), "--deploy-history", history
    )
    assert 0 == done.returncode, done.stderr
    return dict(json.loads(done.stdout))


def test_the_records_have_the_names_of_the_guide(team: Example) -> None:
    """The JSON of the last hour and of the integrity has the guide's fields, filled from what was measured."""
    with deletions(team.demo, ok={"n": 22, "duration_ms": 1850}, failed={"n": 1}):
        team.run("first-48-hours")
    team.run("daily", deployed_at="3d")
    found = reported(team, "metrics")
    counted = found["deletion_metrics"]
    assert [23, 22, 1] == [counted[f"{each}_deletions"] for each in ("total", "successful", "failed")]
    assert (4.348, 1850) == (counted["error_rate_percent"], counted["avg_response_time_ms"])
    assert {"health_status", "response_time_ms"} == set(found["application_metrics"])
    assert "healthy" == found["application_metrics"]["health_status"]
    system = found["system_metrics"]
    assert {f"{each}_usage_percent" for each in ("memory", "cpu", "disk")} == set(system)
    assert None not in system.values()
    assert found["timestamp"].endswith("Z")
    integrity = reported(team, "integrity")
    head = integrity["data_integrity_validation"]
    assert {"validation_timestamp", "total_issues_found", "validation_status", "severity_level"} <= set(head)
    kinds = {"foreign_key_constraints", "cascade_deletions", "manual_cleanup", "audit_trail", "data_consistency"}
    assert kinds <= set(integrity["summary"])


def test_the_dashboard_of_the_guide_is_critical(team: Example) -> None:
    """1 failure in 23 deletions, 4.3 %, which the guide's own picture calls OK, is critical, and is told as such."""
    with deletions(team.demo, ok={"n": 22, "duration_ms": 1850}, failed={"n": 1}):
        done = team.run("first-48-hours")
    found = done.found("[deletion-error-rate]")
    assert ("FAIL", "critical") == (found["status"], found["finding"])
    (measured,) = found["measurements"]
    assert 4.35 == pytest.approx(measured["value"], abs=0.01)
    assert 23 == measured["n"]
    assert 1850 == done.found("[deletion-response-time]")["measurements"][0]["value"]
    assert [23, 22, 1] == [
        done.found(f"metric[{name}]")["measurements"][0]["value"]
        for name in ("deletions", "deletions-succeeded", "deletions-failed")
    ]
    assert "WATCH" == done.decision
    history = f"sqlite:///{team.folder}/history.sqlite"
    board = team.deploycheck("status", "--deploy-config", str(SETTINGS), "--deploy-history", history).stdout
    (line,) = [each for each in board.splitlines() if "Failed deletions of all" in each and "4.3" in each]
    assert line.strip().startswith("critical")
    for shown in ("Deletions in the last hour", "Memory in use", "CPU in use", "Disk in use", "Load average"):
        assert shown in board
    (log,) = (team.folder / "monitoring").glob("immediate-alerts-*.log")
    told = log.read_text(encoding="utf-8")
    assert "deletion-error-rate" in told
    assert "Investigate at once" in told


def test_warnings_of_the_first_48_hours(team: Example) -> None:
    """Each limit between warning and critical is a medium finding."""
    slow = {"n": 994, "duration_ms": 3500}
    with deletions(team.demo, ok=slow, failed={"n": 2}, timeouts={"n": 4}):
        done = team.run("first-48-hours", MEMORY_WARNING="0")
    checks = ("deletion-error-rate", "deletion-response-time", "deletion-timeouts", "deletion-timeouts-pattern")
    assert dict.fromkeys((*checks, "host-memory"), "medium") == levels(done, *checks, "host-memory")
    assert "WARN" == done.decision


def test_critical_in_the_first_48_hours(team: Example) -> None:
    """Each limit beyond critical is a critical finding; a few timeouts more than usual stay medium."""
    with deletions(team.demo, ok={"n": 94, "duration_ms": 5500}, timeouts={"n": 6}):
        done = team.run("first-48-hours", MEMORY_WARNING="0", MEMORY_CRITICAL="0.1")
    checks = ("deletion-error-rate", "deletion-response-time", "deletion-timeouts", "host-memory")
    assert dict.fromkeys(checks, "critical") == levels(done, *checks)
    assert "medium" == done.level("[deletion-timeouts-pattern]")
    assert "WATCH" == done.decision


INTEGRITY = ("left-by-users", "orphaned-dispatches", "inconsistencies")


@pytest.mark.parametrize(
    ("orphans", "gaps", "wrong", "level", "trail"),
    [(2, None, 1, "low", None), (7, 1, 4, "medium", "medium"), (12, 3, 11, "critical", "critical")],
)
def test_integrity(team: Example, orphans: int, gaps: int | None, wrong: int, level: str, trail: str | None) -> None:
    """Three tiers: from the first row on it is told, then the guide's warning, then its critical limit."""
    faults = [f"orphans={orphans}", *([f"audit-gap={gaps}"] if gaps else [])]
    with inconsistent(team.demo, wrong):
        done = team.run("daily", faults=faults, deployed_at="3d")
    assert dict.fromkeys(INTEGRITY, level) == levels(done, *INTEGRITY)
    assert {"audit-gaps": trail, "audit-coverage": "high" if gaps else None} == levels(
        done, "audit-gaps", "audit-coverage"
    )
    (log,) = (team.folder / "monitoring").glob("immediate-alerts-*.log")
    assert "left-by-users" in log.read_text(encoding="utf-8")


def test_targets_and_triggers(team: Example) -> None:
    """Missed targets of the period and reasons to optimise, each at its own level."""
    with deletions(team.demo, ok={"n": 97, "duration_ms": 6000}, timeouts={"n": 3}):
        done = team.run("weekly", deployed_at="8d", DELETIONS_PER_HOUR="150")
    high = ("kpi-success-rate", "kpi-error-rate")
    medium = ("kpi-response-time", "kpi-response-time-p95", "kpi-timeout-rate")
    low = ("optimise-queries", "optimise-transactions", "optimise-slow-operations", "optimise-peak-load")
    expected = dict.fromkeys(high, "high") | dict.fromkeys(medium, "medium") | dict.fromkeys(low, "low")
    assert expected == levels(done, *high, *medium, *low)


def loaded(**environ: str) -> Settings:
    """Return the example's settings with some variables."""
    return load_settings(SETTINGS, cwd=SETTINGS.parent, environ={**NEEDED, **environ})


def metric(settings: Settings, name: str) -> Any:
    """Return one metric of the settings."""
    return next(each for each in settings.metrics if each.id == name)


def ladder(settings: Settings, name: str) -> str:
    """Return the levels of a metric as text."""
    return str(metric(settings, name).levels)


def test_the_defaults_are_those_of_the_guide() -> None:
    """Without a variable each value is the guide's."""
    settings = loaded()
    phases = settings.phases
    assert "https://ready-set.app" == str(settings.service.base_url).rstrip("/")
    assert (172_800, 60) == (phases["first-48-hours"].end, phases["first-48-hours"].interval)
    assert (2_419_200, 86_400) == (phases["first-month"].end, phases["first-month"].interval)
    assert 604_800 == phases["weekly"].interval
    assert 2_419_200 == metric(settings, "deletions-in-period").window


def test_the_variables_of_the_old_scripts_count() -> None:
    """Each variable changes what it used to change; thresholds go to the level that their default equals."""
    settings = loaded(
        MONITORING_DURATION="86400",
        CHECK_INTERVAL="300",
        PROD_APP_URL="https://staging.ready-set.app",
        MONITORING_PERIOD="1209600",
        AUDIT_INTERVAL="43200",
        REPORT_INTERVAL="86400",
        ANALYSIS_PERIOD="1209600",
    )
    phases = settings.phases
    assert "https://staging.ready-set.app" == str(settings.service.base_url).rstrip("/")
    assert (86_400, 300) == (phases["first-48-hours"].end, phases["first-48-hours"].interval)
    assert (1_209_600, 43_200) == (phases["first-month"].end, phases["first-month"].interval)
    assert 86_400 == phases["weekly"].interval
    assert 1_209_600 == metric(settings, "deletions-in-period").window


@pytest.mark.parametrize(
    ("variable", "value", "name"),
    [
        ("ERROR_RATE_THRESHOLD", "2.5", "deletion-error-rate"),
        ("RESPONSE_TIME_THRESHOLD", "2500", "deletion-response-time"),
        ("TIMEOUT_THRESHOLD", "7", "deletion-timeouts"),
    ],
)
def test_the_thresholds_of_the_old_scripts_count(variable: str, value: str, name: str) -> None:
    """One variable, one level: the other one stays."""
    assert ladder(loaded(), name) != ladder(loaded(**{variable: value}), name)
    assert value in ladder(loaded(**{variable: value}), name)


def test_without_a_database_it_says_so(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """DATABASE_URL that is not set is named, with the remedy, and nothing runs."""
    with pytest.raises(SettingsError, match="needs DATABASE_URL, which is not set"):
        load_settings(SETTINGS, cwd=SETTINGS.parent, environ={"ADMIN_TOKEN": "adm1n-token"})
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("ADMIN_TOKEN", "adm1n-token")
    assert 4 == main(["config", "check", str(SETTINGS)])
    assert "DATABASE_URL" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("variables", "channel"),
    [
        ({"SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0/B0/x"}, "slack"),
        ({"ALERT_EMAIL": "ops@ready-set.app"}, "mail"),
        ({"PAGERDUTY_KEY": "0123456789abcdef0123456789abcdef"}, "pager"),
    ],
)
def test_a_channel_is_there_when_its_variable_is(variables: dict[str, str], channel: str) -> None:
    """Slack, e-mail and PagerDuty come with their variables; the log is always there."""
    assert channel not in {each.id for each in loaded().channels if each.enabled}
    assert {"alert-log", channel} <= {each.id for each in loaded(**variables).channels}


def test_every_finding_says_what_to_do() -> None:
    """What has a limit has an action."""
    items = [each for each in loaded().all_items() if getattr(each, "levels", None) is not None]
    assert [] == [each.id for each in items if not each.action]


def test_the_schedules_of_the_guide(tmp_path: Path) -> None:
    """The three lines of its crontab, and their equivalents on GitHub."""
    for kind in ("cron", "github"):
        assert 0 == main(["schedule", "emit", kind, "--service", "user-deletion", "--output", str(tmp_path)])
    cron = (tmp_path / "deploycheck.crontab").read_text(encoding="utf-8")
    folder = tmp_path / ".github" / "workflows"
    github = (folder / "deploycheck-scheduled.yml").read_text(encoding="utf-8")
    for expression in ("0 6 * * *", "0 9 * * 1", "0 10 1 * *"):
        assert expression in cron
        assert expression in github
    assert "deployment_status" in (folder / "deploycheck-gate.yml").read_text(encoding="utf-8")
