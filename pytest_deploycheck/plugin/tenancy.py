"""The ``tenants`` fixture: behaves as the declared tenants, and says what they see and could write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.asking.tenants import tenant_value, trial_ask, unset_values
from pytest_deploycheck.errors import (
    CheckFailedError,
    InconclusiveError,
    MissingAccessError,
    NoDataError,
    QueryError,
)
from pytest_deploycheck.pgpack.checking import DEFAULTS
from pytest_deploycheck.pgpack.row_security import Scope, checks
from pytest_deploycheck.plugin.judging import FindingError
from pytest_deploycheck.plugin.questions import measured
from pytest_deploycheck.sources import postgres_tenants as queries
from pytest_deploycheck.sources.postgres_queries import ALL_ROWS, column_name
from pytest_deploycheck.status import Severity, Status, worst

if TYPE_CHECKING:
    from pytest_deploycheck.asks import SqlAnswer, TenantTrial
    from pytest_deploycheck.model import Measurement
    from pytest_deploycheck.pgpack.findings import Finding
    from pytest_deploycheck.plugin.questions import Database
    from pytest_deploycheck.plugin.state import CheckState, DeployRun
    from pytest_deploycheck.settings.tenants import TenantIsolation

SUPERPOWERS: Final = {
    "superuser": "is a superuser",
    "bypassrls": "has BYPASSRLS",
    "owner_unforced": "owns {table} without FORCE ROW LEVEL SECURITY",
}
_CATALOGUE: Final = (("search_path", "pg_catalog, pg_temp"),)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one tenant sees of one table, and how many rows it really has."""

    foreign: int
    own: int
    total: int
    others: bool
    answer: SqlAnswer

    @property
    def proves(self) -> bool:
        """Whether there was something to see and something to hide."""
        return bool(self.total) and self.own == self.total and self.others


