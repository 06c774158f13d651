"""Several series of one query become the numbers that were asked for: by label, reduced, or a single one. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_deploycheck.asks import Number, Numbers, PromAsk
from pytest_deploycheck.errors import QueryError
from pytest_deploycheck.redact import printable
from pytest_deploycheck.timeseries import REDUCERS, Summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MOST_SERIES: Final = 200
LONGEST_NAME: Final = 150
EACH: Final = "each"
_SHOWN: Final = 3

Labelled = tuple["Mapping[str, str]", Summary]


def combined(found: Sequence[Labelled], ask: PromAsk) -> dict[str, Summary]:
    """Return a number by the name of its series; an empty answer is one number without data.

    Raises:
        QueryError: there are more series than the question allows for.
    """
    named: dict[str, list[Labelled]] = {name: [] for name in ask.expected}
    for labels, summary in found:
        named.setdefault(_name(labels, ask), []).append((labels, summary))
    if len(named) > MOST_SERIES:
        raise QueryError(
            f"the query answers {len(named)} series, and at most {MOST_SERIES} are judged one by one",
            "Aggregate in the query (sum by, max by, topk), or give reduce",
        )
    return {name: _together(group, ask) for name, group in (named or {"": []}).items()}


def as_numbers(numbers: Mapping[str, Number]) -> Numbers:
    """Return the numbers in the order of their names."""
    return Numbers(series=tuple(sorted(numbers.items())))


def _name(labels: Mapping[str, str], ask: PromAsk) -> str:
    names: Iterable[str] = ask.by
    if not ask.by and ask.reduce == EACH:
        names = sorted(labels)
    chosen = [(name, labels.get(name, "")) for name in names]
    text = chosen[0][1] if len(ask.by) == 1 else ",".join(f"{name}={value}" for name, value in chosen)
    return printable(text)[:LONGEST_NAME]


def _together(group: Sequence[Labelled], ask: PromAsk) -> Summary:
    if not group:
        return Summary(None, 0, "the query answers no series")
    if len(group) == 1:
        return group[0][1]
    reducer = REDUCERS.get(ask.reduce or "")
    if reducer is None:
        examples = "; ".join(_shown(labels) for labels, _ in group[:_SHOWN])
        raise QueryError(
            f"the query answers {len(group)} series where one number is wanted ({examples})",
            'Aggregate in the query, or give by = ["label"] or reduce = "max", "min", "sum", "mean" or "each"',
        )
    usable = [(labels, summary.value, summary) for labels, summary in group if summary.value is not None]
    lost = len(group) - len(usable)
    note = f"{ask.reduce} of {len(group)} series" + (f", {lost} without data" if lost else "")
    if not usable:
        return Summary(None, 0, note)
    value = reducer([value for _, value, _ in usable])
    if ask.reduce in {"max", "min"}:
        note += f" ({_shown(next(labels for labels, each, _ in usable if each == value))})"
    return Summary(value, sum(summary.n for _, _, summary in usable), note)


def _shown(labels: Mapping[str, str]) -> str:
    inside = ", ".join(f"{name}={value}" for name, value in sorted(labels.items()))
    return printable(inside)[:LONGEST_NAME] or "no labels"
