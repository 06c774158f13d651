"""The ready questions of the ``db`` fixture: each asks one thing of PostgreSQL and returns a measurement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.errors import CheckFailedError, MissingAccessError, NoDataError, QueryError
from pytest_deploycheck.model import Measurement
from pytest_deploycheck.plugin.database import DatabaseConnection
from pytest_deploycheck.sources import postgres_queries as queries

if TYPE_CHECKING:
    from pytest_deploycheck.asks import SqlAnswer

SUPERPOWERS: Final = {
    "superuser": "is a superuser",
    "bypassrls": "has BYPASSRLS",
    "owner_unforced": "owns the table without FORCE ROW LEVEL SECURITY",
}


class Database(DatabaseConnection):
    """The ``db`` fixture."""

    def ping(self) -> Measurement:
        """Return how long the smallest question takes, connecting included, in seconds.

        Raises:
            CheckFailedError: the database gives no answer (for a check of impact availability).
        """
        answer = self.answer(*queries.ping())
        return _measured("database.ping", round(answer.seconds, 6), answer, unit="s", query="SELECT 1")

    def connections(self) -> tuple[Measurement, float]:
        """Return the client connections in use, ours left out, and how many are allowed."""
        answer = self.answer(*queries.connections())
        used, allowed = answer.rows[0]
        made = _measured("database.connections", used, answer, query="connections in pg_stat_activity")
        return made, float(allowed)

    def oldest_transaction(self) -> Measurement:
        """Return the age of the oldest open transaction in seconds, 0 when there is none."""
        return self._age("database.oldest_transaction", queries.oldest_transaction())

    def oldest_idle_in_transaction(self) -> Measurement:
        """Return for how many seconds a session has been idle inside its transaction, 0 when there is none."""
        return self._age("database.idle_in_transaction", queries.oldest_idle_in_transaction())

    def longest_blocked(self) -> Measurement:
        """Return for how many seconds a session has waited for another's lock, 0 when there is none."""
        return self._age("database.longest_blocked", queries.longest_blocked())

    def count(self, entry: Any) -> Measurement:
        """Return what a declared [[integrity]] entry counts."""
        if entry.orphans is not None:
            return self.orphans(entry.orphans.child, entry.orphans.parent, name=entry.id)
        answer = self.answer(entry.sql)
        if len(answer.rows) != 1:
            message = f"{len(answer.rows)} rows where one count was asked for"
            raise QueryError(message, "Let the statement return one row")
        return _measured(entry.id, answer.rows[0][0], answer, query=entry.sql)

    def orphans(self, child: str, parent: str, *, name: str = "orphans") -> Measurement:
        """Return how many rows of ``child`` (``table.column``) refer to a parent that is gone, with examples."""
        sql, params = queries.orphans(child, parent)
        answer = self.answer(sql, params, local=queries.ALL_ROWS)
        count = answer.rows[0][0]
        note = None
        if count:
            examples = self.rows(*queries.orphan_examples(child, parent), local=queries.ALL_ROWS)
            note = f"missing parents: {', '.join(str(row['key']) for row in examples)}"
        return _measured(name, count, answer, query=f"{child} without its {parent}", note=note)

    def require_isolation(self, entry: Any) -> Measurement:
        """Behave as each declared tenant and return the number of foreign rows that were visible.

        Raises:
            CheckFailedError: the application's role is above row-level security, which proves nothing.
            NoDataError: a tenant has no rows, or does not see its own: the test would be vacuous.
        """
        self._require_plain_role(entry)
        foreign = 0
        answer: SqlAnswer | None = None
        for tenant in entry.tenants:
            total = self.scalar(*queries.tenant_total(entry.table, entry.tenant_column, tenant), local=queries.ALL_ROWS)
            answer = self.answer(
                *queries.tenant_view(entry.table, entry.tenant_column, tenant),
                role=entry.role,
                local=((entry.setting, tenant),),
            )
            seen, own = answer.rows[0]
            foreign += seen
            if not total or own != total:
                raise NoDataError(
                    f"tenant {tenant!r} sees {own} of its own {total} rows in {entry.table}, so nothing is proved",
                    "Declare tenants that have rows, and check the policy and the setting",
                )
        foreign += self._seen_by_nobody(entry)
        assert answer is not None
        query = f"{entry.table} as {entry.role}, {entry.setting} = each of {len(entry.tenants)} tenants and none"
        return _measured(entry.id, foreign, answer, query=query, n=len(entry.tenants) + 1)

    def _seen_by_nobody(self, entry: Any) -> int:
        """Return how many rows are visible without a tenant; a policy that cannot read an empty one shows none."""
        nobody = ((entry.setting, ""),)
        try:
            answer = self.answer(*queries.visible_rows(entry.table), role=entry.role, local=nobody)
        except QueryError as error:
            if "invalid input syntax" in error.message:
                return 0
            raise
        seen: int = answer.rows[0][0]
        return seen

    def _require_plain_role(self, entry: Any) -> None:
        powers = self.rows(*queries.role_powers(entry.table, entry.role))
        if not powers:
            raise MissingAccessError(f"the role {entry.role} does not exist", "Correct role in [[tenant_isolation]]")
        held = [text for key, text in SUPERPOWERS.items() if powers[0][key]]
        if held:
            raise CheckFailedError(f"row-level security does not bind {entry.role}: it {' and '.join(held)}")

    def _age(self, name: str, query: queries.Query) -> Measurement:
        answer = self.answer(*query)
        return _measured(name, queries.session_seconds(answer), answer, unit="s", query="pg_stat_activity")


def _measured(
    name: str,
    value: Any,
    answer: SqlAnswer,
    *,
    query: str,
    unit: str = "",
    n: int | None = None,
    note: str | None = None,
) -> Measurement:
    return Measurement(
        metric=name,
        value=value,
        unit=unit,
        n=n,
        source="postgres",
        query=query,
        target=answer.target,
        attempts=answer.attempts,
        at=answer.at,
        note=note,
    )
