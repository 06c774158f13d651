"""The whole of the settings as one value, made of the sections and items; ``load.py`` is what fills it."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from collections.abc import Iterator, Mapping  # noqa: TC003  # pydantic reads the annotations at run time
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Final, Self

from pydantic import Field, PrivateAttr

from pytest_deploycheck.phases import PRESETS, Phase
from pytest_deploycheck.settings.alerts import AlertRule
from pytest_deploycheck.settings.analysing import Analysis
from pytest_deploycheck.settings.backups import Backup
from pytest_deploycheck.settings.database import Health, KeyQuery, health_items
from pytest_deploycheck.settings.deploying import DeploymentSettings
from pytest_deploycheck.settings.expectations import Table
from pytest_deploycheck.settings.fields import Name
from pytest_deploycheck.settings.flows import Flow
from pytest_deploycheck.settings.frontend import Page, Realtime
from pytest_deploycheck.settings.integrity import Integrity
from pytest_deploycheck.settings.items import Attest, Dependency, Endpoint, Item, Log
from pytest_deploycheck.settings.jobs import Job
from pytest_deploycheck.settings.judging import JudgementSettings
from pytest_deploycheck.settings.metrics import Metric, MetricItem
from pytest_deploycheck.settings.records import Checklist, Kpi, Records
from pytest_deploycheck.settings.running import Container, Workload
from pytest_deploycheck.settings.sections import (
    Dashboard,
    Database,
    Environment,
    History,
    PhaseTimes,
    Reports,
    Retention,
    Run,
    Service,
    VerdictSettings,
    Watch,
)
from pytest_deploycheck.settings.servers import Prometheus, Redis
from pytest_deploycheck.settings.services import Sentry, Tickets
from pytest_deploycheck.settings.telling.channels import Channel
from pytest_deploycheck.settings.telling.policy import (
    Alerts,
    Contact,
    Escalation,
    IncidentSettings,
    Maintenance,
    Roster,
    Route,
)
from pytest_deploycheck.settings.tenants import TenantIsolation
from pytest_deploycheck.status import Decision

NAGIOS: Final[Mapping[Decision, int]] = {
    Decision.ROLLBACK_NOW: 2,
    Decision.ROLLBACK: 2,
    Decision.HOTFIX: 2,
    Decision.WATCH: 2,
    Decision.INCONCLUSIVE: 3,
    Decision.WARN: 1,
    Decision.PASS: 0,
}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the settings came from: the file, and every text in them that is secret."""

    path: Path = Path("deploycheck.toml")
    secrets: frozenset[str] = frozenset()


