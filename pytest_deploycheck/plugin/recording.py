"""The records that a routine writes by itself: after the verdict is remembered, before the reports are published."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.errors import DeploycheckError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_deploycheck.model import RunRecord
    from pytest_deploycheck.plugin.state import DeployRun

BY_PHASE: Final[Mapping[str, tuple[str, ...]]] = {
    "first-2-hours": ("critical-check",),
    "first-24-hours": ("hourly",),
    "first-48-hours": ("metrics",),
    "first-month": ("success", "deployment-metrics"),
    "daily": ("daily",),
    "weekly": ("weekly", "long-term"),
    "monthly": ("monthly", "usage"),
}
FORMATS: Final[Mapping[str, tuple[str, ...]]] = {
    "hourly": ("text",),
    "critical-check": ("text",),
    "metrics": ("json",),
    "deployment-metrics": ("json",),
}
_ALL: Final = ("json", "markdown", "html")


def write_records(run: DeployRun, record: RunRecord) -> RunRecord:
    """Write the records of the phase, and return the run's record with a note when that was not possible."""
    names = BY_PHASE.get(run.phase.name, ())
    if not (names and run.settings.records.write and run.memory is not None and not run.options.dry_run):
        return record
    try:
        _write(run, names)
    except DeploycheckError as error:
        problem = run.redactor.text(str(error))
    except Exception as error:  # noqa: BLE001  # whatever happens here, the verdict must not be lost
        problem = f"internal error: {type(error).__name__}"
    else:
        return record
    return replace(record, run=replace(record.run, notes=(*record.run.notes, f"no records: {problem}")))


def _write(run: DeployRun, names: tuple[str, ...]) -> None:
    # only routines that write need all this
    from pytest_deploycheck.alerting import notifier_of  # noqa: PLC0415
    from pytest_deploycheck.records import writing  # noqa: PLC0415
    from pytest_deploycheck.records.catalogue import report_of  # noqa: PLC0415
    from pytest_deploycheck.records.gathering import gather  # noqa: PLC0415

    assert run.memory is not None
    settings, history, redact = run.settings, run.memory.history, run.redactor.text
    with closing(notifier_of(settings, run.report_root, redact=redact, history=history)) as notifier:
        memory = notifier.memory()
    deployment = run.deployment.id if run.deployment.explicit else None
    now = datetime.now(UTC)
    for name in names:
        named = deployment if name in {"critical-check", "hourly", "deployment-metrics"} else None
        report = report_of(name, gather(name, settings, history, now=now, deployment=named, memory=memory))
        for form in FORMATS.get(name, _ALL):
            writing.write(report, settings.root / settings.records.dir, form, settings.records, redact=redact)
