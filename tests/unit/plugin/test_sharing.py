"""Shares of the checks: computed alike by controller and workers, everything once, an entry on one worker."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.plugin.sharing import shares

SHIPPED = "pytest_deploycheck/checks/test_endpoints.py::"


def test_checks_of_one_entry_stay_together() -> None:
    """What looks at one answer is asked once; the user's own parametrized checks go their own ways."""
    nodeids = [
        f"{SHIPPED}test_answers[a]",
        f"{SHIPPED}test_answers[b]",
        f"{SHIPPED}test_latency[a]",
        f"{SHIPPED}test_latency[b]",
        "deploy_checks/test_own.py::test_x[a]",
        "deploy_checks/test_own.py::test_y[a]",
    ]
    assert [[0, 2, 4], [1, 3, 5]] == shares(nodeids, 2)


@given(
    st.lists(st.text(max_size=8) | st.sampled_from("abc").map(lambda name: f"{SHIPPED}t[{name}]")), st.integers(1, 5)
)
def test_every_check_has_one_worker(nodeids: list[str], count: int) -> None:
    """Nothing is lost, nothing runs twice, and each worker keeps the order."""
    found = shares(nodeids, count)
    assert count == len(found)
    assert list(range(len(nodeids))) == sorted(position for share in found for position in share)
    assert all(share == sorted(share) for share in found)
