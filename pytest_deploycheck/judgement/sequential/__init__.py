"""Deciding under repeated looks: evidence that stays valid however often one looks; pure, needs nothing but ``math``.

The way of the data: ``baselines`` (``dispersion``, ``calibration``) -> ``streams`` (``beta``, ``ratios``) -> ``watch``
(``mixture``, ``state``) -> ``outcomes`` -> ``words``; ``rules`` are the dials, ``judging`` is the door on iterables.
Sources: Lindon et al., "Rapid Regression Detection in Software Deployments through Sequential Testing" (KDD 2022);
Lindon and Malek, "Anytime-Valid Inference for Multinomial Count Data" (2022); Howard and Ramdas (2021); Ville (1939).
"""

from __future__ import annotations

from pytest_deploycheck.judgement.sequential.baselines import (
    CountBaseline,
    LatencyBaseline,
    LatencyQuantile,
    fit_counts,
    fit_latency,
)
from pytest_deploycheck.judgement.sequential.judging import (
    control_counts,
    judge_control,
    judge_counts,
    judge_latency,
    judge_metrics,
    look_at_latency,
    watch_counts,
    watch_latency,
)
from pytest_deploycheck.judgement.sequential.outcomes import Obstacle, Outcome, OutcomeKind
from pytest_deploycheck.judgement.sequential.rules import Rules, RulesError
from pytest_deploycheck.judgement.sequential.state import StateError
from pytest_deploycheck.judgement.sequential.watch import Counted, Watch
from pytest_deploycheck.judgement.sequential.words import explain

__all__ = [
    "CountBaseline",
    "Counted",
    "LatencyBaseline",
    "LatencyQuantile",
    "Obstacle",
    "Outcome",
    "OutcomeKind",
    "Rules",
    "RulesError",
    "StateError",
    "Watch",
    "control_counts",
    "explain",
    "fit_counts",
    "fit_latency",
    "judge_control",
    "judge_counts",
    "judge_latency",
    "judge_metrics",
    "look_at_latency",
    "watch_counts",
    "watch_latency",
]
