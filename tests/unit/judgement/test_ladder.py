"""Ladders: read whatever the order, refused with all that is wrong, and climbed from the worst level down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.judgement.conditions import NotComparableError, parse_condition
from pytest_deploycheck.judgement.ladder import Ladder, LadderError, LadderProblem, parse_ladder
from pytest_deploycheck.status import Severity

if TYPE_CHECKING:
    from fractions import Fraction

ERROR_RATE = {"low": ">= 1%", "high": ">= 2x baseline (floor 0.5%)", "critical": "> 5%", "rollback": "> 10%"}
NAMES = [str(level) for level in Severity]


@st.composite
def rising(draw: st.DrawFn) -> dict[str, str]:
    """Return a sound ladder on upper limits, its keys in any order."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
    limits = sorted(draw(st.lists(st.integers(-100, 100), min_size=len(names), max_size=len(names), unique=True)))
    operator = draw(st.sampled_from([">", ">="]))
    names.sort(key=NAMES.index)
    levels = [(name, f"{operator} {limit}") for name, limit in zip(names, limits, strict=True)]
    return dict(draw(st.permutations(levels)))


def problems_of(mapping: dict[str, object], unit: str = "") -> tuple[LadderProblem, ...]:
    """Return what the reader finds wrong with a ladder."""
    with pytest.raises(LadderError) as refused:
        parse_ladder(mapping, unit)
    return refused.value.problems


@given(rising())
def test_the_order_of_keys_is_irrelevant(mapping: dict[str, str]) -> None:
    """The same levels in another order are the same ladder, sorted from mild to worse."""
    assert parse_ladder(mapping) == parse_ladder(dict(reversed(mapping.items())))
    assert sorted(mapping, key=NAMES.index) == [str(level) for level, _ in parse_ladder(mapping).levels]


@given(rising())
def test_a_ladder_reads_back(mapping: dict[str, str]) -> None:
    """A ladder printed as settings is read back as the same ladder."""
    assert parse_ladder(mapping) == parse_ladder(parse_ladder(mapping).as_mapping())


@given(rising(), st.floats(-200, 200), st.floats(-200, 200))
def test_a_worse_value_never_gets_a_milder_level(mapping: dict[str, str], first: float, second: float) -> None:
    """The further a value lies in the bad direction, the worse the level, never a milder one."""
    ladder = parse_ladder(mapping)
    ranks = []
    for value in sorted((first, second)):
        reached = ladder.reached(value)
        ranks.append(-1 if reached is None else reached[0].rank)
    assert ranks == sorted(ranks)


@given(rising(), st.integers(-100, 100))
def test_the_worst_level_that_holds_is_reached(mapping: dict[str, str], value: int) -> None:
    """The level reached is the worst of those whose condition holds, also exactly at a boundary."""
    holding = [name for name in NAMES if name in mapping and parse_condition(mapping[name]).holds(value)]
    reached = parse_ladder(mapping).reached(value)
    assert holding[-1:] == ([] if reached is None else [str(reached[0])])


@given(rising())
def test_a_ladder_upside_down_is_refused(mapping: dict[str, str]) -> None:
    """A ladder of two levels or more with its limits swapped is inverted, at each of its worse levels."""
    names = sorted(mapping, key=NAMES.index)
    swapped: dict[str, object] = dict(zip(names, [mapping[name] for name in reversed(names)], strict=True))
    if len(names) == 1:
        assert parse_ladder(swapped).levels
    else:
        problems = problems_of(swapped)
        assert names[1:] == [problem.level for problem in problems]
        assert all("inverted" in problem.message for problem in problems)


@st.composite
def relative(draw: st.DrawFn) -> str:
    """Return the text of a condition on the baseline, half of them with a floor."""
    operator, number = draw(st.sampled_from([">", ">=", "<", "<=", "outside"])), draw(st.integers(0, 5))
    shape = draw(st.sampled_from(["{}x baseline", "+{}0%", "-{}0%", "{}0% of baseline"]))
    bound = (
        f"{shape.format(number)}"
        if operator != "outside"
        else f"{number}x..{number + draw(st.integers(0, 3))}x baseline"
    )
    return f"{operator} {bound}{draw(st.sampled_from(['', ' (floor 1)', ' (floor 3)']))}"


@given(relative(), relative(), st.fractions(0, 8, max_denominator=4), st.fractions(-2, 40, max_denominator=4))
def test_a_worse_level_implies_the_milder_at_every_baseline(
    mild: str, bad: str, baseline: Fraction, value: Fraction
) -> None:
    """In a ladder on the baseline, what reaches the worse level reaches the milder one, whatever the baseline."""
    try:
        ladder = parse_ladder({"medium": mild, "high": bad})
    except LadderError:
        return
    (_, milder), (_, worse) = ladder.levels
    if worse.holds(value, baseline=float(baseline)):
        assert milder.holds(value, baseline=float(baseline))


@pytest.mark.parametrize(
    "mapping",
    [
        ERROR_RATE,
        {"medium": "outside -20%..+20% of baseline", "high": "< -50%"},
        {"low": "outside 10..100", "medium": "outside 5..500"},
        {"medium": "< 99", "critical": "< 95"},
        {"low": ">= 5", "medium": "> 5"},
        {"medium": "== degraded", "critical": "== down"},
        {"medium": "!= healthy", "critical": "== down"},
        {"medium": "== 1", "critical": "== 2"},
        {"medium": "!= 0", "critical": "== 2"},
        {"medium": "> 80% of capacity", "critical": "> 90% of capacity"},
        {"medium": "> 1.5x baseline (floor 1)", "high": "> 2x baseline (floor 1)"},
        {"medium": "> 1.5x baseline", "high": "> 3x baseline (floor 1)"},
        {"medium": "outside 1x..2x baseline", "high": "> 250% of baseline"},
        {"warning": "> 1", "P0": "> 2", "rollback": "> 3"},
        {"medium": "> 100%", "high": "> 1.5"},
        {"medium": "== down", "high": "> 80% of capacity"},
    ],
)
def test_sound_ladders_are_read(mapping: dict[str, str]) -> None:
    """Ladders whose worse levels lie within the milder ones of their family are read, aliases included."""
    assert len(mapping) == len(parse_ladder(mapping, "%" if mapping is ERROR_RATE else "").levels)


