"""The proof of every foreign key at one moment; above the selector, which knows how, and below the pack.

Largest first, through two sessions, within a time budget; what did not fit is told as unverified, never as clean.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.asks import SqlAsk
from pytest_deploycheck.errors import DeploycheckError, InconclusiveError, NoAnswerError, SourceError
from pytest_deploycheck.pgpack.catalogue import KEYS, MOST_KEYS, ForeignKey, foreign_keys
from pytest_deploycheck.pgpack.findings import Finding, bad, good, plural, unverified
from pytest_deploycheck.pgpack.names import shown
from pytest_deploycheck.pgpack.selector import EVERY_ROW, GAP, MERGE, MOST_SAMPLES, form_of, proof
from pytest_deploycheck.redact import Redactor, printable
from pytest_deploycheck.status import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_deploycheck.sources.postgres import PostgresSource
    from pytest_deploycheck.sources.postgres_snapshot import Snapshot

CHECK: Final = "orphans"
BUDGET: Final = 60.0
_SERIAL: Final = frozenset({GAP, MERGE})
_SHORTEST: Final = 0.05
_CATALOGUE_TIMEOUT: Final = 15.0
_LANES: Final = 2
_LONGEST_SAMPLE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """What became of one key: the count of orphans, or why there is none; ``seconds`` is what it took."""

    key: ForeignKey
    form: str
    orphans: int | None = None
    samples: tuple[str, ...] = ()
    seconds: float = 0.0
    reason: str | None = None
    hint: str | None = None


def read_keys(source: PostgresSource | Snapshot, dsn: str) -> tuple[ForeignKey, ...]:
    """Return every foreign key of the database, largest first.

    Raises:
        SourceError: the catalogue cannot be read.
        InconclusiveError: a privilege is missing.
    """
    answer = source.observe(
        SqlAsk(
            dsn=dsn,
            sql=KEYS,
            name="catalogue",
            max_rows=MOST_KEYS,
            local=EVERY_ROW,
            statement_timeout=_CATALOGUE_TIMEOUT,
        )
    )
    return tuple(foreign_keys(answer))


def prove_all(
    source: PostgresSource, dsn: str, *, budget: float = BUDGET
) -> tuple[tuple[ForeignKey, ...], tuple[Proved, ...]]:
    """Return the keys, and what became of each, at one moment and within ``budget`` seconds.

    Raises:
        SourceError: the catalogue cannot be read.
        InconclusiveError: a privilege for it is missing.
    """
    ends = time.monotonic() + budget
    with source.snapshot(dsn, seconds=budget) as snapshot:
        keys = read_keys(snapshot, dsn)
        return keys, tuple(_Work(snapshot, dsn, keys, ends).done())


class _Work:
    """The keys still to prove, shared by two threads."""

    def __init__(self, snapshot: Snapshot, dsn: str, keys: Sequence[ForeignKey], ends: float) -> None:
        self._snapshot = snapshot
        self._dsn = dsn
        self._ends = ends
        self._lock = Lock()
        self._lost: NoAnswerError | None = None
        # the parallel form brings two workers of its own: it runs in one of the two sessions only
        self._heavy = [key for key in keys if form_of(key) not in _SERIAL]
        self._light = [key for key in keys if form_of(key) in _SERIAL]
        self._order = {key.oid: place for place, key in enumerate(keys)}

    def done(self) -> list[Proved]:
        """Return the results in the order of the keys."""
        if not self._order:
            return []
        with ThreadPoolExecutor(_LANES, thread_name_prefix="deploycheck-proof") as pool:
            lanes = [pool.submit(self._lane, heavy=place == 0) for place in range(_LANES)]
            results = [each for lane in lanes for each in lane.result()]
        return sorted(results, key=lambda each: self._order[each.key.oid])

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
            return Proved(key=key, form=how.form, reason=self._lost.message, hint=self._lost.hint)
        try:
            orphans = int(self._ask(key, how.count, how.local)[0])
            samples = self._samples(key, how.samples, how.local) if orphans else ()
        except (SourceError, InconclusiveError) as error:
            if isinstance(error, NoAnswerError):
                self._lost = error
            reason = error.message.removeprefix("unverified: ")
            return Proved(
                key=key, form=how.form, reason=reason, hint=_remedy(error.hint), seconds=time.monotonic() - started
            )
        return Proved(key=key, form=how.form, orphans=orphans, samples=samples, seconds=time.monotonic() - started)

    def _samples(self, key: ForeignKey, sql: str, local: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
        """Return the orphans' keys; the count stands without them."""
        try:
            texts = self._ask(key, sql, local)
        except DeploycheckError:
            return ()
        redact = Redactor().text
        return tuple(printable(redact(str(text)))[:_LONGEST_SAMPLE] for text in texts[:MOST_SAMPLES])

    def _ask(self, key: ForeignKey, sql: str, local: tuple[tuple[str, str], ...]) -> list[str]:
        # half of what is left: one huge table must not take the time of all the others
        left = self._ends - time.monotonic()
        last = not (self._heavy or self._light)
        if left < _SHORTEST:
            raise SourceError("the time budget was used up before its turn", "Give it more with --budget")
        ask = SqlAsk(
            dsn=self._dsn,
            sql=sql,
            name=f"{CHECK}/{key.child_table}"[:40],
            local=local,
            statement_timeout=left if last else left / 2,
            max_rows=MOST_SAMPLES,
        )
        return [row[0] for row in self._snapshot.observe(ask).rows]


