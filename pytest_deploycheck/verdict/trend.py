"""Whether findings are getting worse, from two runs of the same deployment; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_deploycheck.verdict.case import Trend, finding_of, serious_of

if TYPE_CHECKING:
    from pytest_deploycheck.verdict.case import Evidence


def trend_between(before: Evidence | None, now: Evidence) -> Trend:
    """Return where the critical and high findings are heading between two runs.

    Getting worse means: there were some before, all of them are still there, and there are more now or one has reached
    a worse level. The first finding after a good run is new, not worse: it has to be seen twice.
    """
    if before is None:
        return Trend.UNKNOWN
    earlier = {result.id: finding_of(result) for result in serious_of(before)}
    later = {result.id: finding_of(result) for result in serious_of(now)}
    if not earlier or earlier == later:
        return Trend.STABLE
    if set(later) < set(earlier):
        return Trend.IMPROVING
    grown = set(earlier) < set(later)
    worse = set(earlier) <= set(later) and any(later[name] > level for name, level in earlier.items())
    milder = any(later.get(name, level) < level for name, level in earlier.items())
    if (grown or worse) and not milder:
        return Trend.WORSENING
    return Trend.STABLE
