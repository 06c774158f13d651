"""The ready questions of the ``db`` fixture: each asks one thing of PostgreSQL and returns a measurement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_deploycheck.errors import QueryError
from pytest_deploycheck.model import Measurement
from pytest_deploycheck.plugin.counting import question_of
from pytest_deploycheck.plugin.database import DatabaseConnection
from pytest_deploycheck.redact import MASK
from pytest_deploycheck.sources import postgres_queries as queries

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_deploycheck.asks import SqlAnswer, TenantTrial


class Database(DatabaseConnection):
    """The ``db`` fixture."""

    def ping(self) -> Measurement:
        """Return how long the smallest question takes, connecting included, in seconds.

        Raises:
            CheckFailedError: the database gives no answer (for a check of impact availability).
        """
        answer = self.answer(*queries.ping())
        return measured("database.ping", round(answer.seconds, 6), answer, unit="s", query="SELECT 1")

    def connections(self) -> tuple[Measurement, float]:
        """Return the client connections in use, ours left out, and how many are allowed."""
        answer = self.answer(*queries.connections())
        used, allowed = answer.rows[0]
        made = measured("database.connections", used, answer, query="connections in pg_stat_activity")
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
        """Return what a declared [[integrity]] entry counts, with examples unless their column is personal."""
        changes = {} if entry.timeout is None else {"statement_timeout": entry.timeout}
        if entry.sql is not None:
            answer = self.answer(entry.sql, **changes)
            if len(answer.rows) != 1:
                message = f"{len(answer.rows)} rows where one count was asked for"
                raise QueryError(message, "Let the statement return one row")
            return measured(entry.id, answer.rows[0][0], answer, query=entry.sql)
        if entry.orphans is not None:
            return self.orphans(entry.orphans.child, entry.orphans.parent, name=entry.id)
        question = question_of(entry)
        answer = self.answer(question.sql, local=queries.ALL_ROWS, **changes)
        value, n, examples = answer.rows[0]
        note = MASK if examples and self._is_personal(question.shown) else examples
        return measured(entry.id, value, answer, query=question.about, n=n, note=note)

    def orphans(self, child: str, parent: str, *, name: str = "orphans") -> Measurement:
        """Return how many rows of ``child`` (``table.column``) refer to a parent that is gone, with examples."""
        sql, params = queries.orphans(child, parent)
        answer = self.answer(sql, params, local=queries.ALL_ROWS)
        count = answer.rows[0][0]
        note = None
        if count:
            examples = self.rows(*queries.orphan_examples(child, parent), local=queries.ALL_ROWS)
            keys = ", ".join(str(row["key"]) for row in examples)
            note = f"missing parents: {MASK if self._is_personal((child, parent)) else keys}"
        return measured(name, count, answer, query=f"{child} without its {parent}", note=note)

    def _is_personal(self, columns: Iterable[str]) -> bool:
        marked = {queries.column_of(each)[-2:] for each in self.limits.personal}
        return any(queries.column_of(f"{each}.id" if "." not in each else each)[-2:] in marked for each in columns)

    def size(self) -> Measurement:
        """Return the size of the database in bytes; the note names its largest tables."""
        answer = self.answer(*queries.database_size())
        value, largest = answer.rows[0]
        return measured("database.size", value, answer, unit="B", query="pg_database_size", note=largest)

    def _age(self, name: str, query: queries.Query) -> Measurement:
        answer = self.answer(*query)
        return measured(name, queries.session_seconds(answer), answer, unit="s", query="pg_stat_activity")


def measured(
    name: str,
    value: Any,
    answer: SqlAnswer | TenantTrial,
    *,
    query: str,
    unit: str = "",
    n: int | None = None,
    note: str | None = None,
) -> Measurement:
    """Return the measurement of a value that an answer of the database gave."""
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
