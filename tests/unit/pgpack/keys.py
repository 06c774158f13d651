"""Foreign keys without a database."""

from __future__ import annotations

from typing import Any

from pytest_deploycheck.pgpack.catalogue import ForeignKey, KeyColumn


def key(table: str, **changes: Any) -> ForeignKey:
    """Return a key of that table, as the catalogue would tell it."""
    column = KeyColumn(
        child="p",
        parent="id",
        operator_schema="pg_catalog",
        operator="=",
        number=1,
        parent_number=1,
        type=25,
        parent_type=25,
        parent_cast=(),
        child_cast=(),
        collation=(),
        stable=True,
        families=frozenset(),
    )
    told: dict[str, Any] = {
        "oid": 1,
        "name": "k",
        "child_schema": "s",
        "child_table": table,
        "parent_schema": "s",
        "parent_table": "p",
        "child_parted": False,
        "parent_parted": False,
        "match_full": False,
        "validated": True,
        "enforced": True,
        "period": False,
        "child_bytes": 0,
        "parent_bytes": 0,
        "child_rows": 0,
        "parent_rows": 0,
        "visible": 0.0,
        "triggers": 4,
        "triggers_off": 0,
        "off_at": None,
        "columns": (column,),
        "indexes": (),
    }
    return ForeignKey(**(told | changes))
