"""Uptime: the figure, its bounds, what the looks could not see, and when nobody looked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.judgement.uptime import Look, Outage, Uptime, uptime

START = datetime(2026, 11, 21, tzinfo=UTC)
DAY = START + timedelta(days=1)
FIVE = 300.0


def looks(states: str, step: float = FIVE) -> list[Look]:
    """Return looks from a text: u is up, d is down, ? could not tell, - was missed."""
    known = {"u": True, "d": False, "?": None}
    return [Look(START + timedelta(seconds=i * step), known[state]) for i, state in enumerate(states) if state != "-"]


def over(states: str, step: float = FIVE) -> Uptime:
    """Return the uptime over exactly these looks."""
    end = START + timedelta(seconds=step * max(len(states) - 1, 1))
    return uptime(looks(states, step), start=START, end=end, interval=step)


def test_a_day_every_five_minutes_proves_no_three_nines() -> None:
    """288 good looks are 100 %, and still no proof of 99.9 %: at least 98.7 %, and 5 minutes may hide."""
    found = over("u" * 289)
    assert (1.0, 300.0, 0.0, 0) == (found.availability, found.resolution, found.unknown, found.missed)
    assert found.worst == pytest.approx(0.025 ** (1 / 289))
    assert found.proves(0.999) is None
    assert found.proves(0.98) is True
    words = "100.0000% of 289 looks, at least 98.732% at 95 % confidence, outages under 5m may be missed"
    assert words == found.words()


def test_enough_looks_prove_three_nines() -> None:
    """Four weeks of looks every minute without a failure do prove it."""
    assert over("u" * 40_320, 60.0).proves(0.999) is True


def test_outages_have_bounds() -> None:
    """An outage lasted at least from its first to its last bad look, at most from the good look before to the next."""
    found = over("uudduuuud")
    first, last = found.outages
    at = [START + timedelta(seconds=FIVE * index) for index in range(9)]
    assert Outage(at[2], at[4], 2, 300.0, 900.0) == first
    assert Outage(at[8], None, 1, 0.0, 300.0) == last
    assert (6 / 9, 9) == (found.availability, found.looks)
    assert found.proves(0.999) is False


def test_missed_looks_are_unknown() -> None:
    """Time in which nobody looked is no uptime, and proves nothing."""
    found = over("uu----uu" + "u" * 9000)
    assert (4, 1200.0, 1.0) == (found.missed, found.unknown, found.availability)
    assert found.proves(0.99) is None
    assert found.words().endswith("0.0% of the time unknown (4 looks missed)")


def test_looks_that_could_not_tell_are_missed() -> None:
    """When the observer had lost its own network, the service was neither up nor down."""
    assert over("uu????uu") == over("uu----uu")


@pytest.mark.parametrize("states", ["", "????"])
def test_nobody_looked(states: str) -> None:
    """Without a look there is no figure, and all of the time is unknown."""
    found = uptime(looks(states), start=START, end=DAY, interval=FIVE)
    assert (None, None, None, 86400.0) == (found.availability, found.worst, found.resolution, found.unknown)
    assert found.proves(0.5) is None
    assert "nobody looked in 1d" == found.words()


def test_bad_looks_win_at_the_same_time() -> None:
    """Two observers at once: one that found it down counts, whatever the order."""
    both = [Look(START, up=True), Look(START, up=False)]
    for order in (both, both[::-1]):
        assert 0.0 == uptime(order, start=START, end=DAY, interval=FIVE).availability


@pytest.mark.parametrize(("end", "interval"), [(START, 1.0), (DAY, 0.0)])
def test_times_that_cannot_be(end: datetime, interval: float) -> None:
    """A time without length and looks without distance are refused."""
    with pytest.raises(ValueError, match="a start before its end, and an interval above 0"):
        uptime([], start=START, end=end, interval=interval)


@given(st.text(alphabet="ud?-", min_size=1, max_size=60), st.randoms())
def test_bounds_hold_and_order_does_not_matter(states: str, random: object) -> None:
    """The figure lies between its bounds, and looks may come in any order."""
    found = over(states)
    shuffled = looks(states)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # random.Random, which hypothesis does not name
    assert found == uptime(shuffled, start=found.start, end=found.end, interval=FIVE)
    assert sum(outage.looks for outage in found.outages) == found.looks - found.up
    if found.availability is not None and found.worst is not None and found.best is not None:
        assert 0 <= found.worst <= found.availability <= found.best <= 1
    assert 0 <= found.unknown <= (found.end - found.start).total_seconds()
