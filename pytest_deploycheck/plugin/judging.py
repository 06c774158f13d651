"""The ``thresholds`` and ``baseline`` fixtures: a value is measured, judged, recorded, and raised when bad."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pytest_deploycheck.errors import InconclusiveError, SettingsError, ThresholdExceededError
from pytest_deploycheck.judgement.judge import is_ignored, judge
from pytest_deploycheck.judgement.ladder import Ladder, LadderError, parse_ladder
from pytest_deploycheck.judgement.sustain import Reference, judge_sustained
from pytest_deploycheck.model import Judgement, Measurement, Reading
from pytest_deploycheck.phases import PhaseKind, format_duration, parse_duration
from pytest_deploycheck.plugin import sequencing
from pytest_deploycheck.plugin.referring import baseline_for
from pytest_deploycheck.status import Policy, Severity, Status, status_of_finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_deploycheck.plugin.state import CheckState, DeployRun


class FindingError(ThresholdExceededError):
    """Something bad of a known severity, which may differ from the check's own."""

    def __init__(self, text: str, severity: Severity | None) -> None:
        """Keep the severity beside the text."""
        super().__init__(text)
        self.severity = severity


class Thresholds:
    """Judges values against the ladders of the settings, or against one given on the spot."""

    def __init__(self, run: DeployRun, state: CheckState) -> None:
        """Judge for one check."""
        self._run = run
        self._state = state

    def check(
        self,
        name: str,
        value: float | bool | str | None,  # noqa: FBT001  # a measured truth, no switch
        *,
        unit: str | None = None,
        n: int | None = None,
        window: str | float | None = None,
        target: str | None = None,
        query: str | None = None,
        levels: Mapping[str, str] | None = None,
    ) -> Judgement:
        """Record a value, judge it, and return the judgement when nothing bad was found.

        ``name`` is a metric or integrity check of the settings, unless ``levels`` are given here. ``unit`` is the
        value's unit, by default the declared one; ``n`` the number of samples; ``window`` a duration (text, or
        seconds); ``target`` and ``query`` say where the value comes from.

        Raises:
            ThresholdExceededError: a level was reached (an AssertionError).
            InconclusiveError: there is no data, too little, or no baseline.
            SettingsError: the settings know no such name, or the levels cannot be read.
        """
        _require_texts(unit=unit, target=target, query=query)
        declared = self._run.settings.metric(name)
        own_unit = unit if unit is not None else getattr(declared, "unit", "")
        measurement = Measurement(
            metric=name,
            value=value,
            unit=own_unit,
            n=n,
            window=_window(window),
            source="check",
            query=query,
            target=target,
            at=datetime.now(UTC),
        )
        if levels is not None:
            return self.judge(measurement, _ladder(name, levels, own_unit), settings_of=declared)
        if declared is None:
            raise SettingsError.of(
                self._run.settings.path.name,
                "metric",
                f"no metric or integrity check has the id {name!r}",
                hint=self._near(name),
            )
        return self.judge(measurement, declared.levels, settings_of=declared)

    def judge(
        self,
        measurement: Measurement,
        ladder: Ladder | None,
        *,
        capacity: float | None = None,
        settings_of: Any = None,
    ) -> Judgement:
        """Judge a measurement against a ladder and record both.

        ``capacity`` is what ``% of capacity`` refers to, by default the entry's own; ``settings_of`` is the entry whose
        policies and minimum of samples count, by default the one that the check was made for.

        Raises:
            ThresholdExceededError: a level was reached.
            InconclusiveError: it could not be judged.
        """
        spec = self._state.spec
        entry = settings_of if settings_of is not None else spec.entry
        baseline, source = self._baseline(measurement, ladder, entry)
        if self._run.phase.kind is PhaseKind.BEFORE and baseline is None and ladder is not None:
            ladder = ladder.without_baseline()  # this run captures what later ones compare with
        reference = Reference(
            min_samples=getattr(entry, "min_samples", 1),
            baseline=baseline,
            capacity=capacity if capacity is not None else self._capacity(entry),
        )
        judgement = judge(
            measurement,
            ladder,
            baseline=reference.baseline,
            capacity=reference.capacity,
            min_samples=reference.min_samples,
            no_data=getattr(entry, "no_data", Policy.INCONCLUSIVE),
            no_baseline=getattr(entry, "no_baseline", Policy.INCONCLUSIVE),
            severity=spec.severity,
        )
        holding = self._run.holding(entry)
        if holding is not None and ladder is not None:
            looks = (*self._run.past.looks.get((spec.id, measurement.metric), ()), measurement)
            judgement = judge_sustained(judgement, looks, ladder, holding, reference)
        judgement = replace(judgement, reference=source)
        self._state.readings.append(Reading(measurement=measurement, judgement=judgement))
        self._look_again(measurement, judgement)
        if is_ignored(judgement):
            return judgement
        if judgement.status in {Status.WARN, Status.FAIL}:
            raise FindingError(judgement.reason, judgement.severity)
        if judgement.status is not Status.PASS:
            raise InconclusiveError(judgement.reason, self._hint(judgement, ladder))
        return judgement

    def _look_again(self, measurement: Measurement, judgement: Judgement) -> None:
        """Judge all looks since the deployment together, a second reading beside the levels.

        Raises:
            ThresholdExceededError: they show a regression that weighs more than what the levels found.
        """
        second = sequencing.second_reading(self._run, self._state, measurement)
        if second is None:
            return
        self._state.readings.append(second)
        found = second.judgement
        if found.severity is not None and (judgement.severity is None or found.severity > judgement.severity):
            told = "" if judgement.status is Status.PASS else f"\n{judgement.reason}"
            raise FindingError(f"{found.reason}{told}", found.severity)

    def judge_all(self, measurements: Sequence[Measurement], ladder: Ladder | None) -> tuple[Judgement, ...]:
        """Judge and record several measurements against one ladder, all of them before the worst is raised.

        Raises:
            ThresholdExceededError: a level was reached; the first line tells the worst, the others all that is wrong.
            InconclusiveError: the worst of it could not be judged.
        """
        judged: list[Judgement] = []
        wrong: list[tuple[str, FindingError | InconclusiveError]] = []
        for measurement in measurements:
            try:
                judged.append(self.judge(measurement, ladder))
            except (FindingError, InconclusiveError) as error:
                if len(measurements) == 1:
                    raise
                wrong.append((measurement.metric, error))
        if wrong:
            raise _worst(wrong, len(measurements))
        return tuple(judged)

    def judge_levels(self, measurement: Measurement, **levels: str) -> Judgement:
        """Judge a measurement against levels written here: ``judge_levels(found, critical="> 0")``.

        Raises:
            ThresholdExceededError: a level was reached.
            InconclusiveError: it could not be judged.
        """
        return self.judge(measurement, _ladder(measurement.metric, levels, measurement.unit))

    def record(self, measurement: Measurement) -> None:
        """Record a measurement without a limit of its own."""
        self._state.readings.append(
            Reading(measurement=measurement, judgement=Judgement(status=Status.PASS, reason="recorded"))
        )

    def _baseline(self, measurement: Measurement, ladder: Ladder | None, entry: Any) -> tuple[float | None, str | None]:
        """Return what a ladder compares with and where it comes from; nothing is asked for a ladder that does not."""
        return (None, None) if ladder is None else baseline_for(self._run, measurement, entry)

    def _capacity(self, entry: Any) -> float | None:
        capacity = getattr(entry, "capacity", None)
        if isinstance(capacity, str):
            capacity = self._run.settings.service.capacity.get(capacity)
        return float(capacity) if capacity is not None else None

    def _near(self, name: str) -> str:
        known = [item.id for item in (*self._run.settings.metrics, *self._run.settings.integrity)]
        near = get_close_matches(name, known, n=1)
        return (
            f"Did you mean {near[0]}?"
            if near
            else 'Declare it as [[metric]] with source = "check", or give levels= to thresholds.check.'
        )

    def _hint(self, judgement: Judgement, ladder: Ladder | None) -> str | None:
        if ladder is not None and ladder.needs_baseline and judgement.baseline is None:
            return "Capture a baseline before the next deployment: pytest --deploy-phase=pre-deploy"
        return None


