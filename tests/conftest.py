"""What holds for the whole suite: where the servers are promised, a test that misses one fails instead of skipping."""

from __future__ import annotations

import os
import signal
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

# pytest reads this file also where only the demo is installed
if find_spec("hypothesis") is not None:
    from hypothesis import HealthCheck, settings

    # a busy machine is no failure
    settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("suite")

# a shell that runs the suite in the background ignores Ctrl-C, and every program started from here would inherit that
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

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
