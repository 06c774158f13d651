"""The watch over a deployment: look after look, evidence becomes an outcome; stands on streams, mixture and state."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pytest_deploycheck.judgement.sequential import mixture
from pytest_deploycheck.judgement.sequential.baselines import usable_counts
from pytest_deploycheck.judgement.sequential.outcomes import Obstacle, Outcome, OutcomeKind
from pytest_deploycheck.judgement.sequential.rules import HEALTHY_RATIOS, Rules
from pytest_deploycheck.judgement.sequential.state import StreamState, WatchState, dump_state, fresh_state, load_state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_deploycheck.judgement.sequential.streams import Stream, Terms

_MOST_REQUESTS: Final = 1e15


@dataclass(frozen=True, slots=True)
class Counted:
    """What a look counted of one metric: bad ones among how many; ``terms`` replace the stream's own (control)."""

    bad: float
    total: float
    terms: Terms | None = None


class Watch:
    """A watch: fixed rules and streams, and a state that each look moves on."""

    def __init__(
        self,
        streams: Sequence[Stream],
        rules: Rules,
        *,
        log_threshold: float | None = None,
        started: float = math.nan,
        saved: str | None = None,
    ) -> None:
        """Begin at ``started`` (seconds since 1970, NaN: the first look), or go on from what :meth:`save` returned.

        ``log_threshold`` is the evidence that decides: ``ln(2 / alpha)``, or ``ln(1 / alpha)`` beside a control.

        Raises:
            StateError: what was saved cannot be read, or belongs to other metrics.
        """
        self.streams = tuple(streams)
        self.rules = rules
        self.log_threshold = math.log(2 / rules.alpha) if log_threshold is None else log_threshold
        self._log_healthy = math.log(1 / rules.beta)
        count = len(HEALTHY_RATIOS)
        fresh = fresh_state(self.streams, count, started)
        self.state: WatchState = fresh if saved is None else load_state(saved, self.streams, count)

    def save(self) -> str:
        """Return the state as a line of JSON."""
        return dump_state(self.state)

    def look(self, timestamp: float, counts: Sequence[Counted | None], *, complete: bool = True) -> Outcome:
        """Return the outcome of a look; ``counts`` are in the order of the streams, None where nothing was measured.

        What cannot be (negative, NaN, more bad ones than all, a time that does not advance) is no data and leaves the
        state as it was. A look that is not ``complete`` can show a regression but never health.
        """
        if not timestamp < math.inf or timestamp <= self.state.last or timestamp < self.state.started:
            return self._nothing(timestamp, Obstacle.DISORDER)
        usable = [each if each is not None and _usable(each) else None for each in counts]
        if not any(usable):
            return self._nothing(timestamp, Obstacle.NO_DATA)
        terms = [
            (each.terms or stream.terms(timestamp)) if each else None
            for stream, each in zip(self.streams, usable, strict=True)
        ]
        states = tuple(
            self._advance(state, timestamp, each, term) if each and term else state
            for state, each, term in zip(self.state.streams, usable, terms, strict=True)
        )
        started = timestamp if math.isnan(self.state.started) else self.state.started
        self.state = WatchState(started, timestamp, states)
        return self._outcome(timestamp, terms, complete=complete and all(usable))

    def _advance(self, state: StreamState, timestamp: float, counted: Counted, terms: Terms) -> StreamState:
        x, n, looks = counted.bad, counted.total, state.looks + 1
        stake = mixture.log_weight(looks, self.rules.horizon)
        goes_on = state.suspicion > 0
        step = x * terms.regression.slopes[0] + n * terms.regression.offsets[0]
        expected = n * terms.rate
        return StreamState(
            looks,
            mixture.advance_mixture(state.regression, stake, terms.regression, x, n),
            mixture.advance_product(state.healthy, terms.healthy, x, n) if terms.healthy else state.healthy,
            state.suspicion + step if goes_on else step,
            state.since if goes_on else timestamp,
            state.bad + x if goes_on else x,
            state.total + n if goes_on else n,
            state.expected + expected if goes_on else expected,
        )

    def _nothing(self, timestamp: float, obstacle: Obstacle) -> Outcome:
        log_evidence, _ = self._evidence()
        return Outcome(timestamp, OutcomeKind.NO_DATA, log_evidence, self.log_threshold, obstacle=obstacle)

    def _evidence(self) -> tuple[float, int]:
        """Return ln of the weighted sum of the metrics' E, and the metric that carries it (JUDGEMENT, point 5).

        A metric beyond the phi gate has no say.
        """
        logs = [
            mixture.log_mean(state.regression) + math.log(stream.share)
            if stream.phi <= self.rules.max_phi
            else -math.inf
            for stream, state in zip(self.streams, self.state.streams, strict=True)
        ]
        top = max(logs)
        leader = logs.index(top)
        if len(logs) == 1 or not math.isfinite(top):
            return top, leader
        return top + math.log(sum([math.exp(log - top) for log in logs])), leader

    def _outcome(self, timestamp: float, terms: Sequence[Terms | None], *, complete: bool) -> Outcome:
        log_evidence, leader = self._evidence()
        stream, state = self.streams[leader], self.state.streams[leader]
        outcome = Outcome(
            timestamp,
            OutcomeKind.UNDECIDED,
            log_evidence,
            self.log_threshold,
            stream.name,
            _ratio(state) if stream.hours else _effect(state),
            state.since,
            stream.phi,
        )
        if log_evidence >= self._log_needed(stream, _effect(state)):
            return replace(outcome, kind=OutcomeKind.REGRESSION)
        if not complete:
            return replace(outcome, kind=OutcomeKind.NO_DATA, obstacle=Obstacle.INCOMPLETE)
        obstacle = self._obstacle(terms)
        if obstacle is not Obstacle.NONE:
            return replace(outcome, obstacle=obstacle, phi=max(each.phi for each in self.streams))
        if any(mixture.log_mean(each.healthy) < self._log_healthy for each in self.state.streams):
            return replace(outcome, needed=self._needed(terms))
        if timestamp - self.state.started < self.rules.minimum_duration:
            return replace(outcome, obstacle=Obstacle.TOO_EARLY)
        # E of a healthy service stays below 1 on average: what has grown beyond is watched further
        return replace(outcome, kind=OutcomeKind.HEALTHY) if log_evidence < 0 else outcome

    def _log_needed(self, stream: Stream, effect: float) -> float:
        """Return the evidence that an effect of this size needs; below the minimum effect none is enough."""
        if effect < stream.minimum_effect:
            return math.inf
        # one calm day does not exclude slow waves of half as much again: a small effect has to outlast them
        return self.log_threshold * (2 if stream.calm and effect < self.rules.bad else 1)

    def _obstacle(self, terms: Sequence[Terms | None]) -> Obstacle:
        """Return why this baseline can never show health, however many requests come."""
        if any(math.isnan(each.rate) for each in terms if each):
            return Obstacle.NO_BASELINE
        if any(stream.too_short for stream in self.streams):
            return Obstacle.SHORT_BASELINE
        if any(stream.phi > self.rules.max_phi for stream in self.streams):
            return Obstacle.OVERDISPERSED
        return Obstacle.CLEAN_BASELINE if any(each and each.healthy is None for each in terms) else Obstacle.NONE

    def _needed(self, terms: Sequence[Terms | None]) -> int | None:
        """Return how many more requests a deployment like the baseline needs until it is called healthy."""
        needs = [self._needed_by(state, term) for state, term in zip(self.state.streams, terms, strict=True) if term]
        worst = max(needs, default=math.inf)
        return math.ceil(worst) if worst < _MOST_REQUESTS else None

    def _needed_by(self, state: StreamState, terms: Terms) -> float:
        if terms.healthy is None:
            return math.inf
        if mixture.log_mean(state.healthy) >= self._log_healthy:
            return 0.0
        goal = self._log_healthy + math.log(len(state.healthy))
        gains = terms.healthy.at(terms.rate, 1.0)
        ways = [(goal - log) / gain for log, gain in zip(state.healthy, gains, strict=True) if gain > 0]
        return max(min(ways, default=math.inf), 1.0)


def _usable(counted: Counted) -> bool:
    # beside a control the total is of errors: a look without any is a look
    clean = counted.terms is not None and counted.bad == counted.total == 0
    return clean or usable_counts(counted.bad, counted.total)


def _ratio(state: StreamState) -> float:
    if state.expected > 0:
        return state.bad / state.expected
    return math.inf if state.bad > 0 else math.nan


def _effect(state: StreamState) -> float:
    """Return the observed odds over the expected ones, since the present suspicion began."""
    good, expected_good = state.total - state.bad, state.total - state.expected
    if state.bad <= 0:
        return 0.0
    if state.expected <= 0 or good <= 0:
        return math.inf
    return (state.bad / good) * (expected_good / state.expected)
