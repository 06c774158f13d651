"""The sections of the settings that hold no checks: the service, its database, environments, and how a run behaves."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from typing import Annotated, Literal

from pydantic import Field

from pytest_deploycheck.judgement.ladder import Ladder
from pytest_deploycheck.phases import DAY
from pytest_deploycheck.settings.database import ForeignKeys, HealthLimits, HealthName
from pytest_deploycheck.settings.expectations import Headers, Table
from pytest_deploycheck.settings.fields import (
    BaselineChoice,
    BaseUrl,
    ByteSize,
    Dsn,
    Duration,
    HistoryUrl,
    Integer,
    JmesPath,
    Name,
    Number,
    PathOrUrl,
    SecretText,
    Switch,
    TableColumn,
    Timeout,
    Url,
)
from pytest_deploycheck.settings.integrity import Orphans
from pytest_deploycheck.settings.ladders import BytesLevels, CountLevels, SecondsLevels, default_levels
from pytest_deploycheck.settings.rolling_back import OnRollback
from pytest_deploycheck.status import Policy


class VersionSource(Table):
    """Where the running version is read."""

    path: PathOrUrl = Field(description="A path of the service, or a whole URL.")
    json_path: JmesPath = Field(alias="json", description="The JMESPath of the version in the body.")


class Service(Table):
    """The service that was deployed, and how it is asked."""

    name: Name = Field(default="service", description="Its name, as reports show it.")
    base_url: BaseUrl = Field(description="Where it answers; an [[environment]] may give it instead.")
    environment: Name = Field(default="production", description="The environment when none is chosen.")
    headers: Headers = Field(default_factory=dict, description="Headers of every request.")
    timeout: Timeout = Field(default=10.0, description="How long one request may take.")
    concurrency: Integer = Field(default=8, ge=1, le=256, description="Requests at the same time, for each host.")
    max_body: ByteSize = Field(default=1024 * 1024, description="The largest accepted body.")
    verify_tls: Switch = Field(default=True, description="Check certificates.")
    health: PathOrUrl | None = Field(default=None, description="The path that tells whether it is healthy.")
    readiness: PathOrUrl | None = Field(default=None, description="The path that tells whether it is ready.")
    version: VersionSource | None = Field(default=None, description="Where the running version is read.")
    metrics: PathOrUrl | None = Field(default=None, description="The path or URL of its OpenMetrics.")
    browser: Name | None = Field(default=None, description="The Chromium that opens pages; default: one is found.")
    capacity: dict[Name, Annotated[Number, Field(gt=0)]] = Field(
        default_factory=dict, description='What "% of capacity" refers to, by name.'
    )
    bearer: SecretText | None = Field(default=None, description="The token of items with auth = true.")
    secrets: tuple[SecretText, ...] = Field(default=(), description="Further texts that no report may show.")
    self_check: tuple[Url, ...] = Field(default=(), description="URLs that answer as long as our own network works.")


class Environment(Table):
    """What differs in one environment."""

    name: Name = Field(description="The name that --deploy-environment chooses.")
    base_url: BaseUrl | None = Field(default=None, description="Instead of service.base_url.")
    dsn: Dsn | None = Field(default=None, description="Instead of database.dsn.")
    headers: Headers = Field(default_factory=dict, description="Added to service.headers.")
    bearer: SecretText | None = Field(default=None, description="Instead of service.bearer.")


def _connections() -> Ladder:
    return default_levels("", medium="> 80% of capacity", critical="> 90% of capacity")


def _transactions() -> Ladder:
    return default_levels("s", medium="> 60s", critical="> 300s")


def _growth() -> Ladder:
    return default_levels("B", low="> +10%", medium="> +50%")


def _blocked() -> Ladder:
    return default_levels("s", medium="> 30s", critical="> 120s")


class Database(Table):
    """The PostgreSQL database, and the limits of the checks that need no SQL of yours."""

    dsn: Dsn = Field(description="postgresql://user:password@host:port/name, best from ${DATABASE_URL}.")
    read_replica_dsn: Dsn | None = Field(default=None, description="A replica that is asked instead.")
    statement_timeout: Timeout = Field(default=5.0, description="How long one statement may take.")
    lock_timeout: Timeout = Field(default=0.1, description="How long a statement may wait for a lock.")
    connect_timeout: Timeout = Field(default=5.0, description="How long connecting may take.")
    connections: CountLevels = Field(default_factory=_connections, description="Levels of the connections in use.")
    long_transactions: SecondsLevels = Field(
        default_factory=_transactions, description="Levels of the oldest transaction."
    )
    idle_in_transaction: SecondsLevels = Field(
        default_factory=_transactions, description="Levels of the oldest idle transaction."
    )
    blocked: SecondsLevels = Field(default_factory=_blocked, description="Levels of the longest wait for a lock.")
    growth: BytesLevels = Field(
        default_factory=_growth, description="Levels of the database's size; against the baseline, warnings at most."
    )
    no_baseline: Policy = Field(default=Policy.IGNORE, description="What growth becomes without a baseline.")
    foreign_keys: ForeignKeys = Field(default_factory=ForeignKeys, description="The proof of every foreign key.")
    soft_references: tuple[Orphans, ...] = Field(
        default=(), description="References without a constraint, proved like foreign keys: child and parent columns."
    )
    personal: tuple[TableColumn, ...] = Field(
        default=(), description="Columns with personal data, table.column: no sample shows their values."
    )
    health: HealthLimits = Field(default_factory=HealthLimits, description="From when on the health checks object.")
    skip: tuple[HealthName, ...] = Field(default=(), description="Health checks to leave out.")


class PhaseTimes(Table):
    """Other times for a preset phase."""

    window_start: Duration | None = Field(default=None, description="Where the window starts, after the deployment.")
    window_end: Duration | None = Field(default=None, description="Where the window ends, after the deployment.")
    interval: Timeout | None = Field(default=None, description="The time between two runs.")


ExitCode = Annotated[Integer, Field(ge=0, le=255)]


class ExitCodes(Table):
    """The exit code of each decision."""

    preset: Literal["nagios"] | None = Field(
        default=None, description="nagios: 0 good, 1 warning, 2 critical, 3 unknown."
    )
    ROLLBACK_NOW: ExitCode | None = Field(default=None, description="The exit code of ROLLBACK_NOW; default 21.")
    ROLLBACK: ExitCode | None = Field(default=None, description="The exit code of ROLLBACK; default 20.")
    HOTFIX: ExitCode | None = Field(default=None, description="The exit code of HOTFIX; default 13.")
    WATCH: ExitCode | None = Field(default=None, description="The exit code of WATCH; default 12.")
    INCONCLUSIVE: ExitCode | None = Field(default=None, description="The exit code of INCONCLUSIVE; default 11.")
    WARN: ExitCode | None = Field(default=None, description="The exit code of WARN; default 0, and 10 when strict.")
    PASS: ExitCode | None = Field(default=None, description="The exit code of PASS; default 0.")


class VerdictSettings(Table):
    """How the verdict becomes an exit code."""

    strict: Switch = Field(default=False, description="WARN exits with 10.")
    exit_codes: ExitCodes = Field(default_factory=ExitCodes, description="Other exit codes.")
    on_rollback: OnRollback = Field(default_factory=OnRollback, description="What a verdict of ROLLBACK may start.")


class Reports(Table):
    """Which reports are written, and where."""

    dir: Name = Field(default="reports", description="The folder; relative to the settings file.")
    html: Switch = Field(default=True, description="Write report.html.")
    junit: Switch = Field(default=False, description="Write junit.xml.")


class Budget(Table):
    """What one run may cost; more is a warning in the reports."""

    seconds: Timeout | None = Field(default=None, description="How long a run should take at most.")
    requests: Integer | None = Field(default=None, ge=0, description="How many requests a run should send at most.")


class Run(Table):
    """How a run behaves."""

    budget: Budget = Field(default_factory=Budget, description="What a run may cost before the reports warn.")

    check_timeout: Timeout = Field(default=60.0, description="How long one check may take.")
    concurrency: Integer = Field(default=16, ge=1, le=256, description="Questions at the same time, in all.")
    lock_timeout: Duration = Field(
        default=60.0, description="How long a run waits for another run of the same deployment to end."
    )


class History(Table):
    """Where runs are remembered."""

    url: HistoryUrl | None = Field(
        default=None,
        description="sqlite:///path or postgresql://user:password@host/database; default a file in the reports folder.",
    )
    baseline: BaselineChoice = Field(
        default="captured",
        description='Where baselines come from: captured, last-good, before, same-hour, or { file = "baseline.json" }.',
    )
    timeout: Timeout = Field(default=5.0, description="How long to wait for the history's database, or for its locks.")


class Retention(Table):
    """How long each class of data is kept; deploycheck history prune deletes what is older."""

    observations: Timeout = Field(default=90 * DAY, description="Observed numbers and statuses.")
    records: Timeout = Field(
        default=7 * DAY,
        description="Whole records of runs; one whose verdict differs from the one before stays.",
    )
    runs: Timeout = Field(default=400 * DAY, description="Runs with their verdicts.")
    snapshots: Timeout = Field(default=90 * DAY, description="Snapshots of cumulative statistics.")


class DashboardPanel(Table):
    """A panel of the dashboard with checks of your choice."""

    title: Name = Field(description='Its title, such as "Deletions, last hour".')
    checks: tuple[Name, ...] = Field(
        min_length=1, description='Ids of its checks; "*" stands for anything: "metrics.metric[deletions-*]".'
    )


class Dashboard(Table):
    """What the dashboard of a watch and deploycheck status show besides the usual panels."""

    panels: tuple[DashboardPanel, ...] = Field(
        default=(), alias="panel", description="Panels of your own; a check stands in the first that names it."
    )
    links: dict[Name, Url] = Field(default_factory=dict, description="Other dashboards by name, shown on the board.")


class Watch(Table):
    """How --deploy-watch looks again and again; the command line says it over this."""

    interval: Timeout | None = Field(default=None, description="The time between two looks; default the phase's.")
    duration: Timeout | None = Field(default=None, description="How long to watch; default to the end of the phase.")
    tick_timeout: Timeout | None = Field(
        default=None, description="How long one look may take; default ten intervals, at least ten minutes."
    )
