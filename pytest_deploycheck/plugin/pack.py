"""The ``pack`` fixture: the PostgreSQL pack in a phase run, through the run's own sources and within their limits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.asking import database_of, sql_ask
from pytest_deploycheck.asks import SnapshotAsk
from pytest_deploycheck.errors import InconclusiveError, MissingAccessError
from pytest_deploycheck.judgement.judge import is_ignored
from pytest_deploycheck.pgpack.catalogue import Reference
from pytest_deploycheck.pgpack.checking import Limits
from pytest_deploycheck.pgpack.counters import Counters
from pytest_deploycheck.pgpack.health import BY_NAME, LOCAL
from pytest_deploycheck.pgpack.plans import ROWS, explaining, plan_of
from pytest_deploycheck.pgpack.proving import LANES, Order, Outcome, Proved, persistently, prove
from pytest_deploycheck.pgpack.readings import (
    Earlier,
    Judges,
    finding_readings,
    key_readings,
    plan_metric,
    plan_readings,
)
from pytest_deploycheck.phases import PhaseKind
from pytest_deploycheck.plugin.judging import FindingError
from pytest_deploycheck.reporting.layout import safe_component
from pytest_deploycheck.sources import postgres_queries as queries
from pytest_deploycheck.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pytest_deploycheck.asks import SqlAnswer
    from pytest_deploycheck.model import Reading
    from pytest_deploycheck.plugin.state import CheckState, DeployRun

FULLEST: Final = 80.0
_STORE: Final = "foreign-keys.json"


class Pack:
    """Proves the keys and runs the health checks of the declared database."""

    def __init__(self, run: DeployRun, state: CheckState) -> None:
        """Look for one check."""
        self._run = run
        self._state = state

    def require_keys(self) -> None:
        """Prove every foreign key and every soft reference within the budget, and record one measurement for each.

        Raises:
            ThresholdExceededError: orphans reached a level.
            InconclusiveError: some keys are unverified, or the server is short of connections.
            SourceError: the database could not be asked.
        """
        settings = database_of(self._run.settings)
        self._spare_a_full_server()
        wanted, memory = settings.foreign_keys, _Memory(self._store())
        order = Order(
            budget=wanted.budget,
            lanes=max(1, LANES // (self._run.worker or (0, 1))[1]),
            references=tuple(Reference(each.child, each.parent) for each in settings.soft_references),
            personal=frozenset(queries.column_of(each) for each in settings.personal),
            attempted=memory.attempted,
            more="Raise budget in [database.foreign_keys]; the next run begins with the keys that this one left",
        )
        dsn = (settings.read_replica_dsn or settings.dsn).get_secret_value()

        def moment(order: Order) -> Outcome:
            ask = SnapshotAsk(dsn=dsn, work=lambda snapshot: prove(snapshot, dsn, order), seconds=order.budget)
            outcome: Outcome = self._run.observatory.observe_now(ask)
            return outcome

        proved, missing = persistently(moment, order)
        judges = Judges(
            keys=wanted.levels,
            soft=wanted.soft_levels,
            now=self._run.now,
            note=self._where_asked(),
            max_age=wanted.max_age,
            earlier=memory.proved,
        )
        readings = key_readings(proved, missing, judges)
        memory.keep(proved, self._run.now.timestamp())
        self.settle(readings)

    def require_health(self, name: str) -> None:
        """Run one of the health checks and record what it found.

        Raises:
            ThresholdExceededError: it found something of low severity or worse.
            InconclusiveError: a privilege, an extension or an answer is missing.
        """
        limits, run = _limits(database_of(self._run.settings).health), self._run
        counters = Counters(
            run.past.counters,
            deployed_at=run.deployment.deployed_at,
            compare=run.phase.kind is not PhaseKind.BEFORE,
        )
        findings = BY_NAME[name].findings(self._ask, limits, counters)
        run.counters |= counters.taken
        self.settle(finding_readings(findings, run.now))

    def require_plan(self, entry: Any) -> None:
        """Ask for the plan of a key query, compare it with the baseline's, and look for large tables read as a whole.

        Raises:
            ThresholdExceededError: the plan changed, or it reads a large table from end to end.
            SourceError: there is no plan.
        """
        answer = self._ask_as_declared(entry.id, explaining(entry.sql))
        plan = plan_of(answer)
        tables = json.dumps(plan.sequential)
        sizes = self._ask_as_declared(f"{entry.id}/rows", ROWS, params=(("tables", tables),)).rows
        large = [f"{schema}.{name} ({rows} rows)" for schema, name, rows in sizes if rows > entry.largest_scan]
        known = self._run.past.baseline.get(plan_metric(entry.id))
        before = known.value if known is not None and isinstance(known.value, str) else None
        self.settle(plan_readings(entry.id, plan, before, large, answer=answer, severity=entry.severity))

    def settle(self, readings: Iterable[Reading]) -> None:
        """Record the readings, then raise the worst.

        Raises:
            ThresholdExceededError: a level was reached.
            InconclusiveError: something could not be judged.
        """
        found = list(readings)
        self._state.readings += found
        counted = [each for each in found if not is_ignored(each.judgement)]
        worst = max((each.judgement.status for each in counted), default=Status.PASS)
        said = [each.judgement for each in counted if each.judgement.status is worst]
        if worst in {Status.WARN, Status.FAIL}:
            said.sort(key=lambda judged: -1 if judged.severity is None else judged.severity.rank, reverse=True)
            raise FindingError(_text([judged.reason for judged in said]), said[0].severity)
        if worst is not Status.PASS:
            raise InconclusiveError(_text([judged.reason for judged in said]))

    def _ask_as_declared(self, name: str, sql: str, params: tuple[tuple[str, Any], ...] = ()) -> SqlAnswer:
        ask = sql_ask(self._run.settings, sql, name=name[:40], params=params)
        answer: SqlAnswer = self._run.observatory.observe_now(ask)
        return answer

    def _ask(self, name: str, sql: str) -> SqlAnswer:
        ask = sql_ask(self._run.settings, sql, name=name, local=LOCAL)
        answer: SqlAnswer = self._run.observatory.observe_now(ask)
        return answer

    def _spare_a_full_server(self) -> None:
        used, capacity = self._ask("connections", queries.connections()[0]).rows[0]
        if used > capacity * FULLEST / 100:
            raise MissingAccessError(
                f"unverified: not started, {used} of {capacity} connections are in use",
                "Run it again when the server has room",
            )

    def _where_asked(self) -> str:
        """Return how far behind a standby is; nothing for any other server."""
        (standby, behind), *_ = self._ask("standby", queries.standby()[0]).rows
        return f"on a standby {behind:.1f} s behind" if standby else ""

    def _store(self) -> Path | None:
        deployment = self._run.deployment
        return self._run.report_root / safe_component(deployment.id) / _STORE if deployment.explicit else None


class _Memory:
    """What runs of the deployment proved of each key, so that several runs together cover all."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known = _read(path)

    @property
    def attempted(self) -> dict[str, float]:
        """When each key was last tried."""
        return {label: entry["attempted"] for label, entry in self._known.items()}

    @property
    def proved(self) -> dict[str, Earlier]:
        """What was last proved of each key."""
        return {
            label: Earlier(entry["proved"], entry["orphans"])
            for label, entry in self._known.items()
            if isinstance(entry.get("proved"), int | float) and isinstance(entry.get("orphans"), int)
        }

    def keep(self, proved: Iterable[Proved], now: float) -> None:
        """Add what this run proved; a folder that cannot be written costs the memory, never the run."""
        for each in proved:
            if each.skipped:
                continue
            entry = self._known.setdefault(each.key.label, {})
            entry["attempted"] = now
            if each.orphans is not None:
                entry |= {"proved": now, "orphans": each.orphans}
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            beside = self._path.with_suffix(".new")
            beside.write_text(json.dumps(self._known), "utf-8")
            beside.replace(self._path)
        except OSError:
            return


def _read(path: Path | None) -> dict[str, dict[str, Any]]:
    """Return the file's content; whatever is no such file counts as nothing known."""
    if path is None:
        return {}
    try:
        known = json.loads(path.read_text("utf-8"))
        entries = known.items() if isinstance(known, dict) else ()
        return {str(label): dict(entry) for label, entry in entries if isinstance(entry.get("attempted"), int | float)}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _limits(declared: Any) -> Limits:
    first, worse = declared.slow
    return Limits(
        replication_lag=declared.replication_lag,
        prepared=declared.prepared,
        slow_ms=(first * 1000, worse * 1000),
        fewest_calls=declared.fewest_calls,
        sequence_percent=declared.sequence_percent,
        large_rows=declared.large_rows,
        statistics_days=declared.statistics_days,
        dead_percent=declared.dead_percent,
    )


def _text(reasons: list[str], most: int = 5) -> str:
    more = f"\nand {len(reasons) - most} more" if len(reasons) > most else ""
    return "\n".join(reasons[:most]) + more
