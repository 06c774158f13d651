"""Secrets stay inside: in no output and in no file, wherever a check lets them slip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

SECRET = "Xy7-hidden-Qw9-value"
HEADERS = f'bearer = "{SECRET}"\nsecrets = ["another-{SECRET}-2"]'
FORMS = {
    "quiet": (),
    "loud": ("-vv", "-rA", "--tb=long", "-l"),
    "past the capture": ("-s", "--log-cli-level=INFO", "--log-file=own.log", "--log-file-level=INFO"),
}
LEAKY = f"""
import logging
import sys
import warnings
from pytest_deploycheck import NoDataError, SourceError

SECRET = "{SECRET}"

def test_assertion():
    assert SECRET == "other"

def test_output():
    print(SECRET)
    print(SECRET, file=sys.stderr)
    logging.getLogger("own").error("token %s", SECRET)
    assert False

def test_message():
    raise RuntimeError(f"no access with {{SECRET}}")

def test_source():
    raise SourceError(SECRET, SECRET)

def test_no_data():
    raise NoDataError(SECRET)

@pytest.mark.parametrize("value", [SECRET])
def test_parameter(value):
    assert value == "other"

@pytest.mark.parametrize("value", [1, 2], ids=[f"{{SECRET}}-a", f"{{SECRET}}-b"])
def test_id(value):
    assert value == "other"

def test_skipped():
    pytest.skip(SECRET)

@pytest.mark.xfail(reason=SECRET)
def test_xfailed():
    assert False

def test_warning():
    warnings.warn(SECRET)

def test_name(thresholds):
    thresholds.check(SECRET, SECRET, target=SECRET, query=SECRET, levels={{"high": "> 5"}}, unit=SECRET)

def test_properties(record_property):
    record_property(SECRET, SECRET)

@pytest.mark.action(SECRET, runbook=SECRET)
def test_action():
    \"\"\"Is {SECRET} known?\"\"\"
    assert False

@pytest.fixture
def broken():
    yield
    raise OSError(SECRET)

def test_teardown(broken): ...
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one", "n2"])
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_nothing_leaks(project: Project, form: tuple[str, ...], workers: tuple[str, ...]) -> None:
    """Not from assertions, output, logs, warnings, properties, parameters or ids; a page, XML and JSON included."""
    project.settings("[reports]\njunit = true", service=HEADERS)
    # the source of a check is shown with its traceback: it must not hold the secret itself to be a fair test
    project.check(LEAKY.replace(f'"{SECRET}"', '"-".join(["Xy7", "hidden", "Qw9", "value"])').replace(SECRET, "it"))
    done = project.run(*form, *workers, "-o", "junit_logging=all")
    assert 15 == len(done.statuses), done.shown
    found = [line for line in done.shown.splitlines() if SECRET in line]
    assert [] == found
    assert [] == [line for line in done.written.splitlines() if SECRET in line]
    assert "***" in done.shown
    logged = (project.path / "own.log").read_text() if "--log-file=own.log" in form else "token ***"
    assert "token ***" in logged
    assert SECRET not in logged


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one", "n2"])
def test_nothing_leaks_while_collecting(project: Project, workers: tuple[str, ...]) -> None:
    """An import error, a skipped file and a wrong marker hide it, too."""
    project.settings("", service=HEADERS)
    project.check('TOKEN = "-".join(["Xy7", "hidden", "Qw9", "value"])\nraise RuntimeError(TOKEN)\n')
    project.check('pytest.skip("-".join(["Xy7", "hidden", "Qw9", "value"]), allow_module_level=True)', "test_skip.py")
    done = project.run("-rA", "-vv", *workers)
    assert 0 != done.code
    assert SECRET not in done.shown + done.written
    project.check('@pytest.mark.severity("-".join(["Xy7", "hidden", "Qw9", "value"]))\ndef test_a(): ...')
    done = project.run(*workers)
    assert 4 == done.code
    assert SECRET not in done.shown + done.written


def test_hostile_text_is_shown_as_text(project: Project) -> None:
    """Control characters and markup from outside are text on the terminal and on the page."""
    project.check(r"""
BAD = "\x1b[2J\x1b]0;owned\x07<script>alert(1)</script>\u202e"

def test_message():
    raise RuntimeError(BAD)

def test_output():
    print(BAD)
    assert False, BAD

@pytest.mark.parametrize("value", [BAD])
def test_parameter(value): ...

def test_value(thresholds):
    thresholds.check("own", BAD, target=BAD, levels={"high": '== "x"'})
""")
    done = project.run("--color=no")
    assert "\x1b" not in done.shown
    assert "<script>alert(1)" not in (project.reports / "report.html").read_text()
    texts = [path for path in project.reports.rglob("*") if path.is_file() and path.suffix != ".sqlite"]
    assert [] == [path.name for path in texts if "\x1b" in path.read_text()]
