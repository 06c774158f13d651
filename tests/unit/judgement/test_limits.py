"""Limits over looks: a limit is the number that is tolerated, and tolerance never makes a PASS."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.judgement.limits import Folded, Limits, Looks, fold
from pytest_deploycheck.status import Severity, Status

SOME = st.none() | st.integers(0, 5)
LIMITS = st.builds(
    Limits, failure=SOME, consecutive_failure=SOME, inconclusive=SOME, consecutive_error=SOME, consecutive_success=SOME
)
LOOKS = st.builds(Looks, failed=st.integers(0, 8), inconclusive=st.integers(0, 8), streak=st.integers(1, 8))


def folded(history: str, **limits: int) -> Folded:
    """Return what the last of some looks amounts to; a letter each, the first of its status."""
    status = {"P": Status.PASS, "W": Status.WARN, "I": Status.INCONCLUSIVE, "E": Status.ERROR, "F": Status.FAIL}
    last = history[-1]
    streak = len(history) - len(history.rstrip(last))
    looks = Looks(failed=history.count("F"), inconclusive=history.count("I"), streak=streak)
    return fold(status[last], Severity.HIGH if last in "WF" else None, looks, Limits(**limits))


@pytest.mark.parametrize(
    ("history", "limits", "status", "note"),
    [
        ("F", {}, Status.FAIL, ""),
        ("FP", {}, Status.PASS, ""),
        ("PF", {"failure": 3}, Status.WARN, "tolerated: failed (1) <= failure_limit (3)"),
        ("FPFPFPF", {"failure": 3}, Status.FAIL, "failed (4) > failure_limit (3)"),
        ("FFFFP", {"failure": 3}, Status.FAIL, "failed (4) > failure_limit (3)"),
        ("FFFFE", {"failure": 3}, Status.FAIL, "failed (4) > failure_limit (3)"),
        ("FPFF", {"consecutive_failure": 2}, Status.WARN, "failed in a row (2) <= consecutive_failure_limit (2)"),
        ("FFF", {"consecutive_failure": 2}, Status.FAIL, "failed in a row (3) > consecutive_failure_limit (2)"),
        ("FFFP", {"consecutive_failure": 2}, Status.PASS, ""),
        ("FFF", {"failure": 9, "consecutive_failure": 2}, Status.FAIL, "failed in a row (3) > consecutive_failure"),
        ("I", {}, Status.INCONCLUSIVE, ""),
        ("II", {"inconclusive": 2}, Status.INCONCLUSIVE, "tolerated: inconclusive (2) <= inconclusive_limit (2)"),
        ("IPII", {"inconclusive": 2}, Status.INCONCLUSIVE, "inconclusive (3) > inconclusive_limit (2)"),
        ("EEEE", {}, Status.ERROR, ""),
        ("EEEEE", {}, Status.ERROR, "error (5) > consecutive_error_limit (4)"),
        ("EE", {"consecutive_error": 2}, Status.ERROR, "tolerated: error (2) <= consecutive_error_limit (2)"),
        (
            "PP",
            {"consecutive_success": 3},
            Status.INCONCLUSIVE,
            "succeeded in a row (2) < consecutive_success_limit (3)",
        ),
        ("FPPP", {"consecutive_success": 3}, Status.PASS, "succeeded in a row (3) >= consecutive_success_limit (3)"),
        ("W", {"consecutive_success": 3}, Status.WARN, ""),
    ],
)
def test_limits(history: str, limits: dict[str, int], status: Status, note: str) -> None:
    """What a look amounts to after those before it, and the words that say so."""
    found = folded(history, **limits)
    assert status is found.status
    assert note in found.note if note else not found.note


@pytest.mark.parametrize(
    ("history", "limits", "weight"),
    [
        ("E", {}, (False, False)),
        ("EEEEE", {}, (False, True)),
        ("E", {"consecutive_error": 1}, (True, False)),
        ("I", {"inconclusive": 1}, (True, False)),
        ("II", {"inconclusive": 1}, (False, True)),
    ],
)
def test_what_a_missing_result_weighs(history: str, limits: dict[str, int], weight: tuple[bool, bool]) -> None:
    """Only a limit that somebody gave makes it lighter; too many make it heavier."""
    found = folded(history, **limits)
    assert weight == (found.tolerated, found.escalated)


@given(st.sampled_from(Status), LOOKS, LIMITS)
def test_tolerance_never_makes_a_pass(status: Status, looks: Looks, limits: Limits) -> None:
    """Only a look that passed is a PASS, and a missing result is never taken for a measured one."""
    found = fold(status, None, looks, limits)
    if found.status is Status.PASS:
        assert status is Status.PASS
    if status in {Status.INCONCLUSIVE, Status.ERROR}:
        assert found.status in {status, Status.FAIL}
    assert not (found.tolerated and found.escalated)


@given(st.sampled_from(Status), LIMITS)
def test_without_a_history(status: Status, limits: Limits) -> None:
    """Nothing is tolerated, and what would have to be counted is not known."""
    found = fold(status, None, None, limits)
    if status > Status.WARN or not limits.said:
        assert status is found.status
    else:
        assert Status.INCONCLUSIVE is found.status
