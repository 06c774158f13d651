"""What a run amounts to, in the words of all reports: its evidence, its counts, what to do next; pure, above base."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.reporting.base import counts_in, one_line, reason_of, worst_first
from pytest_deploycheck.status import Decision, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_deploycheck.model import CheckResult, RunRecord

MOST_STEPS: Final = 5

_DECISION_STEP: Final[Mapping[Decision, str]] = {
    Decision.ROLLBACK_NOW: "Roll back{previous} now; do not wait for a fix.",
    Decision.ROLLBACK: "Roll back{previous}.",
    Decision.HOTFIX: "Keep this version, ship a fix, then check again.",
    Decision.WATCH: "Keep watching: run this phase again soon, and roll back{previous} if it gets worse.",
    Decision.INCONCLUSIVE: "Do not count this as good: get the missing results, then run again.",
    Decision.WARN: "Nothing urgent: look at the findings within the day.",
    Decision.PASS: "Nothing to do.",
}
_COUNTED: Final[Mapping[Status, str]] = {
    Status.FAIL: "failed",
    Status.ERROR: "could not be measured",
    Status.INCONCLUSIVE: "inconclusive",
    Status.WARN: "with a warning",
    Status.PASS: "passed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A check that the verdict rests on; ``result`` is None when it was planned and never reported."""

    id: str
    status: str
    reason: str
    title: str = ""
    result: CheckResult | None = None

    @property
    def told(self) -> str:
        """The title and the reason in one sentence: what was looked at, and what was found."""
        return ": ".join(part for part in (self.title, self.reason) if part)


@dataclass(frozen=True, slots=True)
class NextSteps:
    """What to do in its order, and how many more actions the findings hold."""

    steps: tuple[str, ...]
    more: int = 0


def evidence_of(record: RunRecord) -> list[Evidence]:
    """Return the checks that the verdict names, in its order."""
    wanted = set(record.verdict.evidence)
    found = worst_first(result for result in record.checks if result.id in wanted)
    results = {result.id: result for result in reversed(found)}
    return [_evidence(name, results.get(name)) for name in record.verdict.evidence]


def _evidence(name: str, result: CheckResult | None) -> Evidence:
    if result is None:
        return Evidence(id=one_line(name), status="no result", reason="planned, and never reported")
    reason = reason_of(result)
    return Evidence(
        id=one_line(name), status=str(result.status), reason=reason, title=title_of(result, reason), result=result
    )


def title_of(result: CheckResult, reason: str = "") -> str:
    """Return the title of a check, empty when its id or the reason says the same."""
    title = one_line(result.title).rstrip(".:")
    return "" if title == one_line(result.id) or (reason and title in reason) else title


def further_failed(record: RunRecord) -> str:
    """Say how many checks failed beside the evidence, which is only what the deciding rule rests on."""
    named = set(record.verdict.evidence)
    count = sum(r.status is Status.FAIL and r.id not in named and counts_in(r) for r in record.checks)
    if not count:
        return ""
    further = "further " if named else ""
    return f"{count:,} {further}{'check' if count == 1 else 'checks'} failed"


def partial_text(record: RunRecord) -> str:
    """Say that this was only a part of the checks, and which; empty for a whole run."""
    partial = one_line(record.run.partial or "")
    return f"only a part was run: {partial}" if partial else ""


def counts(record: RunRecord) -> list[tuple[str, int]]:
    """Return how many checks there are of each kind, from bad to good, without the zeros.

    Checks that have no say in the verdict stand apart, so that "everything passed" agrees with the numbers.
    """
    found = Counter(result.status for result in record.checks if counts_in(result))
    pairs = [(words, found[status]) for status, words in _COUNTED.items()]
    pairs.insert(1, ("never reported", len(record.not_reported)))
    aside = Counter(result.status for result in record.checks if not counts_in(result))
    kinds = [(words, aside[status]) for status, words in _COUNTED.items() if aside[status]]
    said = ", ".join(words if len(kinds) == 1 else f"{number:,} {words}" for words, number in kinds)
    pairs.append((f"not counted ({said})", aside.total()))
    return [(words, number) for words, number in pairs if number]


def counts_text(record: RunRecord, separator: str = ", ") -> str:
    """Return the counts in one sentence, ``no checks`` when there are none."""
    return separator.join(f"{number:,} {words}" for words, number in counts(record)) or "no checks"


def next_steps(record: RunRecord) -> NextSteps:
    """Return what to do, most urgent first: the decision's own step, then the actions of its evidence, worst first.

    To keep watching is no step that mends anything: WATCH names the actions before it.
    """
    previous = f" to {record.deployment.previous}" if record.deployment.previous else ""
    own = one_line(_DECISION_STEP[record.verdict.decision].replace("{previous}", previous))
    if record.verdict.decision is Decision.PASS and record.run.partial:
        own = "Run the whole phase before you rely on it."
    actions = _actions(item.result for item in evidence_of(record) if item.result)
    shown = actions[: MOST_STEPS - 1]
    steps = (*shown, own) if record.verdict.decision is Decision.WATCH else (own, *shown)
    return NextSteps(steps, len(actions) - len(shown))


def _actions(results: Iterable[CheckResult]) -> list[str]:
    """Return each action once, with the number of checks that ask for it when there are several."""
    texts = (one_line(result.action or "") for result in worst_first(results) if result.status is not Status.PASS)
    found = Counter(text for text in texts if text)
    return [f"{text} ({number:,} checks)" if number > 1 else text for text, number in found.items()]
