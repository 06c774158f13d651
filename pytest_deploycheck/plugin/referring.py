"""What a measurement is compared with: the baseline read when the run began, or its source asked about earlier."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.asking import at_window, metric_ask
from pytest_deploycheck.baselines import BEFORE, SAME_HOUR, Asked, is_number, same_hours
from pytest_deploycheck.errors import InconclusiveError, SourceError
from pytest_deploycheck.judgement.units import compatible, convert
from pytest_deploycheck.measuring import measure_each
from pytest_deploycheck.settings.metrics import MetricItem

if TYPE_CHECKING:
    from datetime import datetime

    from pytest_deploycheck.model import Measurement
    from pytest_deploycheck.plugin.state import DeployRun

_WORDS: Final = {BEFORE: "the window before the deployment", SAME_HOUR: "this hour of earlier weeks"}


def baseline_for(run: DeployRun, measurement: Measurement, entry: Any) -> tuple[float | None, str | None]:
    """Return the baseline of a measurement in its unit and where it comes from; None when there is none that fits."""
    found = _asked(run, measurement, entry)
    if found is not None:
        return found
    kept = run.past.baseline.get(measurement.metric)
    if kept is None or not is_number(kept.value):
        return None, None
    value = _in_unit(kept, measurement.unit)
    return (None, None) if value is None else (value, kept.note)


def _in_unit(kept: Measurement, unit: str) -> float | None:
    assert isinstance(kept.value, int | float)
    if kept.unit == unit:
        return float(kept.value)
    return float(convert(kept.value, kept.unit, unit)) if compatible(kept.unit, unit) else None


def _asked(run: DeployRun, measurement: Measurement, entry: Any) -> tuple[float | None, str | None] | None:
    """Return what the source says about an earlier time, None when it cannot be asked about one."""
    if not isinstance(entry, MetricItem) or entry.denominator:
        return None
    if entry.levels is None or not entry.levels.needs_baseline:
        return None
    choice = entry.baseline or run.settings.history.baseline
    ends = _ends(run, choice)
    if not ends:
        return None
    ask = metric_ask(run.settings, entry, run.deployment, run.now)
    asks = [moved for end in ends if (moved := at_window(ask, end)) is not None]
    if not asks:
        return None
    values: list[float] = []
    for each in asks:
        try:
            measured = measure_each(entry, run.observatory.observe_now(each))
        except (SourceError, InconclusiveError):
            continue  # a week without data says nothing about the others
        same = (m.value for m in measured if m.metric == measurement.metric and not m.lower_bound)
        values += [float(value) for value in same if isinstance(value, int | float) and is_number(value)]
    if not values:
        return None, None
    assert isinstance(choice, str)
    many = f"median of {len(values)} in " if len(values) > 1 else ""
    return statistics.median(values), f"{many}{_WORDS[choice]}"


def _ends(run: DeployRun, choice: object) -> list[datetime]:
    if choice == BEFORE and run.deployment.deployed_at_known:
        return [run.deployment.deployed_at]
    if choice == SAME_HOUR:
        return same_hours(Asked(deployment=run.deployment, now=run.now, phase=run.phase.name))
    return []
