"""``--deploy-watch``: instead of one session, the supervisor of many; each tick is a pytest of its own."""

from __future__ import annotations

import math
import os
import signal
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from pytest_deploycheck.errors import HistoryError, LockHeldError, SettingsError
from pytest_deploycheck.history import open_history
from pytest_deploycheck.phases import parse_duration
from pytest_deploycheck.places import place_of
from pytest_deploycheck.plugin import deploying
from pytest_deploycheck.plugin.asked import AUTO, as_usage, phase_of, settings_of
from pytest_deploycheck.plugin.showing import showing, write_line
from pytest_deploycheck.redact import Redactor
from pytest_deploycheck.verdict import EXIT_CODES
from pytest_deploycheck.watch.clock import SteadyClock
from pytest_deploycheck.watch.display import PlainLines, Watched
from pytest_deploycheck.watch.publishing import publish
from pytest_deploycheck.watch.report import WatchRecord
from pytest_deploycheck.watch.resuming import Past, past_of
from pytest_deploycheck.watch.rhythm import Rhythm, end_of
from pytest_deploycheck.watch.supervisor import Supervisor
from pytest_deploycheck.watch.ticking import PytestTicker, longest

if TYPE_CHECKING:
    from collections.abc import Generator

    from pytest_deploycheck.history import History
    from pytest_deploycheck.history.lock import Lock
    from pytest_deploycheck.model import Deployment
    from pytest_deploycheck.settings.schema import Settings
    from pytest_deploycheck.status import Decision
    from pytest_deploycheck.watch.display import Display
    from pytest_deploycheck.watch.outcome import TickResult

