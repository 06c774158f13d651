"""The ``db`` fixture: read-only questions to the declared database, under the rules that the source enforces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pytest_deploycheck.asking import database_of, sql_ask
from pytest_deploycheck.errors import CheckFailedError, NoAnswerError, QueryError
from pytest_deploycheck.status import Impact

if TYPE_CHECKING:
    from pytest_deploycheck.asks import SqlAnswer
    from pytest_deploycheck.plugin.state import CheckState, DeployRun
    from pytest_deploycheck.settings.sections import Database as DatabaseSettings


Params = Mapping[str, Any] | tuple[tuple[str, Any], ...]


class DatabaseConnection:
    """Asks the declared PostgreSQL; every statement runs in a read-only transaction of its own and is rolled back."""

    def __init__(self, run: DeployRun, state: CheckState) -> None:
        """Ask for one check."""
        self._run = run
        self._state = state
        self.last: SqlAnswer | None = None

    @property
    def limits(self) -> DatabaseSettings:
        """The declared limits of the database.

        Raises:
            SettingsError: no database is declared.
        """
        return database_of(self._run.settings)

    def answer(self, sql: str, params: Params = (), **changes: Any) -> SqlAnswer:
        """Run one statement with named parameters (``%(name)s``) and return rows, columns, seconds and target.

        Raises:
            CheckFailedError: the database gives no answer, and this check's impact is availability.
            SourceError: it could not be asked.
            MissingAccessError: a privilege or an extension is missing.
        """
        named = tuple(params.items()) if isinstance(params, Mapping) else params
        ask = sql_ask(self._run.settings, sql, name=self._state.spec.id[:40], params=named, **changes)
        try:
            self.last = self._run.observatory.observe_now(ask)
        except NoAnswerError as error:
            if self._state.spec.impact is Impact.AVAILABILITY:
                raise CheckFailedError(str(error)) from None
            raise
        assert self.last is not None
        return self.last

    def rows(self, sql: str, params: Params = (), **changes: Any) -> list[dict[str, Any]]:
        """Return the rows as dictionaries by column name."""
        answer = self.answer(sql, params, **changes)
        return [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]

    def scalar(self, sql: str, params: Params = (), **changes: Any) -> Any:
        """Return the first column of the only row, None when there is no row.

        Raises:
            QueryError: there is more than one row.
        """
        answer = self.answer(sql, params, **changes)
        if len(answer.rows) > 1:
            raise QueryError(
                f"{len(answer.rows)} rows where one value was asked for", "Let the statement return one row"
            )
        return answer.rows[0][0] if answer.rows else None
