"""What the pack found, as measurements with their judgements; beside the findings, for a phase run. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.judgement.judge import IGNORED, judge
from pytest_deploycheck.model import Judgement, Measurement, Reading
from pytest_deploycheck.pgpack.findings import plural
from pytest_deploycheck.pgpack.names import shown
from pytest_deploycheck.phases import format_duration
from pytest_deploycheck.status import Status, status_of_finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from pytest_deploycheck.asks import SqlAnswer
    from pytest_deploycheck.judgement.ladder import Ladder
    from pytest_deploycheck.pgpack.catalogue import Reference
    from pytest_deploycheck.pgpack.findings import Finding
    from pytest_deploycheck.pgpack.plans import Plan
    from pytest_deploycheck.pgpack.proving import Proved
    from pytest_deploycheck.status import Severity

#: More clean keys than this are told by the sum alone.
MOST_CLEAN: Final = 300
SUM: Final = "foreign_keys.unverified"
_LONGEST_METRIC: Final = 120


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier run of the deployment proved of a key: when (Unix time), and how many orphans it found."""

    at: float
    orphans: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Judges:
    """By what the keys are judged: the ladders of keys and of soft references, and what earlier runs proved.

    ``note`` is added to the scope; ``now`` is the time of the run, ``max_age`` how old an earlier proof
    may be, in seconds.
    """

    keys: Ladder
    soft: Ladder
    now: datetime
    target: str = ""
    note: str = ""
    max_age: float = 0.0
    earlier: Mapping[str, Earlier] = field(default_factory=dict)


def key_readings(proved: Iterable[Proved], missing: Iterable[Reference], by: Judges) -> list[Reading]:
    """Return the sum (how many are unverified, of how many), then one reading for each key, the worst first."""
    results, gone = list(proved), list(missing)
    known = [_earlier(each, by) for each in results]
    readings = [_of_key(each, before, by) for each, before in zip(results, known, strict=True)]
    readings += [_of_missing(each, by) for each in gone]
    total = len(readings)
    unverified = sum(reading.measurement.value is None for reading in readings)
    borrowed = [before for before in known if before is not None]
    more = f", {len(borrowed)} of them by earlier runs" if borrowed else ""
    scope = f"{total - unverified} of {plural(total, 'key')}{more}, {unverified} unverified"
    scope += f", {by.note}" if by.note else ""
    readings.sort(key=lambda reading: reading.judgement.status, reverse=True)
    bad = sum(reading.judgement.status is not Status.PASS for reading in readings)
    return [_sum(total, unverified, scope, by), *readings[: bad + MOST_CLEAN]]


def finding_readings(findings: Iterable[Finding], at: datetime, *, target: str = "") -> list[Reading]:
    """Return a reading for each finding of a health check; remarks have no say in the verdict."""
    return [_of_finding(finding, at, target) for finding in findings]


def plan_metric(name: str) -> str:
    """Return under which name the plan of a key query is kept."""
    return f"{name}.plan"


def plan_readings(
    name: str, plan: Plan, before: str | None, large: list[str], *, answer: SqlAnswer, severity: Severity
) -> list[Reading]:
    """Return the plan beside the one ``before`` (None: none is known), and the large tables it reads as a whole."""
    where: dict[str, Any] = {"source": "postgres", "query": "EXPLAIN", "target": answer.target, "at": answer.at}
    made = Measurement(metric=plan_metric(name), value=plan.steps, note=f"estimated cost {plan.cost:g}", **where)
    scans = Measurement(metric=f"{name}.large_scans", value=len(large), note=", ".join(large) or None, **where)
    changed = before is not None and before != plan.steps
    told = f"the plan changed from {before} to {plan.steps}" if changed else plan.steps
    readings = [Reading(measurement=made, judgement=_found(told, severity if changed else None))]
    whole = f"it reads {', '.join(large)} from end to end" if large else "it reads no large table from end to end"
    return [*readings, Reading(measurement=scans, judgement=_found(whole, severity if large else None))]


def _found(reason: str, severity: Severity | None) -> Judgement:
    status = Status.PASS if severity is None else status_of_finding(severity)
    return Judgement(status=status, reason=reason, severity=severity)


