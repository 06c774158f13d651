"""From the command line to a run: settings, deployment, phase, sources; then the other parts of the plugin wake up."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pytest

from pytest_deploycheck import attestations
from pytest_deploycheck.asking import sql_ask
from pytest_deploycheck.deployments import NOTHING_KNOWN
from pytest_deploycheck.errors import HistoryError, LockHeldError, SettingsError
from pytest_deploycheck.observing import Observatory
from pytest_deploycheck.plugin import (
    ahead,
    checking,
    collection,
    deploying,
    discretion,
    fixtures,
    garbage,
    remembering,
    session,
    shipped,
    terminal,
    workers,
)
from pytest_deploycheck.plugin.asked import as_usage, phase_of, settings_of
from pytest_deploycheck.plugin.publishing import announce, arrange_reports
from pytest_deploycheck.plugin.remembering import open_past
from pytest_deploycheck.plugin.state import RUN, DeployRun, Options
from pytest_deploycheck.redact import Redactor
from pytest_deploycheck.reporting import layout
from pytest_deploycheck.sources.registry import build_sources
from pytest_deploycheck.status import Decision
from pytest_deploycheck.verdict import EXIT_CODES

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_deploycheck.history import History
    from pytest_deploycheck.history.lock import Lock
    from pytest_deploycheck.model import Deployment
    from pytest_deploycheck.phases import Phase
    from pytest_deploycheck.runs import Past
    from pytest_deploycheck.settings.schema import Settings

DATABASE_SESSIONS: Final = 2


def activate(config: pytest.Config) -> None:
    """Build the run and register what takes part in it.

    Raises:
        pytest.UsageError: the settings or the command line are wrong; every problem is told at once.
    """
    try:
        run = build_run(config)
    except SettingsError as error:
        raise pytest.UsageError(as_usage(error)) from None
    config.stash[RUN] = run
    collection.choose_arguments(config, run)
    plugins = config.pluginmanager
    discreet = discretion.DiscretionPlugin(run)
    plugins.register(discreet, "deploycheck-discretion")
    plugins.register(shipped, "deploycheck-shipped")
    plugins.register(collection.CollectionPlugin(run, discreet), "deploycheck-collection")
    plugins.register(garbage.GarbagePlugin(), "deploycheck-garbage")
    plugins.register(checking, "deploycheck-checking")
    plugins.register(fixtures, "deploycheck-fixtures")
    plugins.register(ahead, "deploycheck-ahead")
    if plugins.hasplugin("xdist"):
        if run.options.plan:
            config.option.dist, config.option.tx = "no", []  # the plan is made here, where the items are
        workers.register(config, run)
    if workers.input_of(config) is None:
        plugins.register(session.SessionPlugin(run), "deploycheck-session")
        plugins.register(terminal.TerminalPlugin(run), "deploycheck-terminal")
        arrange_reports(config, run)
        announce(run)


def build_run(config: pytest.Config) -> DeployRun:
    """Return the run that the command line and the settings ask for.

    Raises:
        SettingsError: something is wrong in them.
    """
    option = config.getoption
    said = deploying.given(config)
    settings = settings_of(config, said)
    received = workers.input_of(config)
    now = received.now if received else datetime.now(UTC)
    root = settings.root / settings.reports.dir
    context = NOTHING_KNOWN if received else deploying.context_of(said, settings, root, now)
    deployment = received.deployment if received else deploying.deployment_in(context, settings, now)
    phase = phase_of(option("deploy_phase"), settings, deployment, now)
    redactor = Redactor(settings.secrets)
    notes = [redactor.text(conflict) for conflict in context.conflicts]
    given = attestations.load(root, deployment.id, notes)
    options = Options(
        strict=option("deploy_strict") or settings.verdict.strict,
        dry_run=option("deploy_dry_run"),
        plan=option("deploy_plan"),
        allow_writes=option("deploy_allow_writes"),
        allow_rollback=option("deploy_allow_rollback"),
        no_notify=option("deploy_no_notify"),
    )
    collect_only = bool(option("collectonly"))
    measures = not (options.plan or collect_only)
    history, held, past = (
        (None, None, received.past) if received else _past(settings, deployment, phase, options, now, measures=measures)
    )
    notes.extend(redactor.text(note) for note in past.notes)
    run = DeployRun(
        settings=settings,
        deployment=deployment,
        phase=phase,
        options=options,
        now=now,
        redactor=redactor,
        observatory=_observatory(config, settings, received),
        report_root=root,
        tick=_tick(history, root, deployment, phase),
        context=context,
        worker=received.share if received else None,
        attestations=given,
        past=past,
        notes=notes,
        collect_only=collect_only,
        workers=workers.count_of(config),
        started=time.monotonic(),
    )
    if history is not None and measures:
        run.memory = remembering.begin(run, history, held)
    elif history is not None:
        history.close()
    return run


def _past(
    settings: Settings, deployment: Deployment, phase: Phase, options: Options, now: datetime, *, measures: bool
) -> tuple[History | None, Lock | None, Past]:
    """Return the memory of earlier runs; where another run of the deployment is under way, end here.

    Nothing was decided then, and the reports belong to the other run: they stay as they are.
    """
    try:
        return open_past(settings, deployment, phase, now, measures=measures)
    except LockHeldError as error:
        code = settings.exit_codes.get(Decision.INCONCLUSIVE, EXIT_CODES[Decision.INCONCLUSIVE])
        pytest.exit(f"deploycheck did not run, INCONCLUSIVE: {error}", returncode=0 if options.dry_run else code)


def _tick(history: History | None, root: Path, deployment: Deployment, phase: Phase) -> int:
    """Return the number of this run: after those in the history, and after those whose reports are here."""
    known = 1
    if history is not None:
        with suppress(HistoryError):
            known = history.next_tick(deployment, phase.name)
    return max(known, layout.next_tick(root, deployment, phase.name))


def _observatory(config: pytest.Config, settings: Settings, received: workers.WorkerInput | None) -> Observatory:
    sources = dict(build_sources())
    for extra in config.hook.pytest_deploycheck_sources():
        sources.update({source.ask_type: source for source in extra})
    count = received.count if received else 1
    database = (
        {} if settings.database is None else {sql_ask(settings, "", name="").host: max(1, DATABASE_SESSIONS // count)}
    )
    return Observatory(
        sources,
        per_host_overrides=database,
        threads=max(2, settings.run.concurrency // count),
        per_host=max(1, settings.service.concurrency // count),
    )
