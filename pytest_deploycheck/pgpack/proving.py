"""The proof of every foreign key at one moment; above the selector, which knows how, and below the findings.

Those that were longest not looked at come first, then the largest, through two sessions, within a time budget; what did
not fit is told as unverified, never as clean.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.asks import SqlAsk
from pytest_deploycheck.errors import (
    DeploycheckError,
    InconclusiveError,
    NoAnswerError,
    ReplayConflictError,
    SourceError,
)
from pytest_deploycheck.pgpack.catalogue import KEYS, MOST_KEYS, REFERENCES, ForeignKey, Reference, foreign_keys
from pytest_deploycheck.pgpack.selector import EVERY_ROW, GAP, MERGE, MOST_SAMPLES, form_of, proof
from pytest_deploycheck.redact import MASK, Redactor, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_deploycheck.asks import SqlAnswer
    from pytest_deploycheck.sources.postgres import PostgresSource
    from pytest_deploycheck.sources.postgres_snapshot import Snapshot

CHECK: Final = "orphans"
BUDGET: Final = 60.0
LANES: Final = 2
_MOST_MOMENTS: Final = 3
_SERIAL: Final = frozenset({GAP, MERGE})
_SHORTEST: Final = 0.05
_CATALOGUE_TIMEOUT: Final = 15.0
_LONGEST_SAMPLE: Final = 200
_NO_TIME: Final = "the time budget was used up before its turn"
# the declared names mean what the sessions of the role mean by them
_ALL_ROWS: Final = (("row_security", "off"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How a proof is to be made.

    ``budget`` is in seconds, for all keys; ``lanes`` is the number of sessions; ``references`` are proved like keys;
    ``personal`` holds columns, as ``(table, column)`` or ``(schema, table, column)``, whose values no sample may show;
    ``attempted`` tells when a key, by its label, was last tried (Unix time); ``only`` names the keys to
    prove, None for all; ``more`` is the remedy for a budget that
    was too small.
    """

    budget: float = BUDGET
    lanes: int = LANES
    references: tuple[Reference, ...] = ()
    personal: frozenset[tuple[str, ...]] = frozenset()
    attempted: Mapping[str, float] = field(default_factory=dict)
    only: frozenset[str] | None = None
    more: str = "Give it more with --budget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """What became of one key: the count of orphans, or why there is none; ``seconds`` is what it took.

    With ``skipped`` there was no time for it, with ``lost`` the moment was gone before or while it was asked.
    """

    key: ForeignKey
    form: str
    orphans: int | None = None
    samples: tuple[str, ...] = ()
    seconds: float = 0.0
    reason: str | None = None
    hint: str | None = None
    skipped: bool = False
    lost: bool = False


#: What became of each key, and the references that the database has no columns for.
Outcome = tuple[tuple[Proved, ...], tuple[Reference, ...]]


def read_keys(source: PostgresSource | Snapshot, dsn: str) -> tuple[ForeignKey, ...]:
    """Return every foreign key of the database, largest first.

    Raises:
        SourceError: the catalogue cannot be read.
        InconclusiveError: a privilege is missing.
    """
    ask = SqlAsk(
        dsn=dsn,
        sql=KEYS,
        name="catalogue",
        max_rows=MOST_KEYS,
        local=EVERY_ROW,
        statement_timeout=_CATALOGUE_TIMEOUT,
    )
    return tuple(foreign_keys(source.observe(ask)))


def read_references(
    source: PostgresSource | Snapshot, dsn: str, references: Sequence[Reference]
) -> tuple[tuple[ForeignKey, ...], tuple[Reference, ...]]:
    """Return the references that the database has the columns for, as keys, and those that it has not.

    Raises:
        SourceError: the catalogue cannot be read.
        InconclusiveError: a privilege is missing.
    """
    if not references:
        return (), ()
    ask = SqlAsk(
        dsn=dsn,
        sql=REFERENCES,
        name="references",
        params=(("wanted", json.dumps([each.wanted for each in references])),),
        max_rows=MOST_KEYS,
        local=_ALL_ROWS,
        statement_timeout=_CATALOGUE_TIMEOUT,
    )
    answer: SqlAnswer = source.observe(ask)
    found = tuple(foreign_keys(answer))
    names = {(key.name, key.child_table) for key in found}
    missing = [each for each in references if (each.wanted["name"], each.child_table) not in names]
    return found, tuple(missing)


def prove_all(
    source: PostgresSource, dsn: str, *, budget: float = BUDGET
) -> tuple[tuple[ForeignKey, ...], tuple[Proved, ...]]:
    """Return the keys, and what became of each, at one moment and within ``budget`` seconds.

    Raises:
        SourceError: the catalogue cannot be read.
        InconclusiveError: a privilege for it is missing.
    """

    def moment(order: Order) -> Outcome:
        with source.snapshot(dsn, seconds=order.budget) as snapshot:
            return prove(snapshot, dsn, order)

    proved, _ = persistently(moment, Order(budget=budget))
    return tuple(each.key for each in proved), proved


def persistently(moment: Callable[[Order], Outcome], order: Order) -> Outcome:
    """Return what became of every key; those whose moment was lost (a standby's replay, a cut) are tried at another.

    Raises:
        SourceError: the catalogue could not be read the first time.
        InconclusiveError: a privilege for it is missing.
    """
    ends = time.monotonic() + order.budget
    proved, missing = moment(order)
    for _ in range(_MOST_MOMENTS - 1):
        lost = frozenset(each.key.label for each in proved if each.lost)
        left = ends - time.monotonic()
        if not lost or left < _SHORTEST:
            break
        try:
            again, _missing = moment(replace(order, budget=left, only=lost))
        except (SourceError, InconclusiveError):
            break
        found = {each.key.label: each for each in again}
        proved = tuple(found.get(each.key.label, each) for each in proved)
    return proved, missing


def prove(snapshot: Snapshot, dsn: str, order: Order) -> Outcome:
    """Return what became of every key and reference, and the references that the database has no columns for.

    Raises:
        SourceError: the catalogue cannot be read.
        InconclusiveError: a privilege for it is missing.
    """
    ends = time.monotonic() + order.budget
    references, missing = read_references(snapshot, dsn, order.references)
    keys = [*references, *read_keys(snapshot, dsn)]
    keys = [key for key in keys if order.only is None or key.label in order.only]
    keys.sort(key=lambda key: (order.attempted.get(key.label, 0), -max(key.child_bytes, key.parent_bytes)))
    return tuple(_Work(snapshot, dsn, keys, ends, order).done()), missing


class _Work:
    """The keys still to prove, shared by two threads."""

    def __init__(
        self, snapshot: Snapshot, dsn: str, keys: Sequence[ForeignKey], ends: float, order: Order | None = None
    ) -> None:
        self._snapshot = snapshot
        self._dsn = dsn
        self._ends = ends
        self._order = order or Order()
        self._lock = Lock()
        self._lost: NoAnswerError | None = None
        # the parallel form brings two workers of its own: it runs in one of the two sessions only
        self._heavy = [key for key in keys if form_of(key) not in _SERIAL]
        self._light = [key for key in keys if form_of(key) in _SERIAL]
        self._places = {key.oid: place for place, key in enumerate(keys)}

    def done(self) -> list[Proved]:
        """Return the results in the order of the keys."""
        if not self._places:
            return []
        lanes = self._order.lanes
        with ThreadPoolExecutor(lanes, thread_name_prefix="deploycheck-proof") as pool:
            running = [pool.submit(self._lane, heavy=place == 0) for place in range(lanes)]
            results = [each for lane in running for each in lane.result()]
        return sorted(results, key=lambda each: self._places[each.key.oid])

    def _lane(self, *, heavy: bool) -> list[Proved]:
        results = []
        while key := self._next(heavy=heavy):
            results.append(self._prove(key))
        return results

    def _next(self, *, heavy: bool) -> ForeignKey | None:
        with self._lock:
            for queue in (self._heavy, self._light) if heavy else (self._light,):
                if queue:
                    return queue.pop(0)
        return None

    def _prove(self, key: ForeignKey) -> Proved:
        how = proof(key)
        started = time.monotonic()
        if self._lost:
            return Proved(key=key, form=how.form, reason=self._lost.message, hint=self._lost.hint, lost=True)
        if self._left() < _SHORTEST:
            return Proved(key=key, form=how.form, reason=_NO_TIME, hint=self._order.more, skipped=True)
        try:
            orphans = int(self._ask(key, how.count, how.local)[0])
            samples = self._samples(key, how.samples, how.local) if orphans else ()
        except (SourceError, InconclusiveError) as error:
            if isinstance(error, NoAnswerError):
                self._lost = error
            return Proved(
                key=key,
                form=how.form,
                reason=error.message.removeprefix("unverified: "),
                hint=_remedy(error.hint),
                seconds=time.monotonic() - started,
                lost=isinstance(error, NoAnswerError | ReplayConflictError),
            )
        return Proved(key=key, form=how.form, orphans=orphans, samples=samples, seconds=time.monotonic() - started)

    def _samples(self, key: ForeignKey, sql: str, local: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
        """Return the orphans' keys; the count stands without them."""
        if key.columns_of_both & self._order.personal:
            return (MASK,)
        try:
            texts = self._ask(key, sql, local)
        except DeploycheckError:
            return ()
        redact = Redactor().text
        return tuple(printable(redact(str(text)))[:_LONGEST_SAMPLE] for text in texts[:MOST_SAMPLES])

    def _left(self) -> float:
        return self._ends - time.monotonic()

    def _ask(self, key: ForeignKey, sql: str, local: tuple[tuple[str, str], ...]) -> list[str]:
        # half of what is left: one huge table must not take the time of all the others
        left = max(self._left(), _SHORTEST)
        last = not (self._heavy or self._light)
        ask = SqlAsk(
            dsn=self._dsn,
            sql=sql,
            name=f"{CHECK}/{key.child_table}"[:40],
            local=local,
            statement_timeout=left if last else left / 2,
            max_rows=MOST_SAMPLES,
        )
        return [row[0] for row in self._snapshot.observe(ask).rows]


def _remedy(hint: str | None) -> str | None:
    """Return the hint; who may not read one table is told the grant for all, which the proof needs."""
    if hint is None or not hint.startswith("Run: GRANT SELECT ON "):
        return hint
    return f"Run: GRANT pg_monitor, pg_read_all_data TO {hint.rpartition(' TO ')[2]}"