class Settings(Table):
    """Everything that deploycheck.toml says, complete and checked."""

    plan_version: str | None = Field(default=None, description="The version of your monitoring plan, shown in reports.")
    deploy_checks: tuple[Name, ...] | None = Field(
        default=None, description="Folders or files with your own checks; default deploy_checks, when there is one."
    )
    service: Service = Field(description="The service that was deployed, and how it is asked.")
    environments: tuple[Environment, ...] = Field(
        default=(), alias="environment", description="What differs by environment."
    )
    database: Database | None = Field(default=None, description="The PostgreSQL database.")
    sentry: Sentry | None = Field(default=None, description="The Sentry that collects the service's errors.")
    redis: Redis | None = Field(default=None, description="The Redis server that the service uses.")
    prometheus: Prometheus | None = Field(default=None, description="The Prometheus server.")
    tickets: Tickets | None = Field(default=None, description="The ticket system.")
    endpoints: tuple[Endpoint, ...] = Field(default=(), alias="endpoint", description="HTTP requests to check.")
    flows: tuple[Flow, ...] = Field(default=(), alias="flow", description="Requests in a row to check.")
    metrics: tuple[Metric, ...] = Field(default=(), alias="metric", description="Numbers to check.")
    integrity: tuple[Integrity, ...] = Field(default=(), description="Counts in the database that ought to be zero.")
    key_queries: tuple[KeyQuery, ...] = Field(
        default=(), alias="key_query", description="Statements whose plan is compared."
    )
    tenant_isolation: tuple[TenantIsolation, ...] = Field(default=(), description="Tables under row-level security.")
    backups: tuple[Backup, ...] = Field(default=(), alias="backup", description="Backups to check.")
    dependencies: tuple[Dependency, ...] = Field(default=(), alias="dependency", description="What the service needs.")
    alert_rules: tuple[AlertRule, ...] = Field(
        default=(), alias="alert_rule", description="Alerting rules that have to be configured and silent."
    )
    logs: tuple[Log, ...] = Field(default=(), alias="log", description="Log files to check.")
    containers: tuple[Container, ...] = Field(default=(), alias="container", description="Containers to look at.")
    workloads: tuple[Workload, ...] = Field(default=(), alias="workload", description="Workloads of a cluster.")
    jobs: tuple[Job, ...] = Field(default=(), alias="job", description="Scheduled jobs that have to have run.")
    pages: tuple[Page, ...] = Field(default=(), alias="page", description="Pages to open in a browser.")
    realtime: tuple[Realtime, ...] = Field(default=(), description="Live connections to send events through.")
    attests: tuple[Attest, ...] = Field(default=(), alias="attest", description="Questions to people.")
    phase_times: dict[str, PhaseTimes] = Field(
        default_factory=dict, alias="phases", description="Other times for preset phases."
    )
    verdict: VerdictSettings = Field(
        default_factory=VerdictSettings, description="How the verdict becomes an exit code."
    )
    deployment: DeploymentSettings = Field(
        default_factory=DeploymentSettings, description="Where a run learns which deployment it is about."
    )
    reports: Reports = Field(default_factory=Reports, description="Which reports are written, and where.")
    run: Run = Field(default_factory=Run, description="How a run behaves.")
    judgement: JudgementSettings = Field(
        default_factory=JudgementSettings, description="How shares are judged over all looks since the deployment."
    )
    history: History = Field(default_factory=History, description="Where runs are remembered.")
    retention: Retention = Field(default_factory=Retention, description="How long what is remembered is kept.")
    records: Records = Field(
        default_factory=Records, description="Records for people and programs, and what they are made of."
    )
    analysis: Analysis = Field(default_factory=Analysis, description="The long-term analyses.")
    kpis: tuple[Kpi, ...] = Field(default=(), alias="kpi", description="Figures of the records, with their targets.")
    checklists: tuple[Checklist, ...] = Field(
        default=(), alias="checklist", description="Checklists in the place of the preset ones."
    )
    watch: Watch = Field(default_factory=Watch, description="How --deploy-watch looks again and again.")
    dashboard: Dashboard = Field(default_factory=Dashboard, description="What the dashboard shows besides the usual.")

    alerts: Alerts = Field(default_factory=Alerts, description="How telling behaves as a whole.")
    channels: tuple[Channel, ...] = Field(default=(), alias="channel", description="Ways to tell people.")
    routes: tuple[Route, ...] = Field(default=(), alias="route", description="What is told in which channels.")
    maintenance: tuple[Maintenance, ...] = Field(default=(), description="Times in which alerts stay silent.")
    escalations: tuple[Escalation, ...] = Field(default=(), alias="escalation", description="Ladders of roles.")
    contacts: tuple[Contact, ...] = Field(default=(), alias="contact", description="People who can be reached.")
    rosters: tuple[Roster, ...] = Field(default=(), alias="roster", description="Who is on call.")
    incident: IncidentSettings = Field(
        default_factory=IncidentSettings, description="When an incident opens and closes by itself."
    )

    _origin: Origin = PrivateAttr(default_factory=Origin)

    @property
    def path(self) -> Path:
        """The file that the settings came from."""
        return self._origin.path

    @property
    def root(self) -> Path:
        """The folder of the file; relative paths in the settings start here."""
        return self.path.parent

    @property
    def secrets(self) -> frozenset[str]:
        """Every text that no report may show."""
        return self._origin.secrets

    @cached_property
    def phases(self) -> Mapping[str, Phase]:
        """All phases by name, with the times that the settings give them."""
        return {name: self._with_times(phase) for name, phase in PRESETS.items()}

    def _with_times(self, phase: Phase) -> Phase:
        times = self.phase_times.get(phase.name, PhaseTimes())
        return phase.overridden(start=times.window_start, end=times.window_end, interval=times.interval)

    @cached_property
    def exit_codes(self) -> Mapping[Decision, int]:
        """The exit codes that the settings change, the preset filled in; the others keep their default."""
        codes = self.verdict.exit_codes
        own = {decision: getattr(codes, decision.value) for decision in Decision}
        return {**(NAGIOS if codes.preset else {}), **{key: code for key, code in own.items() if code is not None}}

    @cached_property
    def check_paths(self) -> tuple[Path, ...]:
        """The user's own checks as absolute paths; the default folder only when it exists."""
        if self.deploy_checks is not None:
            return tuple(self.root / each for each in self.deploy_checks)
        default = self.root / "deploy_checks"
        return (default,) if default.exists() else ()

    @cached_property
    def health(self) -> tuple[Health, ...]:
        """The health checks of the declared database."""
        return health_items(self.database.skip) if self.database is not None else ()

    @cached_property
    def _by_name(self) -> Mapping[str, MetricItem | Integrity]:
        return {item.id: item for item in chain[MetricItem | Integrity](self.integrity, self.metrics)}

    def metric(self, name: str) -> MetricItem | Integrity | None:
        """Return the metric or integrity check of that id, or None; both have ``levels``."""
        return self._by_name.get(name)

    def all_items(self) -> Iterator[Item]:
        """Yield every item in the order of the sections, switched-off ones included."""
        return chain[Item](
            self.endpoints,
            self.flows,
            self.metrics,
            self.integrity,
            self.key_queries,
            self.tenant_isolation,
            self.backups,
            self.dependencies,
            self.alert_rules,
            self.logs,
            self.containers,
            self.workloads,
            self.jobs,
            self.pages,
            self.realtime,
            self.attests,
        )

    def came_from(self, origin: Origin) -> Self:
        """Note where the settings came from, and return them."""
        self._origin = origin
        return self
