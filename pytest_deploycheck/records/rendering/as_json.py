"""A report as JSON: the shape that a guide fixes, or the model as it is; nothing that was not measured is a number."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pytest_deploycheck.records.model import Report

SCHEMA_VERSION: Final = 1


def as_json(report: Report) -> str:
    """Return the report."""
    shape = plain(report.shape) if report.shape is not None else _whole(report)
    return json.dumps(shape, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _whole(report: Report) -> dict[str, Any]:
    found: dict[str, Any] = plain(asdict(report))
    found.pop("shape")
    return {"schema_version": SCHEMA_VERSION, **found, "missing": list(report.missing)}


def plain(value: Any) -> Any:
    """Return what JSON can hold: words of enums, times in UTC with a Z."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(each) for each in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.value if isinstance(value, Enum) else value
