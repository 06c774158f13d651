"""Which checks are not as they should be, followed from run to run; pure, above the memory."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.notify.memory import Finding
from pytest_deploycheck.notify.messages import bounded
from pytest_deploycheck.status import Decision, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime, timedelta

    from pytest_deploycheck.model import CheckResult, RunRecord
    from pytest_deploycheck.notify.rules import Match

VERDICT: Final = "verdict"
# nobody reports these checks any more: their settings have gone
FORGOTTEN_AFTER_DAYS: Final = 7
_OF_DECISION: Final = {
    Decision.ROLLBACK_NOW: (Severity.ROLLBACK, Status.FAIL),
    Decision.ROLLBACK: (Severity.ROLLBACK, Status.FAIL),
    Decision.INCONCLUSIVE: (Severity.MEDIUM, Status.ERROR),
}
# what could not be measured is no proof of the worst
_AT_MOST: Final = {Status.ERROR: Severity.HIGH, Status.INCONCLUSIVE: Severity.MEDIUM}


def followed(before: Mapping[str, Finding], record: RunRecord, now: datetime, quiet: timedelta) -> dict[str, Finding]:
    """Return the findings after a run: a bad one begins or goes on, a good one is over after ``quiet``.

    A check that did not run is as it was; only PASS is good.
    """
    after = dict(before)
    for seen in _seen(record, now):
        known = after.get(seen.id)
        after[seen.id] = seen if known is None else _gone_on(known, seen)
    for check in _good(record):
        known = after.get(check)
        if known is not None:
            after[check] = replace(known, seen=now, bad_runs=0, good_since=known.good_since or now)
    return {check: each for check, each in after.items() if not _over(each, now, quiet)}


def matches(match: Match, finding: Finding, environment: str) -> bool:
    """Tell whether a finding is meant."""
    return (
        finding.severity >= match.min_severity
        and finding.status in match.statuses
        and _among(finding.severity, match.severities)
        and _among(finding.impact, match.impacts)
        and _among(environment, match.environments)
        and (not match.phases or not match.phases.isdisjoint(finding.phases))
        and (not match.checks or any(_fits(finding.id, pattern) for pattern in match.checks))
    )


def _fits(check: str, pattern: str) -> bool:
    """Tell whether ``*`` stands for anything in between; ids are full of brackets, so no other character is special."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), check, re.DOTALL) is not None


def _among(value: object, wanted: frozenset[object] | frozenset[str] | frozenset[Severity]) -> bool:
    return not wanted or value in wanted


def _gone_on(known: Finding, seen: Finding) -> Finding:
    again = known.bad_runs == 0
    return replace(
        seen,
        first=known.first,
        bad_since=seen.seen if again else known.bad_since,
        bad_runs=known.bad_runs + 1,
    )


def _over(finding: Finding, now: datetime, quiet: timedelta) -> bool:
    if finding.good_since is not None:
        return now - finding.good_since >= quiet
    return (now - finding.seen).days >= FORGOTTEN_AFTER_DAYS


def _good(record: RunRecord) -> Iterator[str]:
    yield from (check.id for check in record.checks if check.status is Status.PASS or check.dry_run)
    if record.verdict.decision not in _OF_DECISION:
        yield VERDICT


def _seen(record: RunRecord, now: datetime) -> Iterator[Finding]:
    bad = [check for check in record.checks if check.status is not Status.PASS and not check.dry_run]
    yield from (_of_check(check, record, now) for check in bad)
    found = _OF_DECISION.get(record.verdict.decision)
    if found is not None and not record.run.interrupted:
        severity, status = found
        yield Finding(
            id=VERDICT,
            title=f"Verdict {record.verdict.decision}",
            severity=severity,
            status=status,
            impact="ops",
            phases=(record.phase,),
            first=now,
            seen=now,
            bad_since=now,
            reason=bounded(record.verdict.summary),
        )


def _of_check(check: CheckResult, record: RunRecord, now: datetime) -> Finding:
    severity = check.finding or check.severity
    return Finding(
        id=check.id,
        title=bounded(check.title),
        severity=min(severity, _AT_MOST.get(check.status, severity)),
        status=check.status,
        impact=check.impact.value,
        phases=(record.phase,),
        first=now,
        seen=now,
        bad_since=now,
        reason=bounded(check.reason),
        action=bounded(check.action) if check.action else None,
        runbook=bounded(check.runbook) if check.runbook else None,
    )
