"""The faults of the demo: names, values, and switching them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.demo.faults import FAULTS, Active, FaultBoard, parse_fault, parse_faults
from pytest_deploycheck.errors import NoAnswerError, SettingsError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("error-rate=3", Active("error-rate", 3.0)),
        ("error-rate=0.5", Active("error-rate", 0.5)),
        ("orphans", Active("orphans", 12)),
        ("orphans=7", Active("orphans", 7.0)),
        ("wrong-version", Active("wrong-version", "1.4.1")),
        ("wrong-version=2.0.0-rc1", Active("wrong-version", "2.0.0-rc1")),
        ("missing-header=Referrer-Policy", Active("missing-header", "Referrer-Policy")),
        (" down ", Active("down", None)),
    ],
)
def test_parses(text: str, expected: Active) -> None:
    """A fault is its name, with its value or the default."""
    assert expected == parse_fault(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("eror-rate=3", "unknown demo fault 'eror-rate'. Did you mean error-rate?"),
        ("zzz", "Choose from: admin-open, "),
        ("", "unknown demo fault ''"),
        ("error-rate", "needs PERCENT, a number from 0 to 100"),
        ("error-rate=", "needs PERCENT"),
        ("error-rate=101", "(got '101')"),
        ("error-rate=-1", "needs PERCENT"),
        ("error-rate=nan", "needs PERCENT"),
        ("error-rate=inf", "needs PERCENT"),
        ("orphans=1.5", "a whole number"),
        ("down=3", "takes no value"),
        ("wrong-version=a b", "needs VERSION, for example 1.4.1"),
        ("missing-header=X:y", "needs NAME"),
    ],
)
def test_refuses(text: str, message: str) -> None:
    """A wrong name or value is one clear error that says what is right."""
    with pytest.raises(SettingsError) as caught:
        parse_fault(text)
    assert message in str(caught.value)
    assert 1 == len(caught.value.problems)


def test_tells_every_problem_at_once() -> None:
    """Several wrong faults are reported together."""
    with pytest.raises(SettingsError) as caught:
        parse_faults(["nope", "down", "slow"])
    assert 2 == len(caught.value.problems)


def test_the_later_of_the_same_name_wins() -> None:
    """A fault given twice has its last value."""
    assert (Active("slow", 2.0),) == parse_faults(["slow=1", "slow=2"])


@given(st.text())
def test_any_text_is_a_fault_or_a_clear_error(text: str) -> None:
    """No text makes the parser fail in another way, and what it accepts it reads again the same."""
    try:
        active = parse_fault(text)
    except SettingsError:
        return
    assert active == parse_fault(str(active))


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_every_fault_is_described(name: str) -> None:
    """Each fault tells what it does."""
    assert 10 < len(FAULTS[name].summary)


def test_the_board_runs_effects_in_order() -> None:
    """Switching on again switches off first, and clearing takes the latest first."""
    board, seen = FaultBoard(), []
    for name in ("down", "orphans"):
        board.effect(
            name,
            lambda value, name=name: seen.append(f"+{name}={value}"),  # type: ignore[misc]
            lambda name=name: seen.append(f"-{name}"),  # type: ignore[misc]
        )
    board.switch_on(Active("down"))
    board.switch_on(Active("orphans", 3))
    board.switch_on(Active("orphans", 4))
    assert ("down", "orphans=4") == board.names()
    board.clear()
    board.clear()
    expected = ["+down=None", "+orphans=3", "-orphans", "+orphans=4", "-orphans", "-down"]
    assert expected == seen
    assert () == board.names()


def test_an_effect_that_fails_leaves_the_fault_off() -> None:
    """A fault that could not be switched on is not shown as on."""
    board = FaultBoard()

    def fail(_value: object) -> None:
        raise NoAnswerError("not now")

    board.effect("down", fail, lambda: None)
    with pytest.raises(NoAnswerError, match="not now"):
        board.switch_on(Active("down"))
    assert not board.on("down")


def test_the_board_gives_values() -> None:
    """The service reads numbers and words; what is off is 0 or None."""
    board = FaultBoard()
    board.switch_on(Active("slow", 1.5))
    board.switch_on(Active("wrong-version", "9"))
    assert (1.5, 0.0) == (board.number("slow"), board.number("error-rate"))
    assert ("9", None) == (board.word("wrong-version"), board.word("missing-header"))
