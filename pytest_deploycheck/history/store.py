"""The history as everybody else sees it: one object over one database; the top of this room."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from pytest_deploycheck.errors import HistoryError, WireError
from pytest_deploycheck.history import exchange, keeping, ledger, lock, observations, retention
from pytest_deploycheck.history.engine import engine_of, prepare, reading, shown, tidy_up, url_of, writing
from pytest_deploycheck.history.packing import POINTS, Packed
from pytest_deploycheck.history.schema import deployments, runs, scopes, snapshots
from pytest_deploycheck.history.texts import clean
from pytest_deploycheck.history.values import STATUS, to_ms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType

    from sqlalchemy import ColumnElement, Connection, Engine

    from pytest_deploycheck.history.lock import Lock
    from pytest_deploycheck.history.retention import Cutoffs, Pruned
    from pytest_deploycheck.history.values import Observation, Point, RunRow, Snapshot, State, Tally
    from pytest_deploycheck.model import Deployment, RunRecord

DEFAULT_TIMEOUT: Final = 5.0
PACKED_AT_ONCE: Final = 16


def open_history(
    place: str | Path, *, service: str = "service", timeout: float = DEFAULT_TIMEOUT, create: bool = True
) -> History:
    """Return the history at a path, ``sqlite:///path`` or ``postgresql://…``, its schema created or brought up to date.

    ``service`` keeps services apart that share a database. ``timeout`` (seconds) bounds connecting, and waiting.

    Raises:
        HistoryError: it cannot be opened, is damaged, or was written by a newer version.
    """
    url = url_of(place)
    if url.get_backend_name() == "sqlite":
        _require_file(url.database or "", create=create)
    engine = engine_of(url, timeout=timeout)
    try:
        prepare(engine)
    except HistoryError:
        engine.dispose()
        raise
    return History(engine, service)


def _require_file(database: str, *, create: bool) -> None:
    path = Path(database)
    if not create and not path.is_file():
        raise HistoryError(
            f"there is no history at {database}", "Run pytest --deploy-phase=… first, or give --deploy-history"
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HistoryError(
            f"the folder of the history cannot be made: {error.strerror}", "Give another [history] url"
        ) from None


class History:
    """Everything that was observed and decided about one service, in all its environments."""

    def __init__(self, engine: Engine, service: str) -> None:
        """Use an engine whose schema is up to date."""
        self._engine = engine
        self._service = service
        self._series: dict[tuple[int, observations.Key], int] = {}
        self._scopes: dict[int, int] = {}

    def __enter__(self) -> Self:
        """Return the history itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Give back all connections; may be called again."""
        self._engine.dispose()

    @property
    def place(self) -> str:
        """Where it is, without a password."""
        return shown(self._engine.url)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with reading(self._engine) as connection:
            try:
                yield connection
            except WireError as error:
                raise HistoryError(f"the history {self.place} is damaged: {error}") from None

    def _scope(self, connection: Connection, environment: str, *, create: bool = False) -> int | None:
        return ledger.scope_id(connection, self._service, environment, create=create)

    def _kept(self, connection: Connection, deployment: Deployment) -> int:
        scope = self._scope(connection, deployment.environment, create=True)
        assert scope is not None
        return ledger.keep_deployment(connection, scope, deployment)

    def _known(self, connection: Connection, deployment: Deployment) -> int | None:
        return ledger.deployment_id(connection, self._scope(connection, deployment.environment), deployment.id)

    # runs

    def next_tick(self, deployment: Deployment, phase: str) -> int:
        """Return the number of the next run of a phase; the first is 1."""
        with self._reading() as connection:
            return ledger.next_tick(connection, self._known(connection, deployment), phase)

    def begin_run(self, deployment: Deployment, phase: str, tick: int, started_at: datetime) -> int:
        """Write down that a run has begun and return its id."""
        with writing(self._engine) as connection:
            number = self._kept(connection, deployment)
            return ledger.begin(connection, number, phase, tick, started_at)

    def append(self, run: int, found: Iterable[Observation]) -> None:
        """Write down what a run observed; on disk when this returns."""
        listed = list(found)
        if not listed:
            return
        with writing(self._engine) as connection:
            scope = self._scope_of_run(connection, run)
            missing = {key for each in listed if (scope, key := observations.key_of(each)) not in self._series}
            fresh = observations.ids_of(connection, scope, missing) if missing else {}
            numbers = {key: number for (of, key), number in self._series.items() if of == scope} | fresh
            observations.append(connection, run, ((numbers[observations.key_of(each)], each) for each in listed))
        self._series.update({(scope, key): number for key, number in fresh.items()})

    def _scope_of_run(self, connection: Connection, run: int) -> int:
        if run not in self._scopes:
            question = deployments.join(runs, runs.c.deployment == deployments.c.id).select()
            found = connection.execute(question.with_only_columns(deployments.c.scope).where(runs.c.id == run)).scalar()
            if found is None:
                raise HistoryError(f"the history {self.place} knows no run {run}")
            self._scopes[run] = int(found)
        return self._scopes[run]

    def finish_run(self, run: int, record: RunRecord) -> None:
        """Write down what became of a run, and now and then pack what has gathered."""
        with writing(self._engine) as connection:
            ledger.finish(connection, run, record)
        if run % PACKED_AT_ONCE == 0:
            self.compact(PACKED_AT_ONCE * 4)

    def runs(
        self,
        deployment: str | None = None,
        *,
        environment: str | None = None,
        phase: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        finished: bool | None = None,
        valid: bool | None = True,
        limit: int | None = None,
    ) -> tuple[RunRow, ...]:
        """Return runs, the newest first; ``valid`` None returns the marked ones too, False only those."""
        wanted: list[ColumnElement[bool]] = [scopes.c.service == clean(self._service)]
        wanted += [] if deployment is None else [deployments.c.name == clean(deployment)]
        wanted += [] if environment is None else [scopes.c.environment == clean(environment)]
        wanted += [] if phase is None else [runs.c.phase == clean(phase)]
        wanted += [] if since is None else [runs.c.started_at >= to_ms(since)]
        wanted += [] if until is None else [runs.c.started_at < to_ms(until)]
        wanted += [] if finished is None else [runs.c.finished.is_(finished)]
        wanted += [] if valid is None else [runs.c.invalid.is_(None) if valid else runs.c.invalid.is_not(None)]
        with self._reading() as connection:
            return tuple(ledger.find(connection, *wanted, limit=limit))

    def run(self, number: int) -> RunRow | None:
        """Return one run by its number, None when there is none."""
        with self._reading() as connection:
            own = (scopes.c.service == clean(self._service), runs.c.id == number)
            return next(iter(ledger.find(connection, *own)), None)

    def record(self, run: int) -> RunRecord | None:
        """Return the whole record of a run, None when there is none (any more)."""
        with self._reading() as connection:
            return ledger.record_of(connection, run)

    def tallies(self, deployment: Deployment, phase: str | None = None) -> tuple[Tally, ...]:
        """Return how often each check of a deployment came to what, in one phase or in all."""
        with self._reading() as connection:
            return tuple(ledger.tallies_of(connection, self._known(connection, deployment), phase))

    def invalidate(self, numbers: Iterable[int], reason: str | None) -> int:
        """Mark runs as not to be used (without a reason: as good again) and return how many; nothing is deleted."""
        listed = list(dict.fromkeys(numbers))
        with writing(self._engine) as connection:
            changed = ledger.mark_invalid(connection, listed, reason)
            question = deployments.join(runs, runs.c.deployment == deployments.c.id).select()
            touched = {
                tuple(row)
                for part in observations.chunks(listed)
                for row in connection.execute(
                    question.with_only_columns(deployments.c.scope, deployments.c.id).where(runs.c.id.in_(part))
                )
            }
            for scope, deployment in touched:
                ledger.recount(connection, scope, deployment)
        return changed

    # series

    def series(
        self,
        metric: str,
        *,
        environment: str,
        check: str | None = None,
        deployment: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> tuple[Point, ...]:
        """Return what was observed of a metric between two times (``until`` left out), the oldest first.

        The statuses of checks are the metric ``STATUS``. Runs that are marked as invalid are left out.
        """
        return self.many(
            (metric,), environment=environment, check=check, deployment=deployment, since=since, until=until
        ).get(metric, ())

    def many(
        self,
        metrics: Iterable[str],
        *,
        environment: str,
        check: str | None = None,
        deployment: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> dict[str, tuple[Point, ...]]:
        """Return several metrics by name, each as :meth:`series` returns it; those without points are left out."""
        wanted = {clean(metric): metric for metric in metrics}
        read = self._read(wanted, environment, check, deployment, (since, until))
        by_metric: dict[str, dict[int, list[Packed]]] = {}
        for number, listed in read.found.items():
            by_metric.setdefault(read.keys[number][0], {})[number] = listed
        points = {name: observations.as_points(each, read.keys, read.usable) for name, each in by_metric.items()}
        return {wanted[name]: tuple(each) for name, each in points.items() if each}

    def values(
        self,
        metrics: Iterable[str],
        *,
        environment: str,
        deployment: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> dict[str, dict[str, list[float]]]:
        """Return the mere values of several metrics by name and unit; lower bounds and missing ones are left out."""
        wanted = {clean(metric): metric for metric in metrics}
        read = self._read(wanted, environment, None, deployment, (since, until))
        found: dict[str, dict[str, list[float]]] = {}
        for number, listed in read.found.items():
            metric, _, unit, lower = read.keys[number]
            numbers = [point.value for point in listed if point.value is not None and point.run in read.usable]
            if numbers and not lower:
                found.setdefault(wanted[metric], {}).setdefault(unit, []).extend(numbers)
        return found

    def _read(
        self,
        wanted: Iterable[str],
        environment: str,
        check: str | None,
        deployment: str | None,
        span: tuple[datetime | None, datetime | None],
    ) -> observations.Read:
        with self._reading() as connection:
            scope = self._scope(connection, environment)
            if scope is None:
                return observations.Read({}, {}, frozenset())
            keys = observations.series_of(connection, scope, metrics=wanted, check=check)
            start, end = (None if each is None else to_ms(each) for each in span)
            found = observations.read(connection, list(keys), since=start, until=end)
            seen = {point.run for listed in found.values() for point in listed}
            return observations.Read(keys, found, ledger.usable_runs(connection, scope, seen, deployment))

    def observed(
        self, *, environment: str, deployment: str, since: datetime
    ) -> dict[tuple[str, str], tuple[Point, ...]]:
        """Return everything that a deployment's runs observed from ``since`` on, by check and metric, oldest first.

        Runs that are marked as invalid are left out.
        """
        with self._reading() as connection:
            scope = self._scope(connection, environment)
            if scope is None:
                return {}
            keys = observations.series_of(connection, scope)
            found = observations.read(connection, list(keys), since=to_ms(since))
            seen = {point.run for listed in found.values() for point in listed}
            usable = ledger.usable_runs(connection, scope, seen, deployment)
        together: dict[tuple[str, str], dict[int, list[Packed]]] = {}  # a series for each unit
        for number, listed in found.items():
            together.setdefault((keys[number][1], keys[number][0]), {})[number] = listed
        made = {name: observations.as_points(each, keys, usable) for name, each in together.items()}
        return {name: tuple(points) for name, points in made.items()}

    def metrics(self, environment: str) -> tuple[str, ...]:
        """Return the names of all metrics that were ever observed in an environment."""
        with self._reading() as connection:
            scope = self._scope(connection, environment)
            found = {} if scope is None else observations.series_of(connection, scope)
        return tuple(sorted({key[0] for key in found.values()} - {STATUS}))

    def compact(self, most: int, *, least: int = POINTS) -> int:
        """Pack fresh points of up to ``most`` series that have ``least`` of them, and return how many points."""
        with writing(self._engine) as connection:
            return observations.compact(connection, most=most, least=least)

    # the whole of it

    def export(self, listed: Iterable[RunRow]) -> Iterator[str]:
        """Yield some runs with everything that they observed as JSON lines."""
        with self._reading() as connection:
            yield from exchange.export_lines(connection, self._service, listed)

    def take_in(self, lines: Iterable[str]) -> exchange.Import:
        """Add the runs of an exported history that are not here, all of them or none, and return how many.

        Raises:
            HistoryError: a line cannot be read.
        """
        with writing(self._engine) as connection:
            taken = exchange.Import(connection, self._service, datetime.now(UTC))
            for number, line in enumerate(lines, 1):
                taken.take(line, number)
            taken.finish()
        return taken

    def prune(self, cutoffs: Cutoffs, *, capturing: str, dry_run: bool = False) -> Pruned:
        """Delete what is older than its cutoff, give the space back, and return how much that was.

        Records of the phase ``capturing`` stay; with ``dry_run`` everything does.
        """
        with writing(self._engine) as connection:
            done = retention.prune(connection, clean(self._service), cutoffs, capturing=capturing)
            if dry_run:
                connection.rollback()
        if not dry_run:
            tidy_up(self._engine)
        return done

    # state and snapshots

    def get_state(self, deployment: Deployment, key: str) -> State | None:
        """Return what was kept for a deployment under a key, None when nothing was."""
        with self._reading() as connection:
            return keeping.get_state(connection, self._known(connection, deployment), key)

    def set_state(self, deployment: Deployment, key: str, value: str, *, expected: int | None) -> int:
        """Keep a text for a deployment and return its new version.

        ``expected`` is the version that was read: 0 when there was none, None to overwrite whatever is there.

        Raises:
            StateConflictError: somebody else changed it meanwhile.
        """
        with writing(self._engine) as connection:
            number = self._kept(connection, deployment)
            return keeping.set_state(connection, number, key, value, expected=expected, now=datetime.now(UTC))

    def delete_state(self, deployment: Deployment, key: str) -> None:
        """Forget what was kept under a key."""
        with writing(self._engine) as connection:
            keeping.delete_state(connection, self._known(connection, deployment), key)

    def save_snapshot(self, deployment: Deployment, name: str, data: Any, at: datetime) -> None:
        """Keep cumulative statistics (whatever JSON can hold) as they stood at a moment."""
        with writing(self._engine) as connection:
            keeping.save_snapshot(connection, self._kept(connection, deployment), name, data, at)

    def snapshot(
        self, name: str, *, environment: str, before: datetime | None = None, deployment: str | None = None
    ) -> Snapshot | None:
        """Return the newest snapshot of a name, of a time before ``before`` and of one deployment if asked for."""
        with self._reading() as connection:
            scope = self._scope(connection, environment)
            wanted: list[ColumnElement[bool]] = [deployments.c.scope == scope]
            wanted += [] if before is None else [snapshots.c.at < to_ms(before)]
            wanted += [] if deployment is None else [deployments.c.name == clean(deployment)]
            return keeping.find_snapshot(connection, name, *wanted)

    # the lock

    def acquire(self, name: str, timeout: float) -> Lock:
        """Take a lock, waiting at most ``timeout`` seconds; keep it with :meth:`refresh`, end it with :meth:`release`.

        Raises:
            LockHeldError: somebody else holds it for longer.
        """
        return lock.acquire(self._engine, f"{self._service}/{name}", timeout)

    def refresh(self, held: Lock) -> bool:
        """Say that the owner is alive; False when somebody took the lock over."""
        return lock.refresh(self._engine, held)

    def release(self, held: Lock) -> None:
        """Give the lock back."""
        lock.release(self._engine, held)

    @contextmanager
    def lock(self, name: str, timeout: float) -> Iterator[Lock]:
        """Hold a lock for a block of code that takes less than 30 seconds.

        Raises:
            LockHeldError: somebody else holds it for longer than ``timeout`` seconds.
        """
        held = self.acquire(name, timeout)
        try:
            yield held
        finally:
            self.release(held)
