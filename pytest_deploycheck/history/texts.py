"""What the two databases want alike: texts that both can store, and inserts that bear a row that is already there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Table

_INSERTS: Final[dict[str, Callable[[Any], Any]]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def clean(text: str) -> str:
    """Return the text as both databases can store it: no null character, no half of a surrogate pair."""
    return text.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()


def unless_there(connection: Connection, table: Table) -> Any:
    """Return an insert that leaves a row alone that is already there."""
    return _INSERTS[connection.dialect.name](table).on_conflict_do_nothing()


def or_replace(connection: Connection, table: Table) -> Any:
    """Return an insert that puts its values in the place of a row with the same key."""
    insert = _INSERTS[connection.dialect.name](table)
    keys = [column.name for column in table.primary_key]
    values = {column.name: insert.excluded[column.name] for column in table.columns if column.name not in keys}
    return insert.on_conflict_do_update(index_elements=keys, set_=values)


def inserted(connection: Connection, table: Table, **values: Any) -> bool:
    """Insert a row and tell whether that was possible: False when one with the same key is there."""
    key = next(iter(table.primary_key))
    return connection.execute(unless_there(connection, table).values(**values).returning(key)).first() is not None
