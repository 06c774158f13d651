"""Phases: names, windows, what is due when."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.phases import (
    DAY,
    EVERY_RUN,
    HOUR,
    MINUTE,
    PRESETS,
    Phase,
    PhaseKind,
    Selection,
    format_duration,
    parse_duration,
    phase_for_age,
    resolve_item_phases,
    resolve_phase,
    selection,
)

WINDOWS = [phase for phase in PRESETS.values() if phase.kind is PhaseKind.WINDOW]


def test_the_presets_have_the_tags_of_the_ledger() -> None:
    """Every phase of the ledger that a schedule can choose is a preset, under its tag."""
    expected = ["pre", "1m", "15m", "1h", "2h", "4h", "24h", "48h", "7d", "30d", "up", "day", "week", "month"]

    assert expected == [phase.tag for phase in PRESETS.values()]


@pytest.mark.parametrize("phase", PRESETS.values(), ids=lambda phase: phase.name)
def test_a_name_and_a_tag_mean_the_same_phase(phase: Phase) -> None:
    """A phase is found by its name and by its tag, whatever the case."""
    assert [phase] * 3 == [resolve_phase(word) for word in (phase.name, phase.tag, f" {phase.name.upper()} ")]


@pytest.mark.parametrize(("wrong", "near"), [("first-huor", "first-hour"), ("dayly", "daily"), ("uptme", "uptime")])
def test_an_unknown_phase_is_told_with_the_nearest(wrong: str, near: str) -> None:
    """The error of an unknown phase names the nearest one."""
    with pytest.raises(ValueError, match=f"unknown phase '{wrong}'; the nearest is '{near}'"):
        resolve_phase(wrong)


def test_an_unknown_phase_unlike_all_others_is_told_with_the_list() -> None:
    """When nothing is near the error lists all phases."""
    with pytest.raises(ValueError, match="choose from pre-deploy, first-minute"):
        resolve_phase("xyzzy")


def test_the_phases_of_a_check_are_resolved_once_each() -> None:
    """Aliases become names, doubles go, and ``any`` is every run."""
    assert ("first-hour", EVERY_RUN, "daily") == resolve_item_phases(["1h", "first-hour", "any", "day"])


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (-0.001, "pre-deploy"),
        (0.0, "first-minute"),
        (59.999, "first-minute"),
        (60.0, "first-15-minutes"),
        (15 * MINUTE, "first-hour"),
        (HOUR, "first-2-hours"),
        (2 * HOUR, "first-4-hours"),
        (4 * HOUR, "first-24-hours"),
        (DAY, "first-48-hours"),
        (2 * DAY, "first-week"),
        (7 * DAY, "first-month"),
        (30 * DAY - 1, "first-month"),
        (30 * DAY, "daily"),
        (math.inf, "daily"),
        (None, "first-hour"),
        (math.nan, "first-hour"),
    ],
)
def test_the_age_chooses_the_shortest_window_around_it(age: float | None, expected: str) -> None:
    """``auto`` takes the shortest window; its end already belongs to the next one."""
    assert expected == phase_for_age(age).name


@given(st.floats(min_value=0, max_value=60 * DAY))
def test_no_shorter_window_contains_the_age(age: float) -> None:
    """Whatever the age: the chosen window contains it, and no other that does is shorter."""
    chosen = phase_for_age(age)
    around = [(phase.end or 0) - (phase.start or 0) for phase in WINDOWS if phase.includes(age)]

    assert bool(around) == (chosen.kind is PhaseKind.WINDOW)
    assert not around or min(around) == (chosen.end or 0) - (chosen.start or 0)


def test_auto_follows_overridden_windows() -> None:
    """A window that the settings make longer is chosen for a later age."""
    phases = dict(PRESETS) | {"first-minute": PRESETS["first-minute"].overridden(end=120)}

    assert "first-minute" == phase_for_age(90, phases).name


@pytest.mark.parametrize(
    ("phase", "items", "expected"),
    [
        ("first-hour", ["first-hour"], Selection.OWN),
        ("first-hour", ["first-48-hours"], Selection.LONGER),
        ("first-hour", ["first-month"], Selection.LONGER),
        ("first-hour", ["first-15-minutes"], Selection.SHORTER),
        ("first-hour", ["first-week"], Selection.NOT_DUE),
        ("first-hour", ["daily"], Selection.NOT_DUE),
        ("first-hour", ["pre-deploy"], Selection.NOT_DUE),
        ("first-hour", ["uptime"], Selection.ALWAYS),
        ("first-hour", [], Selection.ALWAYS),
        ("first-hour", ["any"], Selection.ALWAYS),
        ("first-week", ["first-month"], Selection.LONGER),
        ("first-week", ["first-24-hours"], Selection.NOT_DUE),
        ("first-month", ["first-week"], Selection.SHORTER),
        ("pre-deploy", ["first-month"], Selection.NOT_DUE),
        ("pre-deploy", ["pre"], Selection.OWN),
        ("daily", ["first-hour"], Selection.NOT_DUE),
        ("daily", ["day"], Selection.OWN),
        ("daily", ["weekly"], Selection.NOT_DUE),
        ("daily", ["uptime"], Selection.ALWAYS),
        ("uptime", ["uptime"], Selection.OWN),
        ("first-hour", ["first-minute", "first-hour"], Selection.OWN),
        ("first-hour", ["first-minute", "first-4-hours"], Selection.LONGER),
        ("first-hour", ["first-minute", "uptime"], Selection.ALWAYS),
        ("first-hour", ["daily", "first-minute"], Selection.SHORTER),
    ],
)
def test_a_phase_selects_own_longer_always_and_shorter(phase: str, items: list[str], expected: Selection) -> None:
    """The ledger's rule X-64: own rows, rows of longer windows, every run's, and once those of shorter ones."""
    assert expected is selection(PRESETS[phase], items)


@given(st.sampled_from(WINDOWS), st.sampled_from(WINDOWS))
def test_longer_and_shorter_mirror_each_other(one: Phase, other: Phase) -> None:
    """A check of A is a longer one in phase B exactly when a check of B is a shorter one in phase A."""
    if one != other:
        longer = selection(one, [other.name]) is Selection.LONGER
        assert longer == (selection(other, [one.name]) is Selection.SHORTER)


@given(
    st.sampled_from(list(PRESETS.values())),
    st.lists(st.sampled_from([*PRESETS, EVERY_RUN]), max_size=4),
    st.sampled_from([*PRESETS, EVERY_RUN]),
)
def test_another_phase_never_makes_a_check_less_due(phase: Phase, names: list[str], more: str) -> None:
    """Naming one phase more never takes a check out of a run that it was in by name."""
    rank = list(Selection).index

    assert not names or rank(selection(phase, [*names, more])) <= rank(selection(phase, names))


def test_a_check_of_an_unknown_phase_is_an_error() -> None:
    """A phase that does not exist is never silently not due."""
    with pytest.raises(ValueError, match="unknown phase"):
        selection(PRESETS["daily"], ["nightly"])


def test_blocks_past_a_new_end_are_left_out() -> None:
    """A shorter window keeps only the deadlines inside it."""
    changed = PRESETS["first-hour"].overridden(end=45 * MINUTE, interval=60)

    assert ((15 * MINUTE, 45 * MINUTE), 60.0) == (changed.blocks, changed.interval)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("500ms", 0.5),
        ("5s", 5),
        ("1.5 h", 5400),
        ("15m", 900),
        ("15min", 900),
        ("2h", 7200),
        ("7d", 604800),
        ("4w", 2419200),
    ],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    """Every unit is read."""
    assert seconds == parse_duration(text)


@pytest.mark.parametrize(
    "text", ["", "5", "s", "-5s", "5 parsecs", "1h30m", "1e3s", "\u0665s", "nan s", "5S", "9" * 400 + "s"]
)
def test_what_is_no_duration_is_told(text: str) -> None:
    """Everything else is an error, also foreign digits and endless numbers."""
    with pytest.raises(ValueError, match="is no duration"):
        parse_duration(text)


@given(st.integers(min_value=0, max_value=10**12))
def test_a_printed_duration_reads_back(milliseconds: int) -> None:
    """A duration printed for people is the same duration when read."""
    assert parse_duration(format_duration(milliseconds / 1000)) == pytest.approx(milliseconds / 1000, abs=1e-9)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0s"),
        (0.5, "500ms"),
        (1, "1s"),
        (1.5, "1.5s"),
        (90, "90s"),
        (900, "15m"),
        (7200, "2h"),
        (604800, "7d"),
        (-60, "-1m"),
    ],
)
def test_durations_are_printed_in_the_largest_whole_unit(seconds: float, expected: str) -> None:
    """People read 15m, not 900s."""
    assert expected == format_duration(seconds)


def test_an_open_end_is_a_word() -> None:
    """A window without an end has no number to print."""
    assert "open" == format_duration(math.inf)
