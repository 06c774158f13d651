"""Where one metric stands: which looks go in, and that nothing but counts ever moves it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.judgement.sequential import CountBaseline, OutcomeKind, Rules, StateError
from pytest_deploycheck.judgement.standing import Look, Standing, counts_of, dump_standing, load_standing, look
from pytest_deploycheck.model import Measurement

RULES = Rules(minimum_duration=0.0)
FRESH = Standing(started=1000.0, baseline=CountBaseline(500.0, 50_000.0, 1.1, looks=60))
WINDOW = 60.0


def after(*looks: Look, standing: Standing = FRESH) -> Standing:
    """Return where the metric stands after some looks."""
    for each in looks:
        standing, _ = look(standing, each, RULES)
    return standing


@pytest.mark.parametrize(
    ("value", "n", "unit", "counts"),
    [
        (3.0, 1000, "%", (30.0, 1000.0)),
        (0.03, 1000, "", (30.0, 1000.0)),
        (100.0, 7, "%", (7.0, 7.0)),
        (0.0, 7, "%", (0.0, 7.0)),
        (101.0, 7, "%", None),
        (-1.0, 7, "%", None),
        (math.nan, 7, "%", None),
        (math.inf, 7, "%", None),
        (3.0, None, "%", None),
        (3.0, 0, "%", None),
        (3.0, 7, "s", None),
        (None, 7, "%", None),
        (True, 7, "", None),
        ("3", 7, "%", None),
    ],
)
def test_counts_behind_a_share(
    value: float | str | None, n: int | None, unit: str, counts: tuple[float, float] | None
) -> None:
    """A share of so many is so many bad ones; anything else counts nothing."""
    assert counts == counts_of(Measurement(metric="m", value=value, unit=unit, n=n))


def test_a_share_of_good_ones() -> None:
    """Of 97 % good ones 3 % are bad; a lower bound counts nothing."""
    found = Measurement(metric="m", value=97.0, unit="%", n=1000)
    assert counts_of(found, good=True) == (30.0, 1000.0)
    assert counts_of(Measurement(metric="m", value=97.0, unit="%", n=1000, lower_bound=True)) is None


@pytest.mark.parametrize(
    ("at", "used"),
    [(1030.0, False), (1059.0, False), (1060.0, True), (1059.8, True), (1119.0, False), (1120.0, True)],
)
def test_windows_are_counted_once(at: float, used: bool) -> None:  # noqa: FBT001  # a parameter
    """A window that begins before the deployment, or before the last look's end, is left out."""
    standing = after(Look(1060.0, (1.0, 100.0), WINDOW)) if at > 1060 else FRESH
    assert look(standing, Look(at, (1.0, 100.0), WINDOW), RULES)[1] is used


look_times = st.one_of(st.floats(0, 1e6), st.just(math.nan), st.just(math.inf))
numbers = st.one_of(st.floats(-10, 1e5), st.just(math.nan), st.just(math.inf))
hostile = st.builds(Look, look_times, st.none() | st.tuples(numbers, numbers), st.just(WINDOW))


@given(st.lists(hostile, max_size=20))
def test_what_cannot_be_never_shows_health(looks: list[Look]) -> None:
    """NaN, negative counts, more bad ones than all, time going back: the state goes on only with what can be."""
    impossible = [each for each in looks if each.counts is None or not 0 <= each.counts[0] <= each.counts[1] < math.inf]
    standing = after(*impossible)
    assert standing.watch is None
    assert standing.last is None or standing.last.kind is OutcomeKind.NO_DATA
    assert dump_standing(after(*looks)) == dump_standing(
        after(*[each for each in looks if each not in impossible])
    ) or (after(*looks).last is not None)


@given(st.lists(st.integers(0, 60), min_size=1, max_size=30), st.data())
def test_stopped_anywhere_it_goes_on_bit_by_bit(bad: list[int], data: st.DataObject) -> None:
    """Killed between any two looks and read back, it stands where it would stand."""
    looks = [Look(1060.0 + 60 * i, (float(each), 1000.0), WINDOW) for i, each in enumerate(bad)]
    stop = data.draw(st.integers(0, len(looks)))
    resumed = load_standing(dump_standing(after(*looks[:stop])), RULES)
    assert dump_standing(after(*looks)) == dump_standing(after(*looks[stop:], standing=resumed))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"baseline": 1, "last": null}', "nan"])
def test_garbage_is_no_standing(text: str) -> None:
    """Whatever else lies there is an error of one kind."""
    with pytest.raises(StateError):
        load_standing(text, RULES)


def test_a_regression_stays_while_nothing_new_is_counted() -> None:
    """A look that cannot be used does not take back what all looks before it showed."""
    standing = after(*(Look(1060.0 + 60 * i, (40.0, 1000.0), WINDOW) for i in range(5)))
    assert standing.last is not None
    assert standing.last.kind is OutcomeKind.REGRESSION
    assert standing == after(Look(1330.0, (0.0, 1000.0), WINDOW), Look(2000.0, None, WINDOW), standing=standing)
