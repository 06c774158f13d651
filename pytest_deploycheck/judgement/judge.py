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
    if reached:
        level, condition = reached
        shown = condition.explain(value, unit=unit, baseline=baseline, capacity=capacity)
        worse = [entry for entry in unjudged if entry[0] > level]
        reason = f"{shown} ({level}){_not_judged(worse, unit)}"
        if measurement.lower_bound and status_of_finding(level) < Status.INCONCLUSIVE:
            return _by_policy(no_data, f"{reason}; {_OPEN_ENDED}", severity, limits, usable)
        if worse:
            # a worse level that could not be judged may have been reached: a mild finding must not hide that
            policy = no_baseline if all(condition.needs_baseline for _, condition, _ in worse) else no_data
            unsure = _by_policy(policy, reason, severity, limits, usable)
            if policy is not Policy.IGNORE and unsure.status > status_of_finding(level):
                return unsure
        return Judgement(
            status=status_of_finding(level),
            reason=reason,
            severity=level,
            condition=condition.describe(unit),
            baseline=usable,
        )
    if unjudged:
        # a missing capacity is missing data: no_baseline = ignore must not hide it
        policy = no_baseline if all(condition.needs_baseline for _, condition, _ in unjudged) else no_data
        return _by_policy(policy, f"{_show(measurement)}{_not_judged(unjudged, unit)}", severity, limits, usable)
    if measurement.lower_bound:
        return _by_policy(no_data, f"{_show(measurement)}: {_OPEN_ENDED}", severity, limits, usable)
    reason = f"{_show(measurement)} is within {limits}"
    return Judgement(status=Status.PASS, reason=reason, condition=limits, baseline=usable)


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
