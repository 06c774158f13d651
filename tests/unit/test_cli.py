"""The command line: subcommands, exit codes, and ``deploycheck config``."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_deploycheck.cli import COMMANDS, Command, main

GOOD = '[service]\nbase_url = "http://service.internal"\nbearer = "t0p-s3cret"\n[[endpoint]]\nid = "a"\npath = "/"\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with good settings, and we are in it."""
    (tmp_path / "deploycheck.toml").write_text(GOOD, "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_config_check_says_that_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    """Good settings: one line with the number of items, exit code 0."""
    assert 0 == main(["config", "check"])
    assert "deploycheck.toml: ok, 1 item\n" == capsys.readouterr().out


def test_config_check_tells_problems_and_exits_with_4(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Wrong settings: every problem on a line of its own, nothing else."""
    (folder / "bad.toml").write_text("servce = 1\n[run]\nconcurrency = 0", "utf-8")

    assert 4 == main(["config", "check", "bad.toml"])
    out, err = capsys.readouterr()
    assert ("", 3) == (out, len(err.splitlines()))
    assert all(line.startswith("bad.toml: ") for line in err.splitlines())


@pytest.mark.usefixtures("folder")
def test_config_show_masks_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    """What is shown is JSON with defaults filled in, without a secret."""
    assert 0 == main(["config", "show"])
    shown = json.loads(capsys.readouterr().out)

    assert ("***", "10s") == (shown["service"]["bearer"], shown["service"]["timeout"])


def test_config_schema_needs_no_settings(capsys: pytest.CaptureFixture[str]) -> None:
    """The schema is JSON Schema 2020-12."""
    assert 0 == main(["config", "schema"])
    assert "https://json-schema.org/draft/2020-12/schema" == json.loads(capsys.readouterr().out)["$schema"]


@pytest.mark.parametrize("arguments", [[], ["cofig"], ["config"], ["config", "chck"], ["config", "check", "--nope"]])
def test_wrong_usage_exits_with_4(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Usage errors have the same exit code as wrong settings, and say what is possible."""
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert 4 == stopped.value.code
    assert "usage: deploycheck" in capsys.readouterr().err


def test_help_lists_every_command_without_loading_one(capsys: pytest.CaptureFixture[str]) -> None:
    """Help works even when a command's own needs are not installed."""
    with pytest.raises(SystemExit) as stopped:
        main(["--help"], {"ghost": Command("no.such.module", "is not there")})
    assert 0 == stopped.value.code
    assert "is not there" in capsys.readouterr().out


def test_the_commands_are_the_documented_ones() -> None:
    """What belongs to the product and is no test run."""
    assert {"config", "demo", "attest"} <= set(COMMANDS)


def test_the_program_answers_a_real_shell(tmp_path: Path) -> None:
    """Started as a program: no traceback, the exit code of wrong settings."""
    command = [sys.executable, "-m", "pytest_deploycheck.cli", "config", "check", "missing.toml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=_environment())

    assert (4, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("missing.toml: there is no such file.")
    assert "Traceback" not in done.stderr


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    """``deploycheck config schema | head`` ends quietly."""
    command = f"{sys.executable} -m pytest_deploycheck.cli config schema | head -c 1"
    done = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False, env=_environment()
    )

    assert ("{", "") == (done.stdout, done.stderr)


def _environment() -> dict[str, str]:
    return {"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": "/usr/bin:/bin"}
