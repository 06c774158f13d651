"""The ``pages`` and ``events`` fixtures: pages in a browser, events on a live connection. No answer is a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_deploycheck.asking import page_ask, realtime_ask
from pytest_deploycheck.errors import CheckFailedError, DeploycheckError
from pytest_deploycheck.measuring.frontend import event_latency, event_loss, page_counts, page_times

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_deploycheck.asks import PageAnswer, RealtimeAnswer
    from pytest_deploycheck.model import Measurement
    from pytest_deploycheck.plugin.judging import Thresholds
    from pytest_deploycheck.plugin.probing import Probe
    from pytest_deploycheck.plugin.state import CheckState, DeployRun


class Pages:
    """Opens declared pages."""

    def __init__(self, run: DeployRun, state: CheckState, probe: Probe, thresholds: Thresholds) -> None:
        """Open for one check."""
        self._run = run
        self._state = state
        self._probe = probe
        self._thresholds = thresholds

    def __call__(self, page: Any) -> PageAnswer:
        """Return what a browser saw of a declared page.

        Raises:
            CheckFailedError: it could not be opened, or did not finish loading.
            SourceError: there is no browser.
        """
        answer: PageAnswer = self._probe.ask(page_ask(self._run.settings, page, self._run.deployment, self._run.now))
        return answer

    def judge(self, page: Any, answer: PageAnswer) -> None:
        """Judge the status, the visible texts, the times and the errors of a page, all of them.

        Raises:
            CheckFailedError: something is wrong; all measurements are recorded before.
            InconclusiveError: a time has levels, and the browser saw none.
        """
        for name in ("exceptions", "failed_requests", "console_errors"):
            if lines := getattr(answer, name):
                self._state.attach("\n".join([f"{name.replace('_', ' ')}:", *lines]))
        if answer.screenshot:
            self._state.attach(
                f"screenshot: {answer.screenshot.rpartition('/')[2]} in the deployment's folder of pages"
            )
        wrong = [] if answer.status in page.status else [f"answered {answer.status}"]
        wrong += [f"{name} is not visible" for name in answer.missing]
        errors = list(self._judged(page, answer))
        if wrong:
            raise CheckFailedError(f"{answer.url}: {'; '.join(wrong)}")
        if errors:
            raise errors[0]

    def _judged(self, page: Any, answer: PageAnswer) -> Iterator[DeploycheckError]:
        for name, measurement in (*page_times(page, answer), *page_counts(page, answer)):
            levels = getattr(page, name)
            if levels is None and measurement.value is not None:
                self._thresholds.record(measurement)
            elif levels is not None:
                try:
                    self._thresholds.judge(measurement, levels)
                except DeploycheckError as error:
                    yield error


class Events:
    """Writes events and waits for them."""

    def __init__(self, run: DeployRun, probe: Probe) -> None:
        """Write for one check."""
        self._run = run
        self._probe = probe

    def __call__(self, entry: Any) -> RealtimeAnswer:
        """Return what became of the events of a declared live connection.

        Raises:
            CheckFailedError: the stream cannot be opened, or a write was refused.
        """
        answer: RealtimeAnswer = self._probe.ask(realtime_ask(self._run.settings, entry))
        if answer.refused:
            total = answer.refused + answer.written
            raise CheckFailedError(f"{answer.refused} of {total} writes were refused, the first: {answer.refusal}")
        return answer

    @staticmethod
    def loss(entry: Any, answer: RealtimeAnswer) -> Measurement:
        """Return the share of the events that never came, in %."""
        return event_loss(entry, answer)

    @staticmethod
    def latency(entry: Any, answer: RealtimeAnswer) -> Measurement:
        """Return the p95 of the seconds from a write to its event."""
        return event_latency(entry, answer)
