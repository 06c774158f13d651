"""One command of the hook: what fills its arguments, and what is kept of its output."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_deploycheck.redact import Redactor
from pytest_deploycheck.rollback.running import LONGEST_OUTPUT, filled, run_step
from pytest_deploycheck.sources.process import Command


def test_arguments_are_filled() -> None:
    """A value stays within its argument, whatever it holds."""
    values = {"previous": "2.3 ; rm -rf /", "id": None}
    expected = ("./deploy.sh", "--to=2.3 ; rm -rf /", "{id}")
    assert expected == filled(["./deploy.sh", "--to={previous}", "{{id}}"], values)


@pytest.mark.parametrize(
    ("argument", "value", "why"),
    [
        ("{previous}", None, "the previous of the deployment is not known"),
        ("{previous}", "", "the previous of the deployment is not known"),
        ("{previous}", "--force", "would be read as an option"),
        ("{previous}", "a\nb", "control characters"),
    ],
)
def test_values_that_may_not_be_passed(argument: str, value: str | None, why: str) -> None:
    """What the command was not written for does not reach it."""
    with pytest.raises(ValueError, match=why):
        filled(["./deploy.sh", argument], {"previous": value})


@given(st.text(min_size=1))
def test_a_value_never_becomes_an_option(value: str) -> None:
    """Either it is refused, or the argument begins with something else than a dash."""
    try:
        argument = filled(["{version}"], {"version": value})[0]
    except ValueError:
        return
    assert not argument.startswith("-")


def python(code: str, timeout: float = 20.0) -> Command:
    """Return a command that runs Python code."""
    return Command(argv=(sys.executable, "-c", code), timeout=timeout)


def test_output_is_bounded_and_redacted() -> None:
    """The end of what it wrote stays, on both streams, without secrets and escape sequences."""
    code = "import sys; print('x' * 300_000); print('\\x1b[31mtoken=hunter2hunter2'); sys.stderr.write('last words')"
    step = run_step("roll back", python(code), Redactor().text)
    assert ("succeeded", "", 0) == (step.state, step.reason, step.exit_code)
    assert LONGEST_OUTPUT == len(step.output)
    assert step.output.startswith("…x")
    for text in ("last words", "token=***", r"\x1b[31m"):
        assert text in step.output
    assert "hunter2" not in step.output


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (python("import sys; sys.exit(3)"), "exit code 3"),
        (python("import os; os.abort()"), "ended by signal"),
        (python("import time; print('begun', flush=True); time.sleep(60)", timeout=1.0), "did not end within 1 s"),
        (Command(argv=("/nowhere/at/all",)), "there is no program /nowhere/at/all"),
    ],
)
def test_failures(command: Command, why: str) -> None:
    """Whatever goes wrong is a failed step that says why; nothing is raised."""
    step = run_step("roll back", command, Redactor().text)
    assert "failed" == step.state
    assert why in step.reason


def test_a_command_that_hangs_keeps_its_words() -> None:
    """What it wrote before its time was up is shown."""
    step = run_step("roll back", python("import time; print('begun', flush=True); time.sleep(60)", 1.5), str)
    assert ("begun", None) == (step.output, step.exit_code)
