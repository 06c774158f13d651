"""Every row of the guides is accounted for, honestly: a proof that exists, or a reason."""

from __future__ import annotations

import pytest

from tests.examples.coverage import markdown, open_file, unproved
from tests.examples.ledger import EXAMPLES, ROOT, guides, open_rows
from tests.examples.proofs import complaint
from tests.examples.ties import collect

AGAIN = "run: python -m tests.examples.coverage --open && python -m tests.examples.coverage > docs/coverage.md"


def test_the_ledger_is_whole() -> None:
    """668 rows, each once, numbered without a gap."""
    counts = {guide.prefix: [row.id for row in guide.rows] for guide in guides()}
    assert {"RS": 134, "RC": 174, "UW": 105, "II": 119, "AM": 136} == {key: len(rows) for key, rows in counts.items()}
    for prefix, rows in counts.items():
        assert [f"{prefix}-{number:02d}" for number in range(1, len(rows) + 1)] == rows


def test_every_tie_is_real() -> None:
    """Nothing is tied to a row, a check, a command, a setting, a report or a test that does not exist."""
    assert [] == collect().problems


def test_open_rows_are_those_that_nothing_proves() -> None:
    """The list of open rows is exact: it shrinks with each proof, and no row loses its proof unseen."""
    assert unproved() == list(open_rows()), AGAIN
    assert [] == [row for row, why in open_rows().items() if not why.strip()], "open without a reason"


def test_the_list_of_open_rows_is_as_it_is_written() -> None:
    """examples/open-rows.toml is what the command writes."""
    assert open_file() == (EXAMPLES / "open-rows.toml").read_text(encoding="utf-8"), AGAIN


def test_the_page_is_up_to_date() -> None:
    """docs/coverage.md is what the ties say."""
    assert markdown() == (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8"), AGAIN


RAW = {
    "metric": [{"id": "error-rate", "levels": {"high": "> 1"}}, {"id": "off", "enabled": False}],
    "channel": [{"id": "slack", "type": "slack"}],
}


@pytest.mark.parametrize(
    "by",
    [
        "check: metric.error-rate",
        "setting: metric.error-rate.levels",
        "setting: metric.min_samples",
        "setting: channel.slack",
        "setting: run.check_timeout",
        "setting: phases.first-hour.interval",
        "command: deploycheck alert list",
        "command: deploycheck attest can-wait --by NAME --deploy-id ID",
        "command: pytest --deploy-phase=first-hour --deploy-plan",
        "report: verdict.json",
        "test: tests/examples/test_coverage.py::test_every_tie_is_real",
        "schedule: github",
        "docs: docs/settings.md#top-level",
    ],
)
def test_a_proof_that_is_there(by: str) -> None:
    """What exists is accepted."""
    assert complaint(by, RAW) is None


@pytest.mark.parametrize(
    "by",
    [
        "check: metric.eror-rate",
        "check: metric.off",
        "check: endpoint.health",
        "setting: metric.error-rate.min_samples",
        "setting: metric.min_sample",
        "setting: runs.check_timeout",
        "command: deploycheck fly",
        "command: deploycheck alert fly",
        "command: deploycheck attest can-wait",
        "command: pytest --deploy-fast",
        "command: pytest -q",
        "command: curl",
        "report: verdicts.xml",
        "report: ",
        "test: tests/examples/test_coverage.py::test_nothing",
        "test: tests/examples/test_gone.py::test_nothing",
        "schedule: at",
        "docs: docs/gone.md",
        "docs: docs/settings.md#nowhere",
        "somehow",
        "magic: wand",
    ],
)
def test_a_proof_that_is_not_there(by: str) -> None:
    """What does not exist is refused, with a word about it."""
    assert complaint(by, RAW)