@pytest.mark.parametrize(
    ("mapping", "level", "words"),
    [
        ({"low": ">= 1", "medium": "> 0.5"}, "medium", "inverted"),
        ({"low": "> 5", "medium": ">= 5"}, "medium", "inverted"),
        ({"medium": "> 5", "critical": "> 5.0"}, "critical", "the same as"),
        ({"medium": "> 500ms", "critical": "> 0.5s"}, "critical", "the same as"),
        ({"medium": "< 5", "high": "> 10"}, "high", "does not lie within"),
        ({"medium": "outside 1..5", "high": "outside 2..9"}, "high", "does not lie within"),
        ({"medium": "> +50%", "high": ">= 1.2x baseline"}, "high", "inverted"),
        ({"medium": "> +20%", "high": "> 120% of baseline"}, "high", "the same as"),
        ({"medium": "> 2x baseline (floor 5)", "high": "> 3x baseline (floor 1)"}, "high", "inverted"),
        ({"medium": "> 90% of capacity", "high": "> 80% of capacity"}, "high", "inverted"),
        ({"medium": "== down", "high": "== down"}, "high", "the same as"),
        ({"medium": "== down", "high": "!= healthy"}, "high", "inverted"),
        ({"medium": "!= a", "high": "!= b"}, "high", "does not lie within"),
        ({"medium": "!= a", "high": "== a"}, "high", "does not lie within"),
        ({"medium": "== down", "high": "> 5"}, "high", "different kinds"),
        ({"medium": "== down", "high": "== true"}, "high", "different kinds"),
        ({"low": "== a", "medium": "== b", "high": "== a"}, "high", "the same as low"),
    ],
)
def test_unsound_ladders_are_refused(mapping: dict[str, object], level: str, words: str) -> None:
    """A worse level that is easier to reach, equal, or elsewhere is refused and named."""
    (problem,) = problems_of(mapping, "s" if "500ms" in str(mapping) else "")
    assert level == problem.level
    assert words in problem.message


def test_all_problems_are_told_at_once() -> None:
    """Every level that is wrong is named in one error, with its text and what would be right."""
    problems = problems_of({"hihg": "> 4", "low": "5", "medium": 7, "P0": "> 5ms", "critical": "> 9", "P9": "> 1"}, "%")
    levels = ["hihg", "low", "medium", "P0", "critical", "P9"]
    assert levels == [problem.level for problem in problems]
    expected = ["did you mean 'high'", "no condition", "'> 7'", "cannot be compared", "given twice", "levels are low"]
    assert all(words in problem.message for words, problem in zip(expected, problems, strict=True))
    values = ["> 4", "5", "7", "> 5ms", "> 9", "> 1"]
    assert values == [problem.value for problem in problems]


def test_the_order_is_checked_among_the_levels_that_can_be_read() -> None:
    """A level that cannot be read does not hide that two others are inverted."""
    expected = ["high", "medium"]
    assert expected == [problem.level for problem in problems_of({"low": "> 5", "medium": "> 1", "high": "oops"})]


def test_an_unknown_unit_and_an_empty_ladder_are_problems_of_the_ladder() -> None:
    """A unit that is none, and a ladder without levels, are told without blaming a level."""
    assert not any(problem.level for problem in problems_of({}, "jobs"))
    assert "unknown unit 'jobs'" in str(problems_of({"low": "> 5ms"}, "jobs")[0])
    assert "no level" in str(LadderError(problems_of({})))


def test_an_error_reads_as_one_line() -> None:
    """The error's text names each level with its problem."""
    with pytest.raises(LadderError, match=r"^medium: inverted: medium \(> 1\) is reached before low \(> 2\)"):
        parse_ladder({"low": "> 2", "medium": "> 1"})


def test_a_level_without_its_baseline_is_passed_over_and_named() -> None:
    """Levels without a baseline do not hold, and are listed with the reason; absolute ones go on."""
    ladder = parse_ladder(ERROR_RATE, "%")
    assert ladder.needs_baseline
    assert not ladder.needs_capacity
    reached = ladder.reached(3, unit="%")
    assert reached is not None
    assert Severity.LOW is reached[0]
    expected = {Severity.HIGH: "no baseline"}
    assert expected == {level: why for level, _, why in ladder.unjudged(unit="%")}
    assert not ladder.unjudged(unit="%", baseline=0.1)


def test_a_ladder_is_described_for_people() -> None:
    """A ladder reads from mild to worse, in the unit of what is measured."""
    ladder = parse_ladder({"rollback": "> 10", "medium": "> 1", "critical": "> 5"}, "%")
    expected = "medium > 1 %, critical > 5 %, rollback > 10 %"
    assert expected == ladder.describe("%")


def test_no_data_reaches_no_level_and_is_refused() -> None:
    """A NaN does not slip through a ladder as harmless."""
    with pytest.raises(NotComparableError):
        parse_ladder({"low": "> 1"}).reached(float("nan"))


def test_a_ladder_can_need_a_capacity() -> None:
    """A ladder tells that it needs a capacity."""
    assert Ladder(((Severity.LOW, parse_condition("> 80% of capacity")),)).needs_capacity
