"""What earlier runs of a deployment left behind in the report folder: passed checks and the baseline before it.

Stands beside the sources; written by the last stage, read by the first one of the next run.
"""

from __future__ import annotations

import json
import math
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from pytest_deploycheck import wire
from pytest_deploycheck.errors import WireError
from pytest_deploycheck.model import Measurement
from pytest_deploycheck.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pytest_deploycheck.model import CheckResult, Deployment, RunRecord

BASELINE_NAME: Final = "baseline.json"
RECORD_NAME: Final = "verdict.json"
_UNREADABLE: Final = (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
LARGEST_RECORD: Final = 64 * 1024 * 1024


def earlier_runs(folder: Path, deployment: Deployment) -> tuple[RunRecord, ...]:
    """Return the finished runs of a deployment from its report ``folder``, the oldest first.

    An unreadable record counts for nothing: then a check runs once more.
    """
    found: list[RunRecord] = []
    for path in folder.glob(f"*/*/{RECORD_NAME}"):
        try:
            if path.stat().st_size > LARGEST_RECORD:
                continue
            record = wire.decode_record(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, WireError):
            continue
        if record.deployment.id == deployment.id and record.run.finished:
            found.append(record)
    return tuple(sorted(found, key=lambda record: record.run.started_at))


def latest_deployment(root: Path) -> Deployment | None:
    """Return the deployment of the newest run in the report folder, None when there is none that can be read."""
    path = root / RECORD_NAME
    try:
        if path.stat().st_size > LARGEST_RECORD:
            return None
        found = wire.decode_record(path.read_text(encoding="utf-8")).deployment
    except (OSError, ValueError, WireError):
        return None
    return found if found.explicit else None


def passed_checks(runs: Iterable[RunRecord]) -> frozenset[str]:
    """Return the ids of the checks that passed in one of the runs."""
    return frozenset(check.id for run in runs for check in run.checks if check.status is Status.PASS)


def load_baseline(root: Path, notes: list[str], environment: str | None = None) -> dict[str, Measurement]:
    """Return the captured baseline by metric, empty when there is none; of any environment when none is given.

    A file that cannot be read, or that holds the baseline of another environment, becomes a note.
    """
    path = root / BASELINE_NAME
    try:
        captured = json.loads(path.read_text(encoding="utf-8"))
        found = {entry["metric"]: _read(entry) for entry in captured["measurements"]}
        other = captured.get("environment", environment)
    except FileNotFoundError:
        return {}
    except _UNREADABLE as error:
        notes.append(f"{BASELINE_NAME} cannot be read ({type(error).__name__}); there is no baseline")
        return {}
    if environment is not None and other != environment:
        notes.append(f"{BASELINE_NAME} was captured in {str(other)[:80]}, not in {environment}: there is no baseline")
        return {}
    return found


def _read(entry: dict[str, object]) -> Measurement:
    value = entry["value"]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("a baseline is a number")
    n = entry.get("n")
    return Measurement(
        metric=str(entry["metric"]),
        value=value,
        unit=str(entry.get("unit", "")),
        n=n if isinstance(n, int) else None,
        window=str(entry["window"]) if entry.get("window") else None,
        at=datetime.fromisoformat(str(entry["at"])) if entry.get("at") else None,
    )


def save_baseline(root: Path, results: Iterable[CheckResult], deployment: Deployment) -> Path:
    """Write what was measured as the baseline of the next deployment and return the file's path.

    Raises:
        OSError: the file cannot be written.
    """
    measured = [
        reading.measurement for result in results for reading in result.readings if _usable(reading.measurement.value)
    ]
    text = json.dumps(
        {
            "schema_version": 1,
            "captured_at": datetime.now(UTC).isoformat(),
            "environment": deployment.environment,
            "measurements": [
                {
                    "metric": m.metric,
                    "value": m.value,
                    "unit": m.unit,
                    "n": m.n,
                    "window": m.window,
                    "at": m.at.isoformat() if m.at else None,
                }
                for m in measured
            ],
        },
        indent=2,
    )
    root.mkdir(parents=True, exist_ok=True)
    path = root / BASELINE_NAME
    fresh = path.with_suffix(f".{os.getpid()}.tmp")
    fresh.write_text(text + "\n", encoding="utf-8")
    fresh.replace(path)
    return path


def _usable(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