def _sum(total: int, unverified: int, scope: str, by: Judges) -> Reading:
    made = Measurement(metric=SUM, value=unverified, n=total, note=scope, **_where(by))
    if not total:
        return Reading(
            measurement=made,
            judgement=Judgement(status=Status.INCONCLUSIVE, reason=f"{IGNORED}there are no foreign keys"),
        )
    if unverified:
        return Reading(measurement=made, judgement=Judgement(status=Status.INCONCLUSIVE, reason=scope))
    return Reading(measurement=made, judgement=Judgement(status=Status.PASS, reason=scope))


def _of_key(result: Proved, before: Earlier | None, by: Judges) -> Reading:
    key, enforced = result.key, result.key.enforced
    orphans = before.orphans if before is not None else result.orphans
    note = f"form {result.form}, {result.seconds:.3f} s"
    if before is not None:
        note = f"proved {format_duration(max(0, round(by.now.timestamp() - before.at)))} ago by an earlier run"
    if result.samples:
        note = f"keys: {'; '.join(result.samples)}"
    made = _measured(shown(key.child_schema, key.child_table, key.name), orphans, note, by)
    if orphans is None:
        return Reading(
            measurement=made, judgement=Judgement(status=Status.INCONCLUSIVE, reason=f"unverified: {result.reason}")
        )
    if not enforced:  # the server does not enforce it, so nothing is promised
        return Reading(
            measurement=made,
            judgement=Judgement(status=Status.PASS, reason=f"{orphans} orphans; the key is NOT ENFORCED"),
        )
    judged = judge(made, by.soft if key.soft else by.keys)
    if judged.severity is None:
        return Reading(measurement=made, judgement=judged)
    about = f"{shown(key.child_schema, key.child_table)} without {shown(key.parent_schema, key.parent_table)}"
    return Reading(
        measurement=made, judgement=_because(judged, f"{plural(orphans, 'row')} of {about} ({note}): {judged.reason}")
    )


def _of_missing(reference: Reference, by: Judges) -> Reading:
    made = _measured(shown(f"{reference.child} → {reference.parent}"), None, None, by)
    reason = f"unverified: the database has no columns {reference.child} and {reference.parent} that can be compared"
    return Reading(measurement=made, judgement=Judgement(status=Status.INCONCLUSIVE, reason=reason))


def _earlier(result: Proved, by: Judges) -> Earlier | None:
    """Return what an earlier run proved, when this one had no time."""
    known = by.earlier.get(result.key.label) if result.skipped else None
    return known if known is not None and 0 <= by.now.timestamp() - known.at <= by.max_age else None


def _measured(name: str, value: int | None, note: str | None, by: Judges) -> Measurement:
    return Measurement(metric=f"orphans:{name}"[:_LONGEST_METRIC], value=value, note=note, **_where(by))


def _where(by: Judges) -> dict[str, Any]:
    return {"source": "postgres", "query": "rows whose parent is gone", "target": by.target or None, "at": by.now}


def _because(judged: Judgement, reason: str) -> Judgement:
    return Judgement(
        status=judged.status,
        reason=reason,
        severity=judged.severity,
        condition=judged.condition,
        baseline=judged.baseline,
    )


def _of_finding(finding: Finding, at: datetime, target: str) -> Reading:
    made = Measurement(
        metric=f"{finding.check}:{finding.object}"[:_LONGEST_METRIC],
        value=finding.value,
        source="postgres",
        query=finding.check,
        target=target or None,
        at=at,
        note=finding.scope,
    )
    hint = f". {finding.hint}" if finding.hint and finding.status is not Status.PASS else ""
    reason = f"{finding.object}: {finding.message}{hint}"
    if finding.severity is None:
        doubt = finding.status in {Status.INCONCLUSIVE, Status.ERROR}
        status = Status.INCONCLUSIVE if doubt else Status.PASS
        return Reading(
            measurement=made, judgement=Judgement(status=status, reason=f"{IGNORED}{reason}" if doubt else reason)
        )
    severity = finding.severity if finding.status in {Status.WARN, Status.FAIL} else None
    return Reading(measurement=made, judgement=Judgement(status=finding.status, reason=reason, severity=severity))
