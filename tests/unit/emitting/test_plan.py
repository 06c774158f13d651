"""The names and times of a schedule: what they become, and that none can become syntax."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.commands.schedule import _OPTIONS
from pytest_deploycheck.emitting import KINDS, plan_of
from pytest_deploycheck.errors import SettingsError

DEFAULTS = {option: default for option, (default, _) in _OPTIONS.items()}


def test_the_defaults() -> None:
    """Ticks every 15 minutes, daily at 06:00, Mondays at 09:00, on the first at 10:00, in UTC."""
    plan = plan_of(DEFAULTS)
    assert ("*/15 * * * *", "0 6 * * *", "0 9 * * 1", "0 10 1 * *") == (
        plan.tick,
        plan.daily,
        plan.weekly,
        plan.monthly,
    )
    assert {
        "auto": "*-*-* *:00/15:00 UTC",
        "daily": "*-*-* 06:00:00 UTC",
        "weekly": "Mon *-*-* 09:00:00 UTC",
        "monthly": "*-*-01 10:00:00 UTC",
    } == plan.calendars


@pytest.mark.parametrize(
    ("every", "cron"),
    [("1m", "*/1 * * * *"), ("30m", "*/30 * * * *"), ("1h", "0 * * * *"), ("60m", "0 * * * *"), ("4h", "0 */4 * * *")],
)
def test_intervals(every: str, cron: str) -> None:
    """Cron can only say what divides the hour or the day."""
    assert cron == plan_of({**DEFAULTS, "--every": every}).tick


@pytest.mark.parametrize(
    ("option", "text"),
    [
        *(("--every", text) for text in ("", "0m", "7m", "90m", "5h", "24h", "30s", "15", "1.5m")),
        *(("--daily", text) for text in ("", "6", "24:00", "06:60", "06:00 * * *", "06:00\n")[:5]),
        *(("--weekly", text) for text in ("monday", "moonday@09:00", "monday@9", "1@09:00")),
        *(("--monthly", text) for text in ("0@10:00", "29@10:00", "1@25:00", "monday@10:00")),
        *(("--service", text) for text in ("", "Shop", "-shop", "shop;reboot", "a" * 41, "${{ secrets.X }}")),
        *(("--directory", text) for text in ("", "relative", "/srv/a b", "/srv/%i", "/srv/$(reboot)")),
        *(("--image", text) for text in ("", "-x", "python:3.13 && reboot")),
        *(("--requirement", text) for text in ("", "--index-url=x", "a b", "a;b")),
        *(("--action", text) for text in ("", "x", "owner/name", "owner/name@v1\n- run: x")),
        *(("--zone", text) for text in ("", "Mars/Olympus", "../../etc/passwd", "UTC\nSHELL=x")),
        ("--phase", "first-our"),
    ],
)
def test_what_no_option_takes(option: str, text: str) -> None:
    """One error that names the option and says what it takes."""
    with pytest.raises(SettingsError) as error:
        plan_of({**DEFAULTS, option: text})
    assert [option] == [problem.key for problem in error.value.problems]
    assert error.value.problems[0].hint


def test_all_mistakes_at_once() -> None:
    """Nobody has to run it three times."""
    with pytest.raises(SettingsError) as error:
        plan_of({**DEFAULTS, "--zone": "x y", "--daily": "x", "--service": "X"})
    assert {"--zone", "--daily", "--service"} == {problem.key for problem in error.value.problems}


@given(st.sampled_from(sorted(DEFAULTS)), st.text(max_size=30))
def test_no_value_becomes_syntax(option: str, text: str) -> None:
    """Any text is refused, or every file keeps the lines that it has."""
    try:
        plan = plan_of({**DEFAULTS, option: text})
    except SettingsError:
        return
    for emit in KINDS.values():
        usual, other = emit(plan_of(DEFAULTS)), emit(plan)
        assert [each.count("\n") for each in usual.values()] == [each.count("\n") for each in other.values()]
