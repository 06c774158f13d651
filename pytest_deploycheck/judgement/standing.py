"""Where a metric stands after its looks: what the sequential judge keeps between runs; pure, above ``sequential/``.

A look goes in once: its window has to begin after the deployment and after the last look that was used. What is kept
is a text that gives the same judgement back, bit by bit, in whatever process and run it is gone on with.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.judgement.sequential import (
    CountBaseline,
    Counted,
    Obstacle,
    Outcome,
    OutcomeKind,
    Rules,
    StateError,
    Watch,
    control_counts,
    watch_counts,
)
from pytest_deploycheck.judgement.sequential.baselines import usable_counts
from pytest_deploycheck.judgement.sequential.streams import control_stream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_deploycheck.model import Measurement

# windows are told in three digits, so that two that touch may seem to overlap by as much
TOUCHING: Final = 0.005
_SHARES: Final[Mapping[str, float]] = {"%": 100.0, "": 1.0}


@dataclass(frozen=True, slots=True)
class Look:
    """What one run counted: when (seconds since 1970), bad ones among how many, over which window (seconds).

    ``old`` are the counts of the version that serves beside the new one. Without counts there was no data.
    """

    at: float
    counts: tuple[float, float] | None
    window: float
    old: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A metric's baseline, None beside a control, and all that is known of its looks.

    ``known`` says whether ``started`` is the time of the deployment, and not only of its first run. ``last`` is the
    last outcome, of the ``looks``-th look that was used.
    """

    started: float
    known: bool = True
    baseline: CountBaseline | None = None
    watch: str | None = None
    at: float = math.nan
    looks: int = 0
    last: Outcome | None = None


def counts_of(measurement: Measurement, *, good: bool = False) -> tuple[float, float] | None:
    """Return how many were bad among how many, None when the measurement is no share of a number of samples.

    With ``good`` it is the share of good ones.
    """
    value, n, scale = measurement.value, measurement.n, _SHARES.get(measurement.unit)
    if isinstance(value, str | bool | None) or not n or scale is None or measurement.lower_bound:
        return None
    share = value / scale
    if not 0 <= share <= 1:
        return None
    bad = float(round((1 - share if good else share) * n))
    return (bad, float(n)) if usable_counts(bad, n) else None


def overlaps(at: float, window: float, last: float) -> bool:
    """Tell whether a window that ends at ``at`` begins before ``last``, which may be NaN."""
    return at - window * (1 - TOUCHING) < last


def look(standing: Standing, seen: Look, rules: Rules) -> tuple[Standing, bool]:
    """Return where the metric stands after a look, and whether the look could be used.

    A look that overlaps another, or reaches back before the deployment, changes nothing; nor does one without data.

    Raises:
        StateError: what was kept cannot be read.
    """
    early = standing.known and overlaps(seen.at, seen.window, standing.started)
    if early or overlaps(seen.at, seen.window, standing.at):
        return standing, False
    watch = watch_of(standing, rules)
    counted = _counted(standing, seen, rules)
    outcome = watch.look(seen.at, (counted,))
    if outcome.obstacle in {Obstacle.NO_DATA, Obstacle.DISORDER}:
        return (standing if standing.last else replace(standing, last=outcome)), False
    return replace(standing, watch=watch.save(), at=seen.at, looks=standing.looks + 1, last=outcome), True


def _counted(standing: Standing, seen: Look, rules: Rules) -> Counted | None:
    if seen.counts is None:
        return None
    if standing.baseline is not None:
        return Counted(*seen.counts)
    return None if seen.old is None else control_counts(*seen.counts, *seen.old, rules)


def watch_of(standing: Standing, rules: Rules) -> Watch:
    """Return the watch that goes on from what was kept.

    Raises:
        StateError: what was kept cannot be read.
    """
    started = standing.started if standing.known else math.nan
    if standing.baseline is not None:
        return watch_counts(standing.baseline, rules, started=started, saved=standing.watch)
    streams = (control_stream("errors", rules),)
    return Watch(streams, rules, log_threshold=math.log(1 / rules.alpha), started=started, saved=standing.watch)


def dump_standing(standing: Standing) -> str:
    """Return the standing as a line of JSON; numbers come back bit by bit."""
    base, last = standing.baseline, standing.last
    plain = {
        each.name: getattr(standing, each.name) for each in fields(Standing) if each.name not in {"baseline", "last"}
    }
    kept = None if base is None else {each.name: getattr(base, each.name) for each in fields(CountBaseline)}
    told = None if last is None else {each.name: getattr(last, each.name) for each in fields(Outcome)}
    if told is not None:
        told |= {"kind": told["kind"].name, "obstacle": told["obstacle"].name}
    return json.dumps({**plain, "baseline": kept, "last": told}, separators=(",", ":"))


def load_standing(text: str, rules: Rules) -> Standing:
    """Return the standing of a text.

    Raises:
        StateError: it holds none that can be gone on with.
    """
    try:
        data: dict[str, Any] = json.loads(text)
        base, last = data.pop("baseline"), data.pop("last")
        if base is not None:
            base = CountBaseline(**{**base, "shape": tuple(base["shape"])})
        if last is not None:
            last = Outcome(**{**last, "kind": OutcomeKind[last["kind"]], "obstacle": Obstacle[last["obstacle"]]})
        standing = Standing(**data, baseline=base, last=last)
        watch_of(standing, rules)
    except StateError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError):
        raise StateError("what was kept of a metric cannot be read") from None
    return standing
