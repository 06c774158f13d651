"""What all reports say in the same words: headline, reasons, values, durations; pure, between model and renderers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.judgement.display import format_number, format_quantity, with_unit
from pytest_deploycheck.judgement.units import UnitError, exact, find_unit
from pytest_deploycheck.redact import printable
from pytest_deploycheck.status import OnFail, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pytest_deploycheck.model import (
        CheckResult,
        Deployment,
        Judgement,
        Measurement,
        Reading,
        Repeated,
        RunRecord,
    )

_ALL_DIGITS: Final = 15
_INFINITE: Final = (math.inf, -math.inf)


def one_line(text: str) -> str:
    """Return text from outside on one line, with control characters made visible."""
    return printable(" ".join(text.split()))


def headline(record: RunRecord, *, short: bool = False) -> str:
    """Return what was judged: ``shop 4.2.1 in production``, with the deployment's id when it says more.

    ``short`` leaves the id out where there is another name.
    """
    return headline_of(record.service, record.deployment, short=short)


def headline_of(service: str, deployment: Deployment, *, short: bool = False) -> str:
    """Return the same of a service and its deployment."""
    name = " ".join(part for part in (service, deployment.version) if part) or f"deployment {deployment.id}"
    known = short or deployment.id in {deployment.version, name} or deployment.id in name
    marked = name if known else f"{name} ({deployment.id})"
    return one_line(f"{marked} in {deployment.environment}")


def occasion(record: RunRecord) -> str:
    """Return when in the life of the deployment this was: ``first-hour, run 3``."""
    return one_line(f"{record.phase}, run {record.tick}")


def reason_of(result: CheckResult) -> str:
    """Return one line saying why a check has its status, for a passed one what it kept to."""
    conditions = (reading.judgement.condition for reading in result.readings)
    kept = next((f"within {condition}" for condition in conditions if condition), "")
    reason = one_line(result.reason or (kept if result.status is Status.PASS else ""))
    marks = [word for word, marked in _marks(result) if marked]
    return f"{reason} [{', '.join(marks)}]".strip() if marks else reason


def _marks(result: CheckResult) -> tuple[tuple[str, bool], ...]:
    """Return what keeps a check from counting, or makes it count more."""
    return (
        ("dry run, does not count", result.dry_run),
        ("ignored, does not count", result.on_fail is OnFail.IGNORE),
        ("held back", result.on_fail is OnFail.HOLD and result.status is Status.FAIL),
    )


def counts_in(result: CheckResult) -> bool:
    """Tell whether the check has a say in the verdict."""
    return not result.dry_run and result.on_fail is not OnFail.IGNORE


def cut(text: str, width: int) -> str:
    """Return the text within ``width`` characters, the end left out."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def shorten(text: str, width: int) -> str:
    """Return the text within ``width`` characters, the middle left out: ids differ at both ends."""
    if len(text) <= width:
        return text
    tail = (width - 1) // 3
    return f"{text[: width - 1 - tail]}…{text[len(text) - tail :]}"


def worst_first(results: Iterable[CheckResult]) -> list[CheckResult]:
    """Return the checks from bad to good; equally bad ones by severity, then by id."""
    return sorted(results, key=lambda result: (-result.status.rank, -level_of(result).rank, result.id))


def level_of(result: CheckResult) -> Severity:
    """Return the level a check reached, its own severity when it reached none."""
    return result.finding or result.severity


def readings_worst_first(result: CheckResult) -> list[Reading]:
    """Return the readings of a check from bad to good, otherwise in the order of measuring."""
    return sorted(result.readings, key=lambda reading: -reading.judgement.status.rank)


def condition_text(judgement: Judgement) -> str:
    """Return the condition that decided, with the level it belongs to."""
    condition = one_line(judgement.condition or "")
    if not condition or judgement.severity is None or condition.startswith(judgement.severity.value):
        return condition
    return f"{judgement.severity}: {condition}"


def value_text(measurement: Measurement, condition: str | None = None) -> str:
    """Return the measured value as a person reads it; as many digits as keep it apart from the limit."""
    value = measurement.value
    if value is None:
        return "no data"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return one_line(value)
    return quantity_text(value, measurement.unit, condition or "")


def quantity_text(value: float, unit: str, condition: str = "") -> str:
    """Return a number with its unit: ``12 ms``, ``3.5 %``, ``1,234``, ``1.5 GiB``; unknown units stay as they are."""
    try:
        short = format_quantity(value, unit)
        # rounded to the very limit it crossed it would read "5 > 5"
        if short not in condition:
            return short
        return with_unit(format_number(exact(value), _ALL_DIGITS), find_unit(unit).name)
    except UnitError:
        return f"{_plain_number(value)} {one_line(unit)}".strip()


def baseline_text(reading: Reading) -> str:
    """Return the baseline of a reading and where it comes from, empty when there is none."""
    judged = reading.judgement
    if judged.baseline is None:
        return ""
    source = f" ({one_line(judged.reference)})" if judged.reference else ""
    return f"{quantity_text(judged.baseline, reading.measurement.unit)}{source}"


def _plain_number(value: float) -> str:
    try:
        return format_number(exact(value))
    except UnitError:
        return str(value) if value != value or value in _INFINITE else "a number beyond any measurement"  # noqa: PLR0124


def repeated_text(repeated: Repeated) -> str:
    """Return what all looks amount to in a few words: ``undecided, 1,200 more requests needed``."""
    needed = f", {repeated.needed:,} more requests needed" if repeated.needed is not None else ""
    return f"{repeated.outcome.replace('_', ' ')}{needed}"


def samples_text(measurement: Measurement) -> str:
    """Return how the value came about: ``20 samples in 5s, one every 15s, 2 attempts``."""
    parts = []
    if measurement.n is not None:
        parts.append(f"{measurement.n:,} {'sample' if measurement.n == 1 else 'samples'}")
    if measurement.window:
        parts.append(f"in {one_line(measurement.window)}")
    text = " ".join(parts)
    resolution = f"one every {one_line(measurement.resolution)}" if measurement.resolution else ""
    tries = f"{measurement.attempts} attempts" if measurement.attempts > 1 else ""
    return ", ".join(part for part in (text, resolution, tries) if part)


def seconds_text(seconds: float) -> str:
    """Return a duration as a person reads it: ``12 ms``, ``3.4 s``, ``2 min 5 s``, ``1 h 3 min``."""
    if not math.isfinite(seconds):
        return str(seconds)
    if abs(seconds) < 1:
        return f"{seconds * 1000:.0f} ms"
    if abs(seconds) < 60:  # noqa: PLR2004  # seconds in a minute
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def moment_text(moment: datetime) -> str:
    """Return a moment to the second: ``2026-01-31 12:00:00 UTC``."""
    zone = moment.strftime("%Z") or "UTC"
    return moment.strftime("%Y-%m-%d %H:%M:%S ") + zone


def run_text(record: RunRecord) -> str:
    """Return how the run went: how long, how many requests, and what makes it less than a whole run."""
    run = record.run
    parts = [seconds_text(run.seconds)]
    if run.requests:
        parts.append(f"{run.requests:,} {'request' if run.requests == 1 else 'requests'}")
    if run.workers:
        parts.append(f"{run.workers} workers")
    if run.interrupted:
        parts.append("interrupted")
    elif not run.finished:
        parts.append("not finished")
    if run.partial:
        parts.append("a part only")
    return ", ".join(parts)
