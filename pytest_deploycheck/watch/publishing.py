"""The files that a watch leaves at its end; one that did not finish leaves no good verdict behind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_deploycheck import wire
from pytest_deploycheck.errors import WireError
from pytest_deploycheck.reporting import layout
from pytest_deploycheck.watch.outcome import Ending
from pytest_deploycheck.watch.report import JSON_NAME, MARKDOWN_NAME, WatchRecord, to_json, to_markdown
from pytest_deploycheck.watch.ticking import RECORD_NAME

if TYPE_CHECKING:
    from pathlib import Path


def publish(record: WatchRecord, root: Path, summary: Path | None) -> tuple[str, ...]:
    """Write what the watch came to, also into the folder of the deployment and to ``summary``; return the problems."""
    texts = {JSON_NAME: to_json(record), MARKDOWN_NAME: to_markdown(record)}
    here = layout.write_texts(texts, root)
    copies = layout.write_texts(texts, root, layout.deployment_folder(root, record.deployment.id))
    problems = (*here.problems, *copies.problems)
    if record.ending is Ending.STOPPED:
        problems += _unfinished(record, root)
    return problems if summary is None else problems + layout.append_text(summary, texts[MARKDOWN_NAME])


def _unfinished(record: WatchRecord, root: Path) -> tuple[str, ...]:
    try:
        latest = wire.decode_record((root / RECORD_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError, WireError):
        return ()
    if latest.verdict.decision is record.decision:
        verdict = replace(latest.verdict, exit_code=record.exit_code)
    else:
        verdict = replace(
            latest.verdict,
            decision=record.decision,
            exit_code=record.exit_code,
            rule="the watch did not finish",
            summary=f"stopped after {record.tally.ticks} ticks; the last one said {latest.verdict.decision}",
        )
    return layout.start_run(replace(latest, verdict=verdict), root, copies=False).problems