class Baseline:
    """What was measured before the deployment."""

    def __init__(self, run: DeployRun) -> None:
        """Read the run's baseline."""
        self._run = run

    def __call__(self, metric: str) -> float | None:
        """Return the metric's value before the deployment in the metric's unit, None when none was captured."""
        found = self._run.past.baseline.get(metric)
        return float(found.value) if found is not None and isinstance(found.value, int | float) else None


def _worst(wrong: list[tuple[str, FindingError | InconclusiveError]], count: int) -> FindingError | InconclusiveError:
    """Return the worst error with all the others below its first line; what was not judged hides no failure."""
    ordered = sorted(wrong, key=lambda named: _weight(named[1]), reverse=True)
    first, *others = (f"{name}: {getattr(error, 'message', error)}" for name, error in ordered)
    text = "\n".join([f"{first} ({len(wrong)} of {count} series)", *others])
    worst = ordered[0][1]
    return FindingError(text, worst.severity) if isinstance(worst, FindingError) else InconclusiveError(text)


def _weight(error: FindingError | InconclusiveError) -> tuple[Status, int]:
    if not isinstance(error, FindingError):
        return Status.INCONCLUSIVE, 0
    severity = error.severity or Severity.HIGH
    return status_of_finding(severity), severity.rank


def _ladder(name: str, levels: Mapping[str, str], unit: str) -> Ladder:
    try:
        return parse_ladder(levels, unit)
    except LadderError as error:
        raise SettingsError.of("thresholds.check", name, str(error)) from None


def _require_texts(**given: object) -> None:
    wrong = next((name for name, value in given.items() if not isinstance(value, str | None)), None)
    if wrong is not None:
        raise SettingsError.of("thresholds.check", wrong, "takes text", value=type(given[wrong]).__name__)


def _window(window: str | float | None) -> str | None:
    if window is None:
        return None
    try:
        return format_duration(parse_duration(window) if isinstance(window, str) else float(window))
    except ValueError as error:
        raise SettingsError.of("thresholds.check", "window", str(error)) from None
