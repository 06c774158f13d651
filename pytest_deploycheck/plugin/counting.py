"""From an ``[[integrity]]`` entry to its question; pure, below the ``db`` fixture, which asks it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.sources import postgres_integrity as texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, in words and in SQL, and the columns whose values its examples show."""

    about: str
    sql: str
    shown: tuple[str, ...] = ()


def question_of(entry: Any) -> Question:
    """Return the question of an entry that declares no SQL of its own."""
    kind = next(kind for kind in _QUESTIONS if getattr(entry, kind) is not None)
    return _QUESTIONS[kind](getattr(entry, kind))


def _unique(entry: Any) -> Question:
    shown = tuple(f"{entry.table}.{column}" for column in entry.columns)
    sql = texts.duplicates(entry.table, entry.columns, where=entry.where)
    return Question(f"{entry.table} twice with the same {', '.join(entry.columns)}", sql, shown)


def _audited(entry: Any) -> Question:
    sql = texts.unaudited(entry.changes, entry.log, where=entry.where, log_where=entry.log_where)
    return Question(f"{entry.changes} without a row in {entry.log}", sql, (entry.changes,))


def _recompute(entry: Any) -> Question:
    sql = texts.miscomputed(entry.column, entry.expression, tolerance=entry.tolerance, where=entry.where)
    return Question(f"{entry.column} other than {entry.expression}", sql, (entry.column,))


_QUESTIONS: Final[Mapping[str, Callable[[Any], Question]]] = {
    "cascade": lambda e: Question(
        f"what is left of {e.parent} in {', '.join(e.children)}", texts.leftovers(e.parent, e.children)
    ),
    "deleted": lambda e: Question(
        f"{e.sample} of {e.key} that left something in {', '.join(e.children)}",
        texts.residue(e.key, e.children, where=e.where, sample=e.sample),
    ),
    "audited": _audited,
    "gapless": lambda e: Question(f"missing numbers of {e.column}", texts.gaps(e.column, where=e.where), (e.column,)),
    "steady": lambda e: Question(
        f"silences of {e.column} beyond {e.longest:g} s",
        texts.silences(e.column, longest=e.longest, where=e.where),
        (e.column,),
    ),
    "unique": _unique,
    "linked": lambda e: Question(
        f"{e.child} without its {e.parent}", texts.unlinked(e.child, e.parent, where=e.where), (e.child,)
    ),
    "recompute": _recompute,
}