class Tenants:
    """Looks at declared tables through the eyes of each tenant."""

    def __init__(self, run: DeployRun, state: CheckState, db: Database) -> None:
        """Look for one check."""
        self._run = run
        self._state = state
        self._db = db

    def tables(self, entry: TenantIsolation) -> tuple[str, ...]:
        """Return the declared tables, or all with the tenant's column that the role may read.

        Raises:
            NoDataError: there is none.
        """
        declared = (entry.table,) if entry.table else entry.tables
        if declared:
            return tuple(declared)
        found = self._db.rows(*queries.tenant_tables(entry.tenant_column, entry.role))
        if not found:
            raise NoDataError(
                f"no table with a column {entry.tenant_column} can be read by {entry.role}",
                "Correct tenant_column and role, or name the tables",
            )
        return tuple(row["name"] for row in found)

    def require_bound(self, entry: TenantIsolation) -> None:
        """Make sure that policies bind the application's role at all.

        Raises:
            CheckFailedError: it is above them: superuser, BYPASSRLS, or the owner of an unforced table.
            FindingError: it may become such a role by SET ROLE; of high severity.
            MissingAccessError: there is no such role.
        """
        held: dict[str, None] = {}
        becomes = None
        for table in self.tables(entry):
            powers = self._db.rows(*queries.role_powers(table, entry.role))
            if not powers:
                raise MissingAccessError(
                    f"the role {entry.role} does not exist", "Correct role in [[tenant_isolation]]"
                )
            held |= dict.fromkeys(text.format(table=table) for key, text in SUPERPOWERS.items() if powers[0][key])
            becomes = powers[0]["becomes"] or becomes
        if held:
            raise CheckFailedError(f"row-level security does not bind {entry.role}: it {' and '.join(held)}")
        if becomes:
            message = f"{entry.role} may become {becomes}, whom row-level security does not bind"
            raise FindingError(message, Severity.HIGH)

    def foreign_rows(self, entry: TenantIsolation) -> Measurement:
        """Behave as each declared tenant and return the number of foreign rows that were visible.

        Raises:
            NoDataError: a tenant has no rows or does not see its own, or nobody else has any: nothing is proved.
        """
        tables = self.tables(entry)
        named = bool(entry.table or entry.tables)
        foreign, views, vacuous = 0, 0, []
        for table in tables:
            seen = [self._seen(entry, table, tenant) for tenant in entry.tenants]
            foreign += sum(each.foreign for each in seen)
            views += len(seen)
            missing = [(t, s) for t, s in zip(entry.tenants, seen, strict=True) if not s.proves]
            if missing and (named or len(missing) == len(seen)):
                vacuous.append(_vacuous(table, *missing[0]))
        if not foreign and vacuous and (named or len(vacuous) == len(tables)):
            raise NoDataError(
                f"{'; '.join(vacuous[:3])}, so nothing is proved",
                "Declare tenants that have rows, and check the policy and the setting",
            )
        query = f"{_list(tables)} as {entry.role}, {entry.setting_name} = each of {len(entry.tenants)} tenants"
        return measured(entry.id, foreign, seen[-1].answer, query=query, n=views, note=self._note(entry, vacuous))

    def unset_rows(self, entry: TenantIsolation) -> Measurement:
        """Return how many rows are visible when no tenant is set: the setting empty, and never heard of.

        After a transaction that set it, a session has the setting as an empty text; only a fresh one has NULL.

        Raises:
            InconclusiveError: a pooler gives no fresh session, and no direct_dsn is declared.
        """
        tables = self.tables(entry)
        visible = 0
        for table in tables:
            for value in unset_values(entry):
                visible += self._seen_by_nobody(entry, table, local=((entry.setting_name, value),))
        return self._unset_on_fresh(entry, tables, visible)

    def _unset_on_fresh(self, entry: TenantIsolation, tables: tuple[str, ...], visible: int) -> Measurement:
        changes: dict[str, Any] = {"fresh": True}
        if entry.direct_dsn is not None:
            changes["dsn"] = entry.direct_dsn.get_secret_value()
        hello = self._db.answer(*queries.knows_setting(entry.setting_name), **changes)
        visible += sum(self._seen_by_nobody(entry, table, **changes) for table in tables)
        if not visible and hello.rows[0][0]:
            raise InconclusiveError(
                f"a new session knows {entry.setting_name} already, so what an unset tenant sees there is not known",
                "Name the database without its pooler as direct_dsn",
            )
        query = f"{_list(tables)} as {entry.role}, {entry.setting_name} empty, and unknown to the session"
        return measured(f"{entry.id}.unset", visible, hello, query=query, n=len(tables))

    def foreign_writes(self, entry: TenantIsolation) -> Measurement:
        """Try to write rows of the second tenant as the first one, roll back, and return how many tries succeeded.

        Raises:
            InconclusiveError: writes are not allowed, or something could not be tried.
        """
        if not (entry.writes and self._run.options.allow_writes):
            raise InconclusiveError("foreign writes are not tried", "Set writes = true and give --deploy-allow-writes")
        tenant, other = entry.tenants[:2]
        tables = [each for each in self.tables(entry) if self._is_table(each)]
        possible: list[str] = []
        unknown: list[str] = []
        trial: TenantTrial | None = None
        for table in tables:
            theirs = self._db.answer(*queries.tenant_total(table, entry.tenant_column, other), local=ALL_ROWS)
            if not theirs.rows[0][0]:
                unknown.append(f"{table}: tenant {other!r} has no row there")
                continue
            ask = trial_ask(self._run.settings, entry, table, tenant, other)
            trial = self._run.observatory.observe_now(ask)
            assert trial is not None
            possible += [f"{table}: {t.what}: {t.why}" for t in trial.trials if t.possible]
            unknown += [f"{table}: {t.what}: {t.why}" for t in trial.trials if t.possible is None]
        if trial is None or (unknown and not possible):
            raise NoDataError("; ".join(unknown[:3]) or "no table to try", "Declare tenants that have rows in it")
        query = f"{_list(tuple(tables))} as {entry.role}: insert, give away, change, delete; all rolled back"
        note = "; ".join([*possible, *unknown]) or None
        return measured(f"{entry.id}.writes", len(possible), trial, query=query, n=4 * len(tables), note=note)

    def require_no_holes(self, entry: TenantIsolation) -> None:
        """Look at the catalogue for ways past the policies that the role could take.

        Raises:
            FindingError: there are some, of the worst one's severity.
            InconclusiveError: something could not be looked at.
        """

        def ask(_name: str, sql: str) -> SqlAnswer:
            return self._db.answer(sql, local=_CATALOGUE)

        scope = Scope(role=entry.role, column=column_name(entry.tenant_column))
        found = [finding for check in checks(scope) for finding in check.findings(ask, DEFAULTS)]
        bad = [each for each in found if each.status in {Status.WARN, Status.FAIL}]
        if bad:
            severity = max((each.severity for each in bad if each.severity is not None), default=Severity.LOW)
            raise FindingError("\n".join([_summary(bad), *map(_line, bad)]), severity)
        if worst(each.status for each in found) is not Status.PASS:
            open_ones = [each for each in found if each.status is not Status.PASS]
            raise InconclusiveError("; ".join(each.message for each in open_ones[:3]), open_ones[0].hint)

    def _seen(self, entry: TenantIsolation, table: str, tenant: str) -> _Seen:
        """Count what the tenant sees; its real rows are counted again when they differ, because rows come and go."""
        column = entry.tenant_column
        total = self._db.answer(*queries.tenant_total(table, column, tenant), local=ALL_ROWS)
        local = ((entry.setting_name, tenant_value(entry, tenant)),)
        answer = self._db.answer(*queries.tenant_view(table, column, tenant), role=entry.role, local=local)
        foreign, own = answer.rows[0]
        before, others = total.rows[0]
        if own != before:
            after = self._db.answer(*queries.tenant_total(table, column, tenant), local=ALL_ROWS).rows[0][0]
            before = own if min(before, after) <= own <= max(before, after) else after
        return _Seen(foreign, own, before, others, answer)

    def _seen_by_nobody(self, entry: TenantIsolation, table: str, **changes: Any) -> int:
        """Return how many rows are visible without a tenant; a policy that raises shows none."""
        try:
            rows = self._db.answer(*queries.visible_rows(table), role=entry.role, **changes).rows
        except QueryError as error:
            if error.sqlstate is None:
                raise
            return 0
        return int(rows[0][0])

    def _is_table(self, table: str) -> bool:
        kind = self._db.scalar(*queries.relation_kind(table))
        return kind in {"r", "p"}

    def _note(self, entry: TenantIsolation, vacuous: list[str]) -> str | None:
        notes = [f"not proved: {'; '.join(vacuous)}"] if vacuous else []
        if not (entry.writes and self._run.options.allow_writes):
            notes.append("foreign writes not tried (writes = true and --deploy-allow-writes)")
        return "; ".join(notes) or None


def _vacuous(table: str, tenant: str, seen: _Seen) -> str:
    if seen.total and seen.own == seen.total:
        return f"nobody but {tenant!r} has rows in {table}"
    return f"tenant {tenant!r} sees {seen.own} of its own {seen.total} rows in {table}"


def _list(tables: tuple[str, ...]) -> str:
    most = 5
    return ", ".join(tables[:most]) + (f" and {len(tables) - most} more" if len(tables) > most else "")


def _summary(bad: list[Finding]) -> str:
    first = bad[0]
    return f"{first.object}: {first.message}" + (f" (and {len(bad) - 1} more)" if len(bad) > 1 else "")


def _line(finding: Finding) -> str:
    return f"{finding.severity}: {finding.object}: {finding.message}. {finding.hint or ''}".rstrip()