def findings(proved: Iterable[Proved]) -> list[Finding]:
    """Return a finding for each key with orphans, one for each reason why keys are unverified, or that all is well."""
    results = list(proved)
    verified = [each for each in results if each.orphans is not None]
    scope = f"{len(verified)} of {plural(len(results), 'key')}, {len(results) - len(verified)} unverified"
    reasons: dict[str, list[Proved]] = {}
    for each in results:
        if each.orphans is None:
            reasons.setdefault(each.hint or str(each.reason), []).append(each)
    found = [_orphaned(each, scope) for each in verified if each.orphans]
    found += [_unverified(each, scope) for each in reasons.values()]
    if not found:
        message = f"no orphans in {plural(len(results), 'foreign key')}" if results else "there are no foreign keys"
        return [good(CHECK, "all foreign keys", message, scope=scope, value=0)]
    return found


def _remedy(hint: str | None) -> str | None:
    """Return the hint; who may not read one table is told the grant for all, which the proof needs."""
    if hint is None or not hint.startswith("Run: GRANT SELECT ON "):
        return hint
    return f"Run: GRANT pg_monitor, pg_read_all_data TO {hint.rpartition(' TO ')[2]}"


def _unverified(results: list[Proved], scope: str) -> Finding:
    first = results[0]
    about = shown(first.key.child_schema, first.key.child_table, first.key.name)
    message = f"unverified: {first.reason}"
    if len(results) > 1:
        message = f"{len(results)} keys unverified, the largest {about}: {first.reason}"
        about = plural(len(results), "foreign key")
    # a key that the server does not enforce promises nothing
    severity = Severity.CRITICAL if any(each.key.enforced for each in results) else None
    return unverified(CHECK, about, severity, message, scope=scope, hint=first.hint)


def _orphaned(result: Proved, scope: str) -> Finding:
    key = result.key
    message = (
        f"{plural(int(result.orphans or 0), 'row')} of {shown(key.child_schema, key.child_table)} "
        f"without a partner in {shown(key.parent_schema, key.parent_table)}"
    )
    return bad(
        CHECK,
        shown(key.child_schema, key.child_table, key.name),
        Severity.CRITICAL if key.enforced else None,
        message if key.enforced else f"{message}; the key is NOT ENFORCED",
        scope=scope,
        value=result.orphans,
        samples=result.samples,
        hint="Restore the missing parents or remove the rows; then find out what went round the key",
    )
