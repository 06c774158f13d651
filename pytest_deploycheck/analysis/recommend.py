"""Recommendations: rules over facts, each with its id and the evidence that made it speak; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PERFORMANCE: Final = "performance"
FAILURES: Final = "failures"
CAPACITY: Final = "capacity"
ALERTS: Final = "alerts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the analyses found; None is unknown and moves no rule. Times in seconds, shares from 0 to 1.

    ``slower`` are metrics of time with their change in the period, ``growing`` numbers with the days until their limit,
    ``classes`` of failures with their count and direction, ``noisy`` checks with their share of short alarms,
    ``queries`` what the database's own checks object to.
    """

    mean_seconds: float | None = None
    p95_seconds: float | None = None
    slow_per_day: float | None = None
    peak_load: float | None = None
    slower: tuple[tuple[str, float], ...] = ()
    growing: tuple[tuple[str, float], ...] = ()
    classes: tuple[tuple[str, int, str], ...] = ()
    noisy: tuple[tuple[str, str], ...] = ()
    queries: tuple[tuple[str, str], ...] = ()
    unseen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """What to do, the rule that says so, and why."""

    rule: str
    area: str
    advice: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its id, its area, what it advises and what makes it speak, once for each piece of evidence."""

    id: str
    area: str
    advice: str
    evidence: Callable[[Facts], Iterator[str]]


MEAN_LIMIT: Final = 3.0
P95_LIMIT: Final = 5.0
SLOW_LIMIT: Final = 10.0
LOAD_LIMIT: Final = 0.5
DAYS_AHEAD: Final = 90.0
SLOWER_BY: Final = 0.2


def _mean(facts: Facts) -> Iterator[str]:
    if facts.mean_seconds is not None and facts.mean_seconds > MEAN_LIMIT:
        yield f"mean {facts.mean_seconds:.2f} s > {MEAN_LIMIT:g} s"


def _p95(facts: Facts) -> Iterator[str]:
    if facts.p95_seconds is not None and facts.p95_seconds > P95_LIMIT:
        yield f"p95 {facts.p95_seconds:.2f} s > {P95_LIMIT:g} s"


def _slow(facts: Facts) -> Iterator[str]:
    if facts.slow_per_day is not None and facts.slow_per_day > SLOW_LIMIT:
        yield f"{facts.slow_per_day:.1f} slow a day > {SLOW_LIMIT:g}"


def _load(facts: Facts) -> Iterator[str]:
    if facts.peak_load is not None and facts.peak_load > LOAD_LIMIT:
        yield f"the peak hour uses {facts.peak_load:.0%} of capacity > {LOAD_LIMIT:.0%}"


def _slower(facts: Facts) -> Iterator[str]:
    yield from (f"{name} {change:+.0%} in this time" for name, change in facts.slower if change > SLOWER_BY)


def _growing(facts: Facts) -> Iterator[str]:
    yield from (f"{name} reaches its limit in {days:.0f} days" for name, days in facts.growing if days <= DAYS_AHEAD)


def _classes(facts: Facts) -> Iterator[str]:
    yield from (f"{count:,} times {kind!r}, {direction}" for kind, count, direction in facts.classes[:3])


def _rising(facts: Facts) -> Iterator[str]:
    yield from (f"{kind!r} is rising ({count:,} times)" for kind, count, way in facts.classes if way == "rising")


def _noisy(facts: Facts) -> Iterator[str]:
    yield from (f"{check}: {why}" for check, why in facts.noisy)


def _queries(facts: Facts) -> Iterator[str]:
    yield from (f"{check}: {why}" for check, why in facts.queries)


def _unseen(facts: Facts) -> Iterator[str]:
    yield from (f"incident {name} was opened by no single check" for name in facts.unseen)


RULES: Final = (
    Rule("mean-duration", PERFORMANCE, "Consider database query optimization for complex operations", _mean),
    Rule("p95-duration", PERFORMANCE, "Tune the transactions of the slowest operations", _p95),
    Rule("slow-operations", PERFORMANCE, "Process slow operations asynchronously", _slow),
    Rule("peak-load", PERFORMANCE, "Balance the load of the peak hour over more instances", _load),
    Rule("slower", PERFORMANCE, "Find out what became slower, and optimise it", _slower),
    Rule("database", PERFORMANCE, "Follow what the database's checks advise", _queries),
    Rule("common-failures", FAILURES, "Improve error handling and user feedback of the most common failures", _classes),
    Rule("rising-failures", FAILURES, "Find the cause of failures that become more", _rising),
    Rule("time-to-limit", CAPACITY, "Scale up before the limit is reached", _growing),
    Rule("noisy-check", ALERTS, "Adjust the threshold, or ask for more looks before it counts", _noisy),
    Rule("blind-spot", ALERTS, "Add a check that would have seen the incident", _unseen),
)


def recommendations(facts: Facts) -> tuple[Recommendation, ...]:
    """Return what the rules say, in their order."""
    return tuple(
        Recommendation(rule=rule.id, area=rule.area, advice=rule.advice, evidence=evidence)
        for rule in RULES
        for evidence in rule.evidence(facts)
    )