STEP_SUMMARY: Final = "GITHUB_STEP_SUMMARY"
SHORTEST_INTERVAL: Final = 1.0
REFRESH: Final = 10.0  # seconds; a lock is taken over after three times that


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is watched and how: made of the command line, the settings, and what an earlier watch left."""

    settings: Settings
    deployment: Deployment
    name: str
    interval: float | None
    duration: float | None
    root: Path
    strict: bool
    dry_run: bool


def supervise(config: pytest.Config) -> int:
    """Watch the deployment and return the exit code of the decision.

    Raises:
        pytest.UsageError: the settings or the command line are wrong, or somebody else watches this deployment.
    """
    try:
        plan = _plan(config)
    except SettingsError as error:
        raise pytest.UsageError(as_usage(error)) from None
    clock, stop = SteadyClock(), threading.Event()
    lines = PlainLines(write_line)
    history = _open(plan, lines)
    try:
        with _alone(history, plan):
            past = past_of(history, plan.deployment, plan.name, clock.now(), lines.note)
            same = replace(plan, deployment=replace(plan.deployment, deployed_at=past.deployed_at))
            rhythm = _rhythm(same, past.begun - same.deployment.deployed_at.timestamp())
            shown = showing(
                config,
                same.settings,
                same.deployment,
                history,
                interval=lambda phase: rhythm.pace(rhythm.phases[phase]),
                clock=clock,
            )
            with shown as display, _signals(stop, display):
                return Session(config, same, past, clock, stop, display).watch()
    finally:
        if history is not None:
            history.close()


@dataclass(frozen=True, slots=True)
class Session:
    """One watch, with everything that takes part in it."""

    config: pytest.Config
    plan: Plan
    past: Past
    clock: SteadyClock
    stop: threading.Event
    display: Display

    def watch(self) -> int:
        """Watch to the end, write the reports, and return the exit code."""
        plan = self.plan
        deployed_at = plan.deployment.deployed_at.timestamp()
        rhythm = _rhythm(plan, self.past.begun - deployed_at)
        self.display.begin(self._watched(rhythm, deployed_at), self.past.tally)
        supervisor = Supervisor(
            rhythm=rhythm,
            deployed_at=deployed_at,
            tick=self._ticker(rhythm, deployed_at),
            clock=self.clock,
            display=self.display,
            stop=self.stop,
            tally=self.past.tally,
            looked=self.past.looked,
        )
        decision, ending = supervisor.run()
        record = WatchRecord(
            deployment=plan.deployment,
            phase=plan.name,
            tally=supervisor.tally,
            ended=self.clock.now(),
            ending=ending,
            decision=decision,
            exit_code=_exit_code(plan, decision, supervisor.tally.last),
        )
        summary = os.environ.get(STEP_SUMMARY)
        for problem in publish(record, plan.root, Path(summary) if summary else None):
            self.display.note(problem)
        return record.exit_code

    def _ticker(self, rhythm: Rhythm, deployed_at: float) -> PytestTicker:
        pace = rhythm.pace(rhythm.phase_at(self.clock.now() - deployed_at))
        return PytestTicker(
            arguments=tuple(str(argument) for argument in self.config.invocation_params.args),
            deployment=self.plan.deployment,
            folder=self.config.invocation_params.dir,
            reports=self.plan.root,
            timeout=self.plan.settings.watch.tick_timeout or longest(pace),
            stop=self.stop,
        )

    def _watched(self, rhythm: Rhythm, deployed_at: float) -> Watched:
        service = self.plan.settings.service
        return Watched(
            deployment=self.plan.deployment,
            service=service.name,
            target=Redactor(self.plan.settings.secrets).text(service.base_url),
            phase=self.plan.name,
            begins=self.past.begun,
            ends=None if math.isinf(rhythm.end) else deployed_at + rhythm.end,
            reports=self.plan.root,
        )


def _plan(config: pytest.Config) -> Plan:
    option = config.getoption
    if option("deploy_plan") or option("collectonly"):
        raise SettingsError.of(
            "command line", "--deploy-watch", "a watch measures", hint="Leave out --deploy-plan and --collect-only."
        )
    now = datetime.now(UTC)
    said = deploying.given(config)
    settings = settings_of(config, said)
    root = settings.root / settings.reports.dir
    context = deploying.context_of(said, settings, root, now)
    deployment = deploying.deployment_in(context, settings, now)
    name = option("deploy_phase")
    if name != AUTO:
        name = phase_of(name, settings, deployment, now).name
    elif not deployment.deployed_at_known:
        phase_of(name, settings, deployment, now)  # says what is missing
    return Plan(
        settings=settings,
        deployment=deployment,
        name=name,
        interval=_duration("--deploy-interval", option("deploy_interval")) or settings.watch.interval,
        duration=_duration("--deploy-duration", option("deploy_duration")) or settings.watch.duration,
        root=root,
        strict=option("deploy_strict") or settings.verdict.strict,
        dry_run=option("deploy_dry_run"),
    )


def _duration(flag: str, text: str | None) -> float | None:
    if text is None:
        return None
    try:
        seconds = float(text) if text.replace(".", "", 1).isdigit() else parse_duration(text)
    except ValueError as error:
        raise SettingsError.of("command line", flag, str(error), hint="Write 60s or 5m.") from None
    if seconds < SHORTEST_INTERVAL:
        raise SettingsError.of("command line", flag, "shorter than a second", value=repr(text), hint="Write 60s or 5m.")
    return seconds


def _rhythm(plan: Plan, begin: float) -> Rhythm:
    phases = plan.settings.phases
    end = end_of(plan.name, phases)
    if plan.duration is not None:
        end = begin + plan.duration  # said on purpose: it may also be longer than the phase
    return Rhythm(phases=phases, name=plan.name, begin=begin, end=end, interval=plan.interval)


def _exit_code(plan: Plan, decision: Decision, last: TickResult | None) -> int:
    if plan.dry_run:
        return 0
    if last is not None and last.decision is decision:
        return last.exit_code
    return plan.settings.exit_codes.get(decision, EXIT_CODES[decision])


def _open(plan: Plan, display: Display) -> History | None:
    try:
        return open_history(
            place_of(plan.settings), service=plan.settings.service.name, timeout=plan.settings.history.timeout
        )
    except HistoryError as error:
        display.note(f"no history: {error}; this watch cannot be resumed")
        return None


@contextmanager
def _alone(history: History | None, plan: Plan) -> Generator[None]:
    """Hold the watch's lock: two watches of one deployment would only get in each other's way."""
    if history is None:
        yield
        return
    name = f"watch/{plan.deployment.environment}/{plan.deployment.id}"
    try:
        held = history.acquire(name, 0.0)
    except LockHeldError as error:
        raise pytest.UsageError(f"this deployment is watched already: {error}") from None
    over = threading.Event()
    keeper = threading.Thread(target=_keep, args=(history, held, over), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join(REFRESH)
        with suppress(HistoryError):  # then its lease ends by itself
            history.release(held)


def _keep(history: History, held: Lock, over: threading.Event) -> None:
    """Say again and again that the watch is alive, also while a tick takes its time."""
    while not over.wait(REFRESH):
        with suppress(HistoryError):  # the database may be back before the lease ends
            history.refresh(held)


@contextmanager
def _signals(stop: threading.Event, display: Display) -> Generator[None]:
    """Let Ctrl-C and SIGTERM stop the watch in order; a second one ends it at once."""

    def asked(number: int, _frame: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        display.note(f"{signal.Signals(number).name}: ending the tick that is under way, then the reports")

    before = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
