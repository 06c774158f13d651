"""The fixtures that checks use; registered only while a phase is being decided about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_deploycheck.plugin.alerting import Alerts
from pytest_deploycheck.plugin.attesting import Attestations
from pytest_deploycheck.plugin.backing import Backups
from pytest_deploycheck.plugin.flowing import FlowRunner
from pytest_deploycheck.plugin.frontend import Events, Pages
from pytest_deploycheck.plugin.jobs import Jobs
from pytest_deploycheck.plugin.judging import Baseline, Thresholds
from pytest_deploycheck.plugin.logbook import Logs
from pytest_deploycheck.plugin.metering import Metrics
from pytest_deploycheck.plugin.pack import Pack
from pytest_deploycheck.plugin.probing import Probe, open_api
from pytest_deploycheck.plugin.questions import Database
from pytest_deploycheck.plugin.running import Runtime
from pytest_deploycheck.plugin.state import CHECK, RUN, CheckState, DeployRun
from pytest_deploycheck.plugin.tenancy import Tenants

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from pytest_deploycheck.model import Deployment
    from pytest_deploycheck.settings.schema import Settings


def _run(request: pytest.FixtureRequest) -> DeployRun:
    return request.config.stash[RUN]


def _state(request: pytest.FixtureRequest) -> CheckState:
    state: CheckState = request.node.stash[CHECK]
    return state


@pytest.fixture
def deployment(request: pytest.FixtureRequest) -> Deployment:
    """The deployment that is decided about: id, version, previous, deployed_at, environment."""
    return _run(request).deployment


@pytest.fixture
def deploy_settings(request: pytest.FixtureRequest) -> Settings:
    """The settings, complete and checked."""
    return _run(request).settings


@pytest.fixture
def thresholds(request: pytest.FixtureRequest) -> Thresholds:
    """Judges values: ``thresholds.check("orphaned_dispatches", 3)``."""
    return Thresholds(_run(request), _state(request))


@pytest.fixture
def baseline(request: pytest.FixtureRequest) -> Baseline:
    """What was measured before the deployment: ``baseline("error_rate")``, None when nothing was."""
    return Baseline(_run(request))


@pytest.fixture
def probe(request: pytest.FixtureRequest, thresholds: Thresholds) -> Probe:
    """Asks the service and its declared endpoints; no answer is a failed check."""
    return Probe(_run(request), _state(request), thresholds)


@pytest.fixture
def api(request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """An httpx client bound to the service: timed, bounded, redacted, with the declared headers."""
    client = open_api(_run(request), _state(request))
    yield client
    client.close()


@pytest.fixture
def db(request: pytest.FixtureRequest) -> Database:
    """Read-only questions to the declared PostgreSQL: ``db.scalar(sql)``, ``db.rows(sql)``."""
    return Database(_run(request), _state(request))


@pytest.fixture
def tenants(request: pytest.FixtureRequest, db: Database) -> Tenants:
    """Behaves as the declared tenants: ``tenants.foreign_rows(entry)``."""
    return Tenants(_run(request), _state(request), db)


@pytest.fixture
def pack(request: pytest.FixtureRequest) -> Pack:
    """The PostgreSQL pack: ``pack.require_keys()`` proves every foreign key, ``pack.require_health(name)`` looks."""
    return Pack(_run(request), _state(request))


@pytest.fixture
def metrics(request: pytest.FixtureRequest) -> Metrics:
    """Any declared metric by name: ``metrics("error_rate")``, whatever source it comes from."""
    return Metrics(_run(request), _state(request))


@pytest.fixture
def logs(request: pytest.FixtureRequest) -> Logs:
    """Declared log files: ``logs("app").count("ERROR")``."""
    return Logs(_run(request), _state(request))


@pytest.fixture
def alerts(request: pytest.FixtureRequest, thresholds: Thresholds) -> Alerts:
    """Prometheus' alerts: ``alerts.require(entry)`` for a declared [[alert_rule]]."""
    return Alerts(_run(request), thresholds)


@pytest.fixture
def pages(request: pytest.FixtureRequest, probe: Probe, thresholds: Thresholds) -> Pages:
    """Declared pages in a browser: ``pages(entry).times``."""
    return Pages(_run(request), _state(request), probe, thresholds)


@pytest.fixture
def events(request: pytest.FixtureRequest, probe: Probe) -> Events:
    """Declared live connections: ``events(entry).latencies``."""
    return Events(_run(request), probe)


@pytest.fixture
def runtime(request: pytest.FixtureRequest) -> Runtime:
    """Declared containers and workloads: ``runtime.container(entry).state``."""
    return Runtime(_run(request))


@pytest.fixture
def jobs(request: pytest.FixtureRequest) -> Jobs:
    """Declared jobs: ``jobs.overdue(entry)`` in seconds."""
    return Jobs(_run(request), _state(request))


@pytest.fixture
def attestations(request: pytest.FixtureRequest) -> Attestations:
    """People's answers: ``attestations.require("load-tests")``."""
    return Attestations(_run(request), _state(request))


@pytest.fixture
def backups(request: pytest.FixtureRequest) -> Backups:
    """Declared backups: ``backups.age(entry)``, ``backups.restored(entry)``."""
    return Backups(_run(request))


@pytest.fixture
def flow(request: pytest.FixtureRequest) -> FlowRunner:
    """Runs several requests in a row with captured variables; its cleanup runs whatever happens."""
    return FlowRunner(_run(request), _state(request))
