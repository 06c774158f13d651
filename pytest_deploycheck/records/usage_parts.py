"""How the subject is used: counted in the audit log, by hour, weekday, day, week and type of users."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.analysis.audit import WEEKDAYS
from pytest_deploycheck.judgement.trend import mann_kendall
from pytest_deploycheck.records.model import Chart, Grid, Line, Mark, Section
from pytest_deploycheck.reporting.base import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_deploycheck.analysis.audit import AuditFindings
    from pytest_deploycheck.records.material import Material
_DAY: Final = 86_400.0
_CHANCE: Final = 0.025
_FEWEST: Final = 5


def unknown(label: str, why: str) -> Line:
    """Return a line that has no value, and why."""
    return Line(label=label, value="no data", mark=Mark.UNKNOWN, note=why)


def dates_between(first: str, last: str) -> list[str]:
    """Return all days from the first to the last."""
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    return [str(begin + timedelta(days=back)) for back in range((end - begin).days + 1)]


def way(values: Sequence[float]) -> str:
    """Return whether numbers in the order of time rise, fall or stay."""
    if len(values) < _FEWEST:
        return "too few"
    if mann_kendall(values)[1] <= _CHANCE:
        return "rising"
    return "falling" if mann_kendall([-value for value in values])[1] <= _CHANCE else "stable"


def frequency(material: Material) -> Section:
    """Return how often the subject happens: by hour, weekday, day and week, and its peaks."""
    subject, audit = material.settings.records.subject, material.audit
    title = f"{subject.capitalize()} Frequency"
    if audit is None:
        why = "; ".join(material.problems) or "declare [analysis.audit]"
        return Section(title=title, lines=(unknown(f"Total {subject}s", why),))
    if not audit.total:
        return Section(title=title, lines=(unknown(f"Total {subject}s", _nothing(audit)),))
    source, days = audit.table, max((audit.until - audit.since).total_seconds() / _DAY, 1e-9)
    failed, capacity = audit.failed, material.settings.analysis.capacity
    busiest = audit.busiest_hour()
    lines = [
        Line(label=f"Total {subject}s", value=f"{audit.total:,}", raw=float(audit.total), n=audit.total, source=source),
        Line(
            label="Each day", value=f"{audit.total / days:,.1f}", raw=audit.total / days, n=audit.total, source=source
        ),
        _success(audit),
        Line(label="Peak hour", value=f"{audit.peak_hour():02d}:00", n=audit.total, source=source),
        Line(label="Peak day", value=str(audit.peak_day()), n=audit.total, source=source),
    ]
    if busiest is not None:
        share = f", {busiest[1] / capacity:.0%} of capacity" if capacity else ""
        value = f"{busiest[1]:,} at {busiest[0]:%Y-%m-%d %H}:00{share}"
        lines.append(Line(label="Busiest hour", value=value, raw=float(busiest[1]), n=audit.total, source=source))
    if audit.truncated:
        lines.append(unknown("Whole log", "the answer had too many rows and was cut; give a shorter --since"))
    if failed is None:
        lines.append(unknown("Failures", "set [analysis.audit] failed"))
    hours = audit.counted(lambda each: each.hour.hour)
    weekdays = audit.counted(lambda each: each.hour.weekday())
    dates = audit.counted(lambda each: f"{each.hour:%Y-%m-%d}")
    weeks = audit.counted(lambda each: f"{each.hour:%G-W%V}")
    first, last = min(dates), max(dates)
    every = dates_between(first, last)
    marks = _deployment_mark(material)
    charts = (
        Chart(title="By hour of the day", kind="bars", points=tuple((f"{h:02d}", float(hours[h])) for h in range(24))),
        Chart(title="By weekday", kind="bars", points=tuple((WEEKDAYS[d][:3], float(weekdays[d])) for d in range(7))),
        Chart(title="By day", points=tuple((day, float(dates[day])) for day in every), marks=marks),
        Chart(title="By week", kind="bars", points=tuple((week, float(weeks[week])) for week in sorted(weeks))),
    )
    lines.append(Line(label="Direction", value=way([float(dates[day]) for day in every]), n=len(every), source=source))
    return Section(title=title, lines=tuple(lines), charts=charts)


def _success(audit: AuditFindings) -> Line:
    if audit.failed is None:
        return unknown("Success rate", "set [analysis.audit] failed")
    value = 100 * (1 - audit.failed / audit.total)
    return Line(label="Success rate", value=f"{value:.2f} %", raw=value, unit="%", n=audit.total, source=audit.table)


def _nothing(audit: AuditFindings) -> str:
    where = f" with {audit.where}" if audit.where else ""
    if not audit.rows_ever:
        return f"{audit.table} holds no row{where}: see whether the service writes it"
    newest = f"; the newest is of {audit.newest:%Y-%m-%d %H:%M}" if audit.newest is not None else ""
    return f"none in this time, of {audit.rows_ever:,} rows{where}{newest}: give another --since"


def _deployment_mark(material: Material) -> tuple[tuple[str, str], ...]:
    release = material.deployment
    if release is None or not material.since <= release.deployed_at <= material.until:
        return ()
    return ((f"{release.deployed_at:%Y-%m-%d}", release.version or release.deployment),)


def types(material: Material) -> tuple[Section, ...]:
    """Return the subject by type of users."""
    audit = material.audit
    if audit is None or not audit.total or material.settings.analysis.audit is None:
        return ()
    if material.settings.analysis.audit.user_type is None:
        return (Section(title="User Types", lines=(unknown("User types", "set [analysis.audit] user_type"),)),)
    total = audit.counted(lambda each: each.user_type or "unknown")
    failed: Counter[str] = Counter()
    for each in audit.buckets:
        failed[each.user_type or "unknown"] += each.failed or 0
    rows = []
    for kind, count in total.most_common(material.settings.analysis.most_types):
        hours: Counter[int] = Counter()
        for each in audit.buckets:
            if (each.user_type or "unknown") == kind:
                hours[each.hour.hour] += each.total
        peak = f"{min(hours, key=lambda hour: (-hours[hour], hour)):02d}:00"
        share = "no data" if audit.failed is None else f"{100 * failed[kind] / count:.2f} %"
        rows.append((one_line(kind), f"{count:,}", f"{100 * count / audit.total:.1f} %", share, peak))
    columns = ("type", "count", "share", "failed", "peak hour")
    return (Section(title="User Types", grids=(Grid(title="By type of users", columns=columns, rows=tuple(rows)),)),)
