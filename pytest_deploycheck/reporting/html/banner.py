"""The top of the HTML report: the decision, what decided, the evidence and what to do; a pure renderer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_deploycheck.reporting.base import (
    condition_text,
    headline,
    moment_text,
    occasion,
    readings_worst_first,
    run_text,
    value_text,
)
from pytest_deploycheck.reporting.deciding import counts_text, evidence_of, further_failed, next_steps, partial_text
from pytest_deploycheck.reporting.html.base import anchor, chip, css_word, escaped, escaped_lines, items, link
from pytest_deploycheck.reporting.html.changes import changes_html
from pytest_deploycheck.reporting.rollback import step_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_deploycheck.model import RunRecord, Step
    from pytest_deploycheck.reporting.changes import Changes
    from pytest_deploycheck.reporting.deciding import Evidence

MOST_EVIDENCE: Final = 20
MOST_NAMES: Final = 50


def banner_html(record: RunRecord, changes: Changes | None = None) -> str:
    """Return the decision banner: the deciding rule, the evidence, the next steps, what changed, the path to it."""
    verdict = record.verdict
    when = moment_text(record.run.finished_at or record.run.started_at)
    run = f"{run_text(record)}, {when}"
    return (
        f'<section id="dc-verdict" class="dc dc-decision-{css_word(verdict.decision)}" aria-labelledby="dc-decision">'
        f'<header class="dc-banner"><p class="dc-kicker">{escaped(headline(record))}'
        f" &middot; {escaped(occasion(record))}</p>"
        f'<h1 id="dc-decision">{escaped(_spoken(str(verdict.decision)))}</h1>'
        f"{_partial(record)}"
        f'<p class="dc-rule">Because {escaped(verdict.rule)}.</p>'
        f'<p class="dc-counts">{escaped(counts_text(record))}; exit code {verdict.exit_code}</p></header>'
        '<div class="dc-columns">'
        f"{_panel('decided', 'What decided', _evidence(record))}"
        f"{_panel('do', 'What to do now', _next(record))}"
        f"{_panel('changed', 'What changed', changes_html(changes))}"
        f"{_panel('how', 'How it was decided', items('ol', 'dc-path', map(_step, verdict.path)))}"
        f"{_panel('about', 'About this run', _about(record, run))}"
        f"{_panel('rollback', 'Rollback', _rollback(record))}"
        "</div></section>"
    )


def _rollback(record: RunRecord) -> str:
    """Return the steps, each with its command and the end of what it wrote; empty when nothing was asked for."""
    return "".join(
        f"<h3>{escaped(step_text(step))}</h3>"
        + (f"<p><code>{escaped(step.command)}</code></p>" if step.command else "")
        + (f"<pre>{escaped_lines(step.output)}</pre>" if step.output else "")
        for step in record.rollback
    )


def _spoken(decision: str) -> str:
    return decision.replace("_", " ")


def _partial(record: RunRecord) -> str:
    partial = partial_text(record)
    return f'<p class="dc-partial">{escaped(partial[0].upper() + partial[1:])}</p>' if partial else ""


def _panel(area: str, title: str, content: str) -> str:
    head = f'<section class="dc-panel dc-area-{area}"><h2>{escaped(title)}</h2>'
    return f"{head}{content}</section>" if content else ""


def _next(record: RunRecord) -> str:
    found = next_steps(record)
    more = f'<p class="dc-muted">+{found.more:,} more in the table below</p>' if found.more else ""
    return items("ol", "dc-steps", map(escaped, found.steps)) + more


def _evidence(record: RunRecord) -> str:
    found, further = evidence_of(record), further_failed(record)
    beside = f'<p class="dc-muted">{escaped(further)}.</p>' if further else ""
    if not found:
        return f"<p>No single check; the rule above stands on its own.</p>{beside}"
    more = len(found) - MOST_EVIDENCE
    contents = [_evidence_item(item) for item in found[:MOST_EVIDENCE]]
    return items("ul", "dc-evidence", [*contents, *([f"and {more:,} more"] if more > 0 else [])]) + beside


def _evidence_item(item: Evidence) -> str:
    if item.result is None:
        return f"{chip(item.status)} <b>{escaped(item.id)}</b><p>{escaped(item.reason)}</p>"
    result = item.result
    head = f'{chip(item.status)} <a href="#{anchor(result.id)}">{escaped(item.id)}</a>'
    about = f'<p class="dc-title">{escaped(item.title)}</p>' if item.title else ""
    facts = [
        f"{escaped(value_text(reading.measurement, reading.judgement.condition))} "
        f'<span class="dc-muted">against {escaped(condition_text(reading.judgement))}</span>'
        for reading in readings_worst_first(result)[:1]
        if reading.judgement.condition and reading.judgement.condition not in item.reason
    ]
    runbook = f'<p class="dc-muted">Runbook: {link(result.runbook)}</p>' if result.runbook else ""
    return f"{head}{about}<p>{escaped(item.reason)}</p>{''.join(f'<p>{fact}</p>' for fact in facts)}{runbook}"


def _step(step: Step) -> str:
    because = f' <span class="dc-muted">({escaped(step.because)})</span>' if step.because else ""
    return f"{escaped(step.question)} <b>{escaped(step.answer)}</b>{because}"


def _about(record: RunRecord, run: str) -> str:
    deployment = record.deployment
    known = "" if deployment.deployed_at_known else " (taken from the start of this run)"
    pairs = (
        ("Target", record.target),
        ("Deployment", deployment.id),
        ("Version", _version(record)),
        ("Deployed", moment_text(deployment.deployed_at) + known),
        ("Run", run),
    )
    rows = "".join(f"<dt>{label}</dt><dd>{escaped(text)}</dd>" for label, text in pairs if text)
    lists = (
        ("Never reported", record.not_reported),
        ("Left out", record.run.left_out),
        ("Notes", record.run.notes),
        ("Attested", [f"{said.id}: {said.answer}, by {said.by}" for said in record.attestations]),
    )
    return f"<dl>{rows}</dl>" + "".join(_named_list(label, names) for label, names in lists)


def _version(record: RunRecord) -> str:
    deployment = record.deployment
    before = f"before: {deployment.previous}" if deployment.previous else ""
    commit = f"commit {deployment.commit}" if deployment.commit else ""
    return ", ".join(part for part in (deployment.version or "", before, commit) if part)


def _named_list(label: str, names: Iterable[str]) -> str:
    known = tuple(names)
    more = [f"and {len(known) - MOST_NAMES:,} more"] if len(known) > MOST_NAMES else []
    contents = items("ul", "dc-names", [*map(escaped, known[:MOST_NAMES]), *more])
    return f"<h3>{label}</h3>{contents}" if known else ""
