"""The sequential judgement on iterables: baseline and looks in, outcomes out one by one; the room's front door."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pytest_deploycheck.judgement.sequential.baselines import (
    CountBaseline,
    LatencyBaseline,
    fit_counts,
    fit_latency,
    usable_counts,
)
from pytest_deploycheck.judgement.sequential.rules import Rules
from pytest_deploycheck.judgement.sequential.streams import (
    by_name,
    control_stream,
    control_terms,
    count_stream,
    equal_shares,
    latency_streams,
)
from pytest_deploycheck.judgement.sequential.watch import Counted, Watch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_deploycheck.judgement.sequential.baselines import CountRow, LatencyRow
    from pytest_deploycheck.judgement.sequential.outcomes import Outcome

ControlRow = tuple[float, float, float, float, float]  # time, bad and total of the new version, of the old one


def judge_counts(
    baseline: CountBaseline | Iterable[CountRow],
    looks: Iterable[CountRow],
    rules: Rules | None = None,
    *,
    started: float = math.nan,
) -> Iterator[Outcome]:
    """Yield the outcome of each look at ``(timestamp, bad, total)``; times are in seconds since 1970.

    ``baseline`` is fitted already, or rows like the looks in the order of time.
    """
    watch = watch_counts(baseline, rules, started=started)
    for timestamp, bad, total in looks:
        yield watch.look(timestamp, (Counted(bad, total),))


def watch_counts(
    baseline: CountBaseline | Iterable[CountRow],
    rules: Rules | None = None,
    *,
    started: float = math.nan,
    saved: str | None = None,
) -> Watch:
    """Return the watch over one count, which can be saved and gone on with.

    Raises:
        StateError: what was saved does not belong to it.
    """
    rules = rules or Rules()
    fitted = baseline if isinstance(baseline, CountBaseline) else fit_counts(baseline)
    return Watch((count_stream("errors", fitted, rules),), rules, started=started, saved=saved)


def judge_latency(
    baseline: LatencyBaseline | Iterable[LatencyRow],
    looks: Iterable[LatencyRow],
    rules: Rules | None = None,
    *,
    started: float = math.nan,
) -> Iterator[Outcome]:
    """Yield the outcome of each look at ``(timestamp, the duration of each request)``, in the baseline's unit.

    A duration that is NaN or negative makes the look incomplete: it can show a regression, never health.
    """
    rules = rules or Rules()
    fitted = baseline if isinstance(baseline, LatencyBaseline) else fit_latency(baseline)
    watch = watch_latency(fitted, rules, started=started)
    for timestamp, values in looks:
        yield look_at_latency(watch, fitted, timestamp, values)


def watch_latency(
    baseline: LatencyBaseline,
    rules: Rules | None = None,
    *,
    started: float = math.nan,
    saved: str | None = None,
) -> Watch:
    """Return the watch over the order statistics of a latency baseline.

    Raises:
        StateError: what was saved does not belong to it.
        ValueError: the baseline is empty, so there is nothing to watch.
    """
    rules = rules or Rules()
    streams = latency_streams(baseline, rules)
    if not streams:
        raise ValueError("the latency baseline is empty")
    return Watch(streams, rules, started=started, saved=saved)


def look_at_latency(
    watch: Watch, baseline: LatencyBaseline, timestamp: float, values: Iterable[float], *, lowest: float = 0.0
) -> Outcome:
    """Return the outcome of a look at the durations of requests; those below ``lowest`` are failed measurements."""
    given = list(values)
    kept = [value for value in given if value >= lowest]
    counts = [Counted(slower, total) for slower, total in baseline.exceedances(kept)]
    return watch.look(timestamp, counts, complete=len(kept) == len(given))


def judge_metrics(
    baselines: Mapping[str, CountBaseline],
    looks: Iterable[tuple[float, Mapping[str, tuple[float, float]]]],
    rules: Rules | None = None,
    *,
    started: float = math.nan,
) -> Iterator[Outcome]:
    """Yield the outcome of each look at several counts together: ``(timestamp, {name: (bad, total)})``.

    The metrics share one alpha, whatever their dependence; one that is missing makes the look incomplete.
    """
    rules = rules or Rules()
    watch = Watch(by_name(equal_shares(baselines, rules)), rules, started=started)
    for timestamp, counts in looks:
        given = [counts.get(stream.name) for stream in watch.streams]
        yield watch.look(timestamp, [Counted(*each) if each is not None else None for each in given])


def judge_control(
    looks: Iterable[ControlRow], rules: Rules | None = None, *, phi: float = 1.0, started: float = math.nan
) -> Iterator[Outcome]:
    """Yield the outcome of each look at the new version beside the old one, which serves at the same time.

    Noise and seasons that both share cancel; all of alpha is for the comparison.
    """
    rules = rules or Rules()
    watch = Watch(
        (control_stream("errors", rules, phi=phi),), rules, log_threshold=math.log(1 / rules.alpha), started=started
    )
    for timestamp, bad, total, old_bad, old_total in looks:
        if not (usable_counts(bad, total) and usable_counts(old_bad, old_total)):
            yield watch.look(timestamp, (None,))
            continue
        yield watch.look(timestamp, (control_counts(bad, total, old_bad, old_total, rules),))


def control_counts(bad: float, total: float, old_bad: float, old_total: float, rules: Rules) -> Counted:
    """Return a look at both versions as one count: the new one's errors among all errors."""
    return Counted(bad, bad + old_bad, control_terms(total, old_total, rules))
