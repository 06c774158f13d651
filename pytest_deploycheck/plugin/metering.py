"""The ``metrics`` fixture: any declared metric as a measurement, whatever source it comes from."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pytest_deploycheck.asking import certificate_ask, metric_ask
from pytest_deploycheck.errors import SettingsError, SourceError
from pytest_deploycheck.measuring import measure, measure_each, share_of
from pytest_deploycheck.model import Judgement, Measurement, Reading
from pytest_deploycheck.standings import CONTROL
from pytest_deploycheck.status import Status

if TYPE_CHECKING:
    from pytest_deploycheck.plugin.state import CheckState, DeployRun


class Metrics:
    """Measures declared metrics."""

    def __init__(self, run: DeployRun, state: CheckState) -> None:
        """Measure for one check."""
        self._run = run
        self._state = state

    def __call__(self, metric: Any) -> Measurement:
        """Return the measurement of a declared metric, named by its id or given as the entry itself.

        Raises:
            SourceError: the source gave no answer.
            SettingsError: no metric has that id.
        """
        entry = self._entry(metric)
        if not entry.denominator:
            return self._measured(entry)
        return share_of(entry, self._counted(entry), self._measured(self._run.settings.metric(entry.denominator)))

    def each(self, metric: Any) -> tuple[Measurement, ...]:
        """Return the measurements of a declared metric: one for each of its series, one when it has none.

        Raises:
            SourceError: the source gave no answer.
            SettingsError: no metric has that id.
        """
        entry = self._entry(metric)
        self._look_beside(entry)
        return (self(entry),) if entry.denominator else measure_each(entry, self._answer(entry))

    def certificate_days(self, dependency: Any) -> Measurement:
        """Return for how many days the certificate of a declared dependency is still valid.

        Raises:
            NoAnswerError: no server showed one.
        """
        number = self._run.observatory.observe(certificate_ask(self._run.settings, dependency))
        return Measurement(
            metric=f"{dependency.id}.tls_days",
            value=number.value,
            unit=number.unit,
            source="tcp",
            query="days until the certificate expires",
            target=number.target,
            at=number.at,
            note=number.note,
        )

    def _look_beside(self, entry: Any) -> None:
        """Record the same of the old version; without it there is nothing to compare with, and the levels decide."""
        if entry.control is None:
            return
        with suppress(SourceError):
            found = replace(self(entry.control), metric=f"{entry.id}{CONTROL}")
            judgement = Judgement(status=Status.PASS, reason="recorded: the version that serves beside the new one")
            self._state.readings.append(Reading(measurement=found, judgement=judgement))

    def _counted(self, entry: Any) -> Measurement:
        """Return the count of a share: the share's own unit is not the count's."""
        return self._measured(entry.model_copy(update={"unit": ""}))

    def _measured(self, entry: Any) -> Measurement:
        return measure(entry, self._answer(entry))

    def _answer(self, entry: Any) -> Any:
        run = self._run
        return run.observatory.observe(metric_ask(run.settings, entry, run.deployment, run.now))

    def _entry(self, metric: Any) -> Any:
        return self._named(metric) if isinstance(metric, str) else metric

    def _named(self, name: str) -> Any:
        known = {metric.id: metric for metric in self._run.settings.metrics}
        if name in known:
            return known[name]
        near = get_close_matches(name, known, n=1)
        hint = f"Did you mean {near[0]}?" if near else "Declare it as [[metric]]."
        raise SettingsError.of(self._run.settings.path.name, "metric", f"no metric has the id {name!r}", hint=hint)
