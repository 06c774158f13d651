"""The analyses over weeks and their recommendations; from material to sections and shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.analysis.recommend import FAILURES, PERFORMANCE, Facts, recommendations
from pytest_deploycheck.records.limits import growth_section, growths, noisy, tuning_section
from pytest_deploycheck.records.model import Grid, Section
from pytest_deploycheck.records.parts import kpi_lines, kpi_sections, run_section
from pytest_deploycheck.records.usage_parts import frequency, types
from pytest_deploycheck.records.wear import change_of, classes_of, failures_section, seconds_metrics, times
from pytest_deploycheck.reporting.base import one_line
from pytest_deploycheck.status import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_deploycheck.analysis.recommend import Recommendation
    from pytest_deploycheck.records.material import Material

Shaped = tuple[tuple[Section, ...], dict[str, Any]]
_DAY: Final = 86_400.0
_DATABASE: Final = (
    "database.health[seq-scans]",
    "database.health[key-without-index]",
    "database.health[slow-queries]",
)


def usage(material: Material) -> Shaped:
    """Return how the subject is used: by hour, weekday, day and type of users, failures, times, what to do."""
    found = recommendations(facts_of(material))
    sections = (
        frequency(material),
        *types(material),
        failures_section(material),
        times(material),
        recommended(found),
    )
    return sections, _usage_shape(material, found)


def long_term(material: Material) -> Shaped:
    """Return everything that weeks of looking show."""
    found = recommendations(facts_of(material))
    grown = growth_section(material)
    sections = (
        *kpi_sections(material, "long-term"),
        frequency(material),
        *types(material),
        failures_section(material),
        times(material),
        grown,
        tuning_section(material),
        recommended(found),
        run_section(material),
    )
    days = (material.until - material.since).total_seconds() / _DAY
    shape = {
        "long_term_report": {"analysis_period_days": round(days, 1), "generated_at": material.now},
        **{
            key: value for key, value in _usage_shape(material, found).items() if key != "usage_pattern_analysis_report"
        },
        "kpis": {
            line.label: {"value": line.raw, "target": line.target, "verdict": line.mark, "n": line.n}
            for line in kpi_lines(material, "long-term", "reliability", "performance", "business", "users", "integrity")
        },
        "failure_scenarios": [
            {"class": kind, "count": count, "trend": trend} for kind, count, trend in classes_of(material)
        ],
        "capacity": [dict(zip(grid.columns, row, strict=True)) for grid in grown.grids for row in grid.rows],
        "recommendations": [
            {"rule": each.rule, "area": each.area, "advice": each.advice, "evidence": each.evidence} for each in found
        ],
    }
    return sections, shape


def _usage_shape(material: Material, found: Sequence[Recommendation]) -> dict[str, Any]:
    subject, audit = material.settings.records.subject, material.audit
    days = (material.until - material.since).total_seconds() / _DAY
    some = audit is not None and bool(audit.total)
    failed = audit.failed if audit is not None else None
    rate = None if audit is None or failed is None or not some else round(100 * (1 - failed / audit.total), 2)
    return {
        "usage_pattern_analysis_report": {"analysis_period_days": round(days), "generated_at": material.now},
        f"{subject}_frequency_analysis": {
            f"total_{subject}s": audit.total if audit is not None else None,
            "success_rate_percent": rate,
            "peak_hour": audit.peak_hour() if audit is not None else None,
            "peak_day": audit.peak_day() if audit is not None else None,
        },
        "optimization_recommendations": {
            "performance_optimization": _advice(found, PERFORMANCE),
            "failure_reduction": _advice(found, FAILURES),
        },
    }


def _advice(found: Sequence[Recommendation], area: str) -> list[str]:
    return list(dict.fromkeys(each.advice for each in found if each.area == area))


def recommended(found: Sequence[Recommendation]) -> Section:
    """Return the recommendations with the rule and the evidence of each."""
    rows = tuple((each.advice, each.rule, each.evidence, each.area) for each in found)
    grid = Grid(title="By rule", columns=("advice", "rule", "because", "area"), rows=rows, empty="no rule had a reason")
    return Section(title="Recommendations", grids=(grid,))


def facts_of(material: Material) -> Facts:
    """Return what the rules of recommendations look at."""
    audit = material.audit
    whole = audit.all_times if audit is not None else None
    days = max((material.until - material.since).total_seconds() / _DAY, 1e-9)
    busiest = audit.busiest_hour() if audit is not None else None
    capacity = material.settings.analysis.capacity
    slower = []
    for metric in seconds_metrics(material):
        change = change_of(material, metric)
        if change is not None and change[0]:
            slower.append((metric, (change[1] - change[0]) / change[0]))
    advised = [
        (check, one_line(result.reason))
        for check, result in material.results.items()
        if check in _DATABASE and result.status in {Status.WARN, Status.FAIL}
    ]
    return Facts(
        mean_seconds=whole.mean if whole is not None else None,
        p95_seconds=whole.p95 if whole is not None else None,
        slow_per_day=audit.slow / days if audit is not None and audit.slow is not None else None,
        peak_load=busiest[1] / capacity if busiest is not None and capacity else None,
        slower=tuple(slower),
        growing=tuple(
            (metric, grown.days_left) for metric, grown, _ in growths(material) if grown.days_left is not None
        ),
        classes=classes_of(material),
        noisy=tuple((check, f"{why}; {suggestion}") for check, why, suggestion in noisy(material)),
        queries=tuple(advised),
        unseen=tuple(each.id for each in material.incidents if not each.checks),
    )
