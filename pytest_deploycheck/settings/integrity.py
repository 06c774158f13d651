"""``[[integrity]]``: what ought to be zero in the database, one key of a kind an entry; beside the other items."""

from __future__ import annotations

# ruff: noqa: TC001  # pydantic reads the annotations at run time
from typing import Annotated, Any, Final

from pydantic import Field

from pytest_deploycheck.judgement.ladder import Ladder
from pytest_deploycheck.settings.expectations import Table
from pytest_deploycheck.settings.fields import Integer, Name, Number, SeverityWord, TableColumn, TableName, Timeout
from pytest_deploycheck.settings.items import Item
from pytest_deploycheck.settings.ladders import CountLevels, default_levels
from pytest_deploycheck.status import Impact, Severity

Children = Annotated[tuple[TableColumn, ...], Field(min_length=1)]


class Orphans(Table):
    """A reference between two columns that no foreign key guards."""

    child: TableColumn = Field(description="The referring column: table.column.")
    parent: TableColumn = Field(description="The column referred to: table.column.")


class Cascade(Table):
    """What has to go with a parent: no row may be left behind in any child."""

    parent: TableColumn = Field(description="The parent's key: table.column.")
    children: Children = Field(description="The columns that refer to it; manual cleanup, too.")


class Deleted(Table):
    """A random audit: of some that were deleted, nothing may be left anywhere."""

    key: TableColumn = Field(description="The column that names who was deleted, such as deleted_users.user_id.")
    children: Children = Field(description="The columns where nothing of them may be left.")
    where: Name | None = Field(default=None, description="Which of its rows tell a deletion, as SQL (alias d).")
    sample: Integer = Field(default=50, ge=1, le=10_000, description="How many are drawn in each run.")


class Audited(Table):
    """Every change has its row in the audit log."""

    changes: TableColumn = Field(description="The key of what changed, such as deleted_users.user_id.")
    log: TableColumn = Field(description="The column of the log that names it, such as audit_logs.entity_id.")
    where: Name | None = Field(default=None, description="Which changes count, as SQL (alias c).")
    log_where: Name | None = Field(default=None, description="Which rows of the log count, as SQL (alias l).")


class Gapless(Table):
    """A number that grows by one: what is missing was removed."""

    column: TableColumn = Field(description="The column of whole numbers.")
    where: Name | None = Field(default=None, description="Which rows count, as SQL (alias t).")


class Steady(Table):
    """A log that never falls silent for long."""

    column: TableColumn = Field(description="The column of moments.")
    longest: Timeout = Field(description="The longest silence, also until now.")
    where: Name | None = Field(default=None, description="Which rows count, as SQL (alias t).")


class Unique(Table):
    """Columns that are unique together, whether or not an index says so."""

    table: TableName = Field(description="The table, or schema.table.")
    columns: tuple[Name, ...] = Field(min_length=1, description="The columns.")
    where: Name | None = Field(default=None, description="Which rows count, as SQL (alias t).")


class Linked(Orphans):
    """Every row refers to something that exists; NULL is wrong, too."""

    where: Name | None = Field(default=None, description="Which rows count, as SQL (alias c).")


class Recompute(Table):
    """A stored value is what its expression gives."""

    column: TableColumn = Field(description="The stored value: table.column.")
    expression: Name = Field(description="What it ought to be, as SQL over the same row (alias t).")
    tolerance: Annotated[Number, Field(ge=0)] | None = Field(
        default=None, description="How far a number may be off; without it the two have to be the same."
    )
    where: Name | None = Field(default=None, description="Which rows count, as SQL (alias t).")


# the thresholds of the guides, by kind
LEVELS: Final[dict[str, dict[str, str]]] = {
    "orphans": {"low": ">= 1", "medium": "> 5", "critical": "> 10"},
    "cascade": {"low": ">= 1", "medium": "> 5", "critical": "> 10"},
    "sql": {"low": ">= 1", "medium": "> 5", "critical": "> 10"},
    "deleted": {"high": "> 0"},
    "audited": {"medium": "> 0", "critical": "> 1"},
    "gapless": {"medium": "> 0", "critical": "> 1"},
    "steady": {"medium": "> 0"},
    "unique": {"high": "> 0"},
    "linked": {"high": "> 0"},
    "recompute": {"medium": "> 0", "high": "> 3", "critical": "> 10"},
}
KINDS: Final = tuple(LEVELS)


def _levels(given: dict[str, Any]) -> Ladder:
    kind = next((kind for kind in KINDS if given.get(kind) is not None), "sql")
    return default_levels("", **LEVELS[kind])


class Integrity(Item):
    """A count in the database that ought to be zero; exactly one of the keys that are tables, or ``sql``, is set."""

    kind = "integrity"

    severity: SeverityWord = Field(default=Severity.CRITICAL, description="How bad a failure is.")
    impact: Impact = Field(default=Impact.DATA, description="What suffers from a failure.")
    orphans: Orphans | None = Field(default=None, description="Count rows whose parent is gone.")
    cascade: Cascade | None = Field(default=None, description="Count what a deleted parent left behind.")
    deleted: Deleted | None = Field(
        default=None, description="Draw some that were deleted, count those with a residue."
    )
    audited: Audited | None = Field(default=None, description="Count changes without a row in the audit log.")
    gapless: Gapless | None = Field(default=None, description="Count numbers that are missing.")
    steady: Steady | None = Field(default=None, description="Count silences that were too long.")
    unique: Unique | None = Field(default=None, description="Count rows that are there twice.")
    linked: Linked | None = Field(default=None, description="Count rows without what they belong to.")
    recompute: Recompute | None = Field(default=None, description="Count rows whose value is computed wrongly.")
    sql: Name | None = Field(default=None, description="A statement that counts what is wrong.")
    levels: CountLevels = Field(
        default_factory=_levels, description="Levels of the count; by default those of its kind, see operating.md."
    )
