"""What holds for the whole suite: where the servers are promised, a test that misses one fails instead of skipping."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

REQUIRED = os.environ.get("DEPLOYCHECK_REQUIRE_SERVERS") == "1"
# reasons that no installation can remove
ACCEPTED = ("root may ", "the generated cases did not run in this process")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that was skipped for want of something, when DEPLOYCHECK_REQUIRE_SERVERS=1 says that all is there."""
    report = yield
    if REQUIRED and report.skipped and not hasattr(report, "wasxfail") and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        if not reason.startswith(ACCEPTED):
            report.outcome = "failed"
            report.longrepr = f"skipped where everything is promised to be there: {reason}"
    return report
