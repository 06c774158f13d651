"""A condition that has to hold for a while: a gap is neither a breach nor a pass."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.judgement.judge import judge
from pytest_deploycheck.judgement.ladder import parse_ladder
from pytest_deploycheck.judgement.sustain import (
    Hold,
    Holding,
    Look,
    Reference,
    judge_sustained,
    max_gap_of,
    sustained,
)
from pytest_deploycheck.model import Judgement, Measurement
from pytest_deploycheck.status import Severity, Status

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOOKS = st.lists(st.builds(Look, st.integers(0, 600).map(float), st.sampled_from([True, False, None])), max_size=30)


def looks(text: str, every: float = 60.0) -> list[Look]:
    """Return looks from a picture: ``x`` holds, ``.`` does not, ``?`` no data, a blank is no look at all."""
    words = {"x": True, ".": False, "?": None}
    return [Look(every * place, words[mark]) for place, mark in enumerate(text) if mark != " "]


@pytest.mark.parametrize(
    ("picture", "state", "seconds"),
    [
        ("", Hold.CLEAR, 0),
        ("xxxxxx.", Hold.CLEAR, 0),
        ("xxxxxx?", Hold.CLEAR, 0),
        (".xxxxxx", Hold.HELD, 300),
        ("xxxxxx", Hold.HELD, 300),
        (".xxxxx", Hold.PENDING, 240),
        ("xxx.x", Hold.PENDING, 0),
        ("x", Hold.UNKNOWN, 0),
        ("xxxxx", Hold.UNKNOWN, 240),
        ("xxx?xx", Hold.HELD, 300),
        ("xx  xxx", Hold.UNKNOWN, 120),
        (".   x", Hold.PENDING, 0),
        (".         x", Hold.UNKNOWN, 0),
        ("???????x", Hold.UNKNOWN, 0),
    ],
)
def test_five_minutes(picture: str, state: Hold, seconds: float) -> None:
    """Looks every minute, at most two apart, of a condition that has to hold for five."""
    found = sustained(looks(picture), 300, 120)
    assert (state, seconds) == (found.state, found.seconds)


@given(LOOKS, st.floats(0, 600), st.floats(0, 300))
def test_only_what_was_seen_is_held(seen: list[Look], needed: float, max_gap: float) -> None:
    """HELD means: looks at which it held, close enough together, over the whole time, and none between at which not."""
    found = sustained(seen, needed, max_gap)
    if found.state is not Hold.HELD:
        return
    assert found.since is not None
    within = sorted(
        (look for look in seen if look.at > found.since and look.holds is not None), key=lambda look: look.at
    )
    assert found.seconds >= needed
    times = [found.since, *(look.at for look in within)]
    assert max((late - early for early, late in itertools.pairwise(times)), default=0) <= max_gap
    assert max(look.at for look in seen) == times[-1]


@given(LOOKS, st.floats(1, 600), st.floats(0, 300))
def test_taking_looks_away_never_makes_it_held(seen: list[Look], needed: float, max_gap: float) -> None:
    """Missing looks can hide a breach, but not make one out of nothing."""
    whole = sustained(seen, needed, max_gap)
    if whole.state is Hold.HELD or len({look.at for look in seen}) < len(seen):
        return
    for index, look in enumerate(seen):
        if look.holds:
            assert Hold.HELD is not sustained(seen[:index] + seen[index + 1 :], needed, max_gap).state or (
                look.at == max(each.at for each in seen)
            )


@given(LOOKS, st.floats(0, 600), st.floats(0, 600), st.floats(0, 300))
def test_longer_is_harder(seen: list[Look], one: float, other: float, max_gap: float) -> None:
    """What has not held for a while has not held for longer."""
    short, long = sorted((one, other))
    assert not (
        sustained(seen, long, max_gap).state is Hold.HELD and sustained(seen, short, max_gap).state is not Hold.HELD
    )


LADDER = parse_ladder({"medium": "> 1%", "high": "> 2%", "critical": "> 5%"}, "%")
HOLDING = Holding(levels={Severity.HIGH: 600, Severity.CRITICAL: 300}, max_gap=120)


def judged(*values: float | None, holding: Holding = HOLDING) -> Judgement:
    """Return the judgement of the last of some values, a minute apart."""
    made = [
        Measurement(
            metric="m", value=value, unit="%", at=NOW + timedelta(minutes=minute), n=None if value is None else 9
        )
        for minute, value in enumerate(values)
    ]
    found = judge(made[-1], LADDER)
    return judge_sustained(found, made, LADDER, holding, Reference())


@pytest.mark.parametrize(
    ("values", "status", "severity", "words"),
    [
        ([0.5] * 3, Status.PASS, None, "is clear of"),
        ([1.5], Status.WARN, Severity.MEDIUM, "1.5 % > 1 %"),
        ([0] + [6] * 6, Status.FAIL, Severity.CRITICAL, "6 % > 5 % (critical), for 5m (for = 5m)"),
        ([0] + [6] * 4, Status.WARN, Severity.MEDIUM, "critical > 5 % has held for 3m of 5m: pending"),
        ([6] * 4, Status.INCONCLUSIVE, None, "was seen for 3m only"),
        (
            [0] + [3] * 10 + [6],
            Status.FAIL,
            Severity.HIGH,
            "6 % > 2 % (high), for 10m (for = 10m); critical > 5 % has held for 0s of 5m",
        ),
        ([None] * 6 + [6], Status.INCONCLUSIVE, None, "seen for 0s only"),
        ([6] * 6 + [None], Status.INCONCLUSIVE, None, "no data"),
    ],
)
def test_levels_hold_each_for_its_own_time(
    values: list[float | None], status: Status, severity: Severity | None, words: str
) -> None:
    """The worst level that has held decides; what is pending or unknown is told."""
    found = judged(*values)
    assert (status, severity) == (found.status, found.severity)
    assert words in found.reason


def test_too_few_samples_are_a_gap() -> None:
    """A look with too few samples says nothing about the condition."""
    at = [NOW + timedelta(minutes=minute) for minute in range(3)]
    few, now = (Measurement(metric="m", value=6, unit="%", n=n, at=when) for n, when in ((1, at[0]), (50, at[2])))
    holding = Holding(levels={Severity(level): 120 for level in ("medium", "high", "critical")}, max_gap=120)
    found = judge(now, LADDER, min_samples=20)
    assert Severity.CRITICAL is judge_sustained(found, [few, now], LADDER, holding, Reference()).severity
    enough = Reference(min_samples=20)
    assert Status.INCONCLUSIVE is judge_sustained(found, [few, now], LADDER, holding, enough).status


@pytest.mark.parametrize(("interval", "given_gap", "expected"), [(None, None, 150), (300, None, 600), (300, 7, 7)])
def test_how_far_apart(interval: float | None, given_gap: float | None, expected: float) -> None:
    """Half of the hold, twice the interval of the phase, or as the settings say."""
    assert expected == max_gap_of(300, interval, given_gap)
