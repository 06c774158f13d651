"""Measure the quality of verdicts: false rollbacks, delays, missed regressions, false health, beside the peers.

Run it from the repository: ``python -m benchmarks.verdict_quality.run --series 100 --seed 1``. It prints Markdown
tables. Peers are shown as they come, and retuned on the same healthy series to this judge's false-rollback rate.
"""

from __future__ import annotations

import argparse
import math
import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.verdict_quality.peers import PEERS, Peer, first_above
from benchmarks.verdict_quality.peers import Path as Statistic
from benchmarks.verdict_quality.traffic import DAY, MINUTE, START, Series, errors, latencies
from pytest_deploycheck.judgement.sequential import (
    OutcomeKind,
    fit_counts,
    fit_latency,
    judge_counts,
    judge_latency,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

TRAFFIC = ("independent", "overdispersed", "autocorrelated", "bursty", "drifting")
ONSETS = (0, DAY)
AFTER = 600
NEVER = 10**6


@dataclass(frozen=True, slots=True)
class Measured:
    """What one judge did: the share of false rollbacks, and by onset the delays in minutes (NEVER: not found)."""

    name: str
    false: float
    delays: dict[tuple[int, float], list[int]]


def first_look(series: Series, kind: OutcomeKind, since: int = 0) -> int | None:
    """Return the first look, not before ``since``, that ends so."""
    outcomes = judge_counts(fit_counts(series.baseline), series.looks)
    return next((look for look, found in enumerate(outcomes) if look >= since and found.kind is kind), None)


def measure_errors(noise: str, count: int, seed: int) -> tuple[list[Measured], dict[str, float]]:
    """Return what this judge, the peers as they come and the retuned peers do on one kind of traffic."""
    healthy = [errors(f"{seed}:null:{i}", noise) for i in range(count)]
    fired = sum(first_look(series, OutcomeKind.REGRESSION) is not None for series in healthy)
    phis = [fit_counts(series.baseline).phi for series in healthy]
    bad = {
        (onset, factor): [
            errors(f"{seed}:bad:{i}", noise, looks=onset + AFTER, onset=onset, factor=factor)
            for i in range(max(count // 2, 1))
        ]
        for onset in ONSETS
        for factor in (3.0,)
    }
    measured = [Measured("this judge", fired / count, {key: _own_delays(every) for key, every in bad.items()})]
    rate = fired / count
    for peer in PEERS:
        paths = sorted(max(peer.statistic(series.baseline, series.looks)) for series in healthy)
        allowed = int(rate * count)
        retuned = paths[-1 - allowed]
        for label, threshold in ((peer.name, peer.threshold), (f"{peer.name}, retuned", retuned)):
            false = sum(path > threshold for path in paths) / count
            delays = {key: _peer_delays(peer, every, threshold) for key, every in bad.items()}
            measured.append(Measured(label, false, delays))
    facts = {
        "phi": median(phis),
        "gated": sum(phi > 10 for phi in phis) / count,
        "missed": _missed(noise, count, seed),
        "false_healthy": _false_healthy(noise, count, seed, 2.0),
        "false_healthy_3": _false_healthy(noise, count, seed, 3.0),
        "healthy": sum(first_look(series, OutcomeKind.HEALTHY) is not None for series in healthy) / count,
    }
    return measured, facts


def _own_delays(every: Sequence[Series]) -> list[int]:
    found = []
    for series in every:
        assert series.onset is not None
        look = first_look(series, OutcomeKind.REGRESSION, series.onset)
        found.append(NEVER if look is None else look - series.onset + 1)
    return found


def _peer_delays(peer: Peer, every: Sequence[Series], threshold: float) -> list[int]:
    found = []
    for series in every:
        assert series.onset is not None
        path: Statistic = peer.statistic(series.baseline, series.looks)
        look = first_above(path[series.onset :], threshold)
        found.append(NEVER if look is None else look + 1)
    return found


def _missed(noise: str, count: int, seed: int) -> float:
    """Return the share of x3 regressions from the deployment on that 48 h do not show, where phi is at most 10."""
    every = [errors(f"{seed}:x3:{i}", noise, onset=0, factor=3.0) for i in range(count)]
    judged = [series for series in every if fit_counts(series.baseline).phi <= 10]
    lost = sum(first_look(series, OutcomeKind.REGRESSION) is None for series in judged)
    return lost / len(judged) if judged else math.nan


def _false_healthy(noise: str, count: int, seed: int, factor: float) -> float:
    """Return the share of deployments with ``factor`` times the errors that are called healthy at any look of a day."""
    every = [errors(f"{seed}:x{factor}:{i}", noise, looks=DAY, onset=0, factor=factor) for i in range(count)]
    return sum(first_look(series, OutcomeKind.HEALTHY) is not None for series in every) / count


def measure_latency(count: int, seed: int) -> list[str]:
    """Return the lines about latency: false rollbacks over 6 hours, and delays at +20 % and +50 %."""
    fitted = [
        fit_latency([(START + i * MINUTE, each) for i, each in enumerate(latencies(f"{seed}:{k}", DAY // 2))])
        for k in range(max(count // 25, 2))
    ]

    def look(k: int, minutes: int, factor: float, healthy: int) -> int | None:
        before = latencies(f"{seed}:{k}", healthy, start=DAY)
        after = latencies(f"{seed}:{k}", minutes, factor, start=2 * DAY)
        rows = [(START + (DAY + i) * MINUTE, each) for i, each in enumerate(before + after)]
        outcomes = judge_latency(fitted[k % len(fitted)], rows)
        return next((at for at, found in enumerate(outcomes) if found.kind is OutcomeKind.REGRESSION), None)

    false = [look(k, 0, 1.0, 360) is not None for k in range(max(count // 2, 1))]
    lines = [f"| healthy, 6 h | {100 * sum(false) / len(false):.1f} % false of {len(false)} | |"]
    for factor in (1.2, 1.5):
        early = [look(k, 60, factor, 0) for k in range(count)]
        late = [look(k, 60, factor, 120) for k in range(max(count // 4, 1))]
        shown = [
            f"{median(NEVER if at is None else at + 1 - skipped for at in found):g}"
            for found, skipped in ((early, 0), (late, 120))
        ]
        lines.append(f"| +{100 * (factor - 1):.0f} % | {shown[0]} | {shown[1]} |")
    return lines


def _minutes(delays: list[int]) -> str:
    middle = median(delays)
    return "-" if middle > AFTER else f"{middle:g}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=100, help="healthy series of each traffic, half as many bad ones")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--traffic", nargs="+", choices=TRAFFIC, default=list(TRAFFIC))
    parser.add_argument("--latency", type=int, default=100, help="latency runs of each kind, 0 for none")
    args = parser.parse_args(arguments)
    begun = time.process_time()
    for noise in args.traffic:
        measured, facts = measure_errors(noise, args.series, args.seed)
        print(f"\n### {noise}: median phi {facts['phi']:.2f}, {100 * facts['gated']:.1f} % beyond the gate\n")
        print("| judge | false rollback in 48 h | x3, onset at deploy | x3, onset at hour 24 |\n|---|---|---|---|")
        for each in measured:
            shown = " | ".join(_minutes(each.delays[onset, 3.0]) for onset in ONSETS)
            print(f"| {each.name} | {100 * each.false:.1f} % | {shown} |")
        print(
            f"\nx3 missed in 48 h (phi <= 10): {100 * facts['missed']:.1f} %; x2 ever called healthy: "
            f"{100 * facts['false_healthy']:.1f} %, "
            f"x3: {100 * facts['false_healthy_3']:.1f} %; healthy ones called healthy: {100 * facts['healthy']:.1f} %",
            flush=True,
        )
    if args.latency:
        print(
            "\n### latency, lognormal, 12 h of baseline\n\n| | at deploy, minutes | at hour 2, minutes |\n|---|---|---|"
        )
        print("\n".join(measure_latency(args.latency, args.seed)))
    print(f"\n{time.process_time() - begun:.0f} s of CPU")


if __name__ == "__main__":
    main()
