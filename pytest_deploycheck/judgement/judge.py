"""The judge: a measurement and its ladder become a judgement; stands above ladders, below the verdict. Has no clock."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.judgement.conditions import Condition, NotComparableError, show_value
from pytest_deploycheck.judgement.units import UnitError, exact
from pytest_deploycheck.model import Judgement, Measurement
from pytest_deploycheck.status import Policy, Severity, Status, status_of_finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_deploycheck.judgement.ladder import Ladder

IGNORED: Final = "ignored by policy: "
_OPEN_ENDED: Final = "only a lower bound is known"


def judge(
    measurement: Measurement,
    ladder: Ladder | None,
    *,
    baseline: float | None = None,
    capacity: float | None = None,
    min_samples: int = 1,
    no_data: Policy = Policy.INCONCLUSIVE,
    no_baseline: Policy = Policy.INCONCLUSIVE,
    severity: Severity = Severity.HIGH,
) -> Judgement:
    """Return what a measurement amounts to; without usable data or reference a policy decides, and never for PASS.

    ``baseline`` and ``capacity`` are in the measurement's unit; ``severity`` is the check's own, which the policy
    ``fail`` uses. A level that is reached decides even when other levels lack their baseline.
    """
    usable = _usable(baseline)
    problem = _data_problem(measurement, min_samples) or _kind_problem(measurement, ladder)
    if problem:
        return _by_policy(no_data, problem, severity, _limits(ladder, measurement), usable)
    if ladder is None:
        reason = f"{_show(measurement)} recorded, no limit declared"
        return Judgement(status=Status.PASS, reason=reason, baseline=usable)
    value, unit, limits = measurement.value, measurement.unit, _limits(ladder, measurement)
    unjudged = ladder.unjudged(unit=unit, baseline=baseline, capacity=capacity)
    reached = ladder.reached(value, unit=unit, baseline=baseline, capacity=capacity)
    open_levels = [entry for entry in unjudged if reached is None or entry[0] > reached[0]]
    # a missing capacity is missing data: no_baseline = ignore must not hide it
    policy = no_baseline if open_levels and all(entry[1].needs_baseline for entry in open_levels) else no_data
    doubt = _not_judged(open_levels, unit) + (f"; {_OPEN_ENDED}" if measurement.lower_bound else "")
    if reached is None:
        shown, found = _show(measurement), None
    else:
        level, condition = reached
        shown = f"{condition.explain(value, unit=unit, baseline=baseline, capacity=capacity)} ({level})"
        found = Judgement(
            status=status_of_finding(level),
            reason=f"{shown}{doubt}",
            severity=level,
            condition=condition.describe(unit),
            baseline=usable,
        )
    if doubt:
        return _worse(found, _by_policy(policy, f"{shown}{doubt}", severity, limits, usable))
    return found or Judgement(
        status=Status.PASS, reason=f"{shown} is clear of {limits}", condition=limits, baseline=usable
    )


def _worse(found: Judgement | None, unsure: Judgement) -> Judgement:
    """Return the finding, unless what could not be judged weighs more: a mild level must not hide a worse one."""
    if found is None:
        return unsure
    return found if is_ignored(unsure) or unsure.status <= found.status else unsure


def is_ignored(judgement: Judgement) -> bool:
    """Return whether a policy ``ignore`` took the judgement out of the verdict; its status is never PASS."""
    return judgement.status is Status.INCONCLUSIVE and judgement.reason.startswith(IGNORED)


def _data_problem(measurement: Measurement, min_samples: int) -> str | None:
    """Return why the measurement holds no data, or too little; None when it holds enough."""
    value, n, least = measurement.value, measurement.n, max(min_samples, 1)
    note = f", {measurement.note}" if measurement.note else ""
    if value is None:
        return "no data" if n is None else f"no data (n = {n}{note})"
    if n is not None and n < least:
        return f"insufficient data: n = {n} < min_samples {least} ({_show(measurement)}{note})"
    if isinstance(value, str):
        return None
    try:
        exact(value)
    except UnitError as error:
        return f"no data: {error}"
    return None


def _kind_problem(measurement: Measurement, ladder: Ladder | None) -> str | None:
    """Return why the value is of no kind or unit that the ladder can judge, None when it is."""
    try:
        for _, condition in ladder.levels if ladder else ():
            condition.check_unit(measurement.unit)
            condition.check_value(measurement.value)
    except (NotComparableError, UnitError) as error:
        return f"cannot be judged: {error}"
    return None


def _by_policy(
    policy: Policy, reason: str, severity: Severity, limits: str | None, baseline: float | None
) -> Judgement:
    """Return the judgement that a policy makes of missing data or a missing reference."""
    finding = {Policy.WARN: Severity.MEDIUM, Policy.FAIL: severity}.get(policy)
    return Judgement(
        status=status_of_finding(finding) if finding else Status.INCONCLUSIVE,
        reason=f"{IGNORED}{reason}" if policy is Policy.IGNORE else reason,
        severity=finding,
        condition=limits,
        baseline=baseline,
    )


def _limits(ladder: Ladder | None, measurement: Measurement) -> str | None:
    return ladder.describe(measurement.unit) if ladder else None


def _not_judged(entries: Iterable[tuple[Severity, Condition, str]], unit: str) -> str:
    """Return an addition to a reason that names the levels without a reference; empty when there are none."""
    found = list(entries)
    levels = ", ".join(f"{level} {condition.describe(unit)}" for level, condition, _ in found)
    reasons = ", ".join(dict.fromkeys(reason for _, _, reason in found))
    return f"; {levels} not judged: {reasons}" if found else ""


def _show(measurement: Measurement) -> str:
    return show_value(measurement.value, measurement.unit)


def _usable(baseline: float | None) -> float | None:
    """Return the baseline for the record, which holds finite numbers only."""
    return baseline if baseline is not None and math.isfinite(baseline) else None
