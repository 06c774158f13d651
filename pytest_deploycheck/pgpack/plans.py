"""The plan of a named query: what it walks over and how, as one text that can be compared; pure, beside the checks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.errors import BadAnswerError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_deploycheck.asks import SqlAnswer

_SEQUENTIAL: Final = "Seq Scan"
#: The estimated rows of tables, by ``schema`` and ``name``; needs the parameter ``tables`` (JSON).
ROWS: Final = """SELECT n.nspname::text, c.relname::text, greatest(c.reltuples, 0)::int8 FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE EXISTS (
  SELECT FROM jsonb_array_elements(%(tables)s::jsonb) AS t WHERE t ->> 0 = n.nspname AND t ->> 1 = c.relname)"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the planner would do: its steps as one line, the tables it reads from end to end, and its cost estimate."""

    steps: str
    sequential: tuple[tuple[str, str], ...]
    cost: float


def explaining(sql: str) -> str:
    """Return the question for a plan; the statement itself does not run."""
    return f"EXPLAIN (VERBOSE, FORMAT JSON) {sql}"


def plan_of(answer: SqlAnswer) -> Plan:
    """Return the plan from the answer.

    Raises:
        BadAnswerError: it holds none.
    """
    try:
        found = answer.rows[0][0]
        root = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
        nodes = list(_nodes(root))
        sequential = [(n["Schema"], n["Relation Name"]) for n in nodes if n["Node Type"] == _SEQUENTIAL]
        return Plan(" > ".join(map(_step, nodes)), tuple(dict.fromkeys(sequential)), float(root["Total Cost"]))
    except (ValueError, LookupError, TypeError):
        raise BadAnswerError(f"postgres {answer.target} answered no plan") from None


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def _step(node: dict[str, Any]) -> str:
    index = f" by {node['Index Name']}" if "Index Name" in node else ""
    table = f" {node['Relation Name']}" if "Relation Name" in node else ""
    return f"{node['Node Type']}{table}{index}"
