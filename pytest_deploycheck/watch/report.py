"""The record of a whole watch: ``watch.json`` for programs, ``watch.md`` for people. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from pytest_deploycheck.phases import format_duration
from pytest_deploycheck.redact import printable

if TYPE_CHECKING:
    from pytest_deploycheck.model import Deployment
    from pytest_deploycheck.status import Decision
    from pytest_deploycheck.watch.outcome import Ending, Tally

SCHEMA_VERSION: Final = 1
JSON_NAME: Final = "watch.json"
MARKDOWN_NAME: Final = "watch.md"
NO_VERDICT: Final = "no verdict"


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRecord:
    """What a watch came to. ``ended`` is in seconds since 1970."""

    deployment: Deployment
    phase: str
    tally: Tally
    ended: float
    ending: Ending
    decision: Decision
    exit_code: int


def to_json(record: WatchRecord) -> str:
    """Return the record as JSON, times in ISO 8601 UTC."""
    tally = record.tally
    whole: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "deployment": {
            "id": record.deployment.id,
            "version": record.deployment.version,
            "environment": record.deployment.environment,
            "deployed_at": record.deployment.deployed_at.astimezone(UTC).isoformat(),
        },
        "phase": record.phase,
        "decision": record.decision.value,
        "exit_code": record.exit_code,
        "ended_because": record.ending.value,
        "begun_at": _iso(tally.begun),
        "ended_at": _iso(record.ended),
        "ticks": tally.ticks,
        "decisions": {decision.value: count for decision, count in tally.counts.items()},
        "without_verdict": tally.lost,
        "missed": tally.missed,
        "changes": [
            {"at": _iso(change.at), "tick": change.tick, "decision": change.decision and change.decision.value}
            for change in tally.changes
        ],
        "gaps": [{"first": _iso(gap.first), "last": _iso(gap.last), "count": gap.count} for gap in tally.gaps],
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def to_markdown(record: WatchRecord) -> str:
    """Return the record as Markdown."""
    tally = record.tally
    span = format_duration(max(0, round(record.ended - tally.begun)))
    lines = [
        f"# Watch: {record.decision}",
        "",
        f"{_text(record.deployment.id)} in {record.phase}, {_iso(tally.begun)} to {_iso(record.ended)} ({span}).",
        f"Ended because {record.ending}.",
        "",
        "| ticks | count |",
        "|---|---|",
        *(f"| {decision} | {count} |" for decision, count in tally.counts.items()),
        *([f"| {NO_VERDICT} | {tally.lost} |"] if tally.lost else []),
        *([f"| missed | {tally.missed} |"] if tally.missed else []),
    ]
    if len(tally.changes) > 1:
        lines += ["", "## When the decision changed", "", "| at | tick | decision |", "|---|---|---|"]
        lines += [f"| {_iso(c.at)} | {c.tick or '-'} | {c.decision or NO_VERDICT} |" for c in tally.changes]
    if tally.gaps:
        lines += ["", "## When nobody looked", "", "| from | to | looks missed |", "|---|---|---|"]
        lines += [f"| {_iso(gap.first)} | {_iso(gap.last)} | {gap.count} |" for gap in tally.gaps]
    return "\n".join(lines) + "\n"


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def _text(text: str) -> str:
    return printable(text).replace("|", "\\|").replace("<", "&lt;").replace("`", "'")
