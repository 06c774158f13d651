"""What every health check has in common."""

from __future__ import annotations

import pytest

from pytest_deploycheck.asks import SqlAnswer
from pytest_deploycheck.errors import BadAnswerError
from pytest_deploycheck.pgpack.checking import level, listed
from pytest_deploycheck.status import Severity

BOTH = (Severity.MEDIUM, Severity.CRITICAL)


@pytest.mark.parametrize(
    ("value", "severity"), [(79, None), (80, None), (80.1, BOTH[0]), (90, BOTH[0]), (90.1, BOTH[1])]
)
def test_level(value: float, severity: Severity | None) -> None:
    """A limit is reached beyond it, not at it."""
    assert severity is level(value, (80, 90), BOTH)


def test_an_empty_answer_is_an_error() -> None:
    """The question always has a row; none means that something else answered."""
    with pytest.raises(BadAnswerError, match="nothing to things"):
        listed(lambda _name, _sql: SqlAnswer(columns=(), rows=(), seconds=0, target="t"), "things", "x", "y")
