"""A run tells people about what it found; what becomes of that stands in the reports and never in the exit code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.conftest import Project

pytest_plugins = ["pytester"]

BROKEN = """
@pytest.mark.severity("critical")
def test_orders():
    assert False, "no orders"
"""
LOG = '[[channel]]\nid = "file"\ntype = "log"\npath = "alerts.jsonl"\n'


def told(project: Project) -> list[str]:
    """Return the events in the alert log."""
    file = project.path / "alerts.jsonl"
    return [json.loads(line)["event"] for line in file.read_text().splitlines()] if file.is_file() else []


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_told_once_in_two_runs(project: Project, workers: tuple[str, ...]) -> None:
    """Two runs that find the same tell it once; the reports say so."""
    project.settings(LOG)
    project.check(BROKEN)
    first, second = project.run(*workers), project.run(*workers)
    assert ["opened"] == told(project)
    assert [("file", "opened", "sent")] == [
        (each["channel"], each["event"], each["status"]) for each in first.record["alerts"]["deliveries"]
    ]
    assert ([], 1) == (second.record["alerts"]["deliveries"], second.record["alerts"]["open"])
    assert second.record["alerts"]["incident"].startswith("INC-")


@pytest.mark.parametrize("option", ["--deploy-no-notify", "--deploy-dry-run", "--deploy-plan"])
def test_told_nobody(project: Project, option: str) -> None:
    """Where nobody is to be told, nothing goes out and nothing is remembered."""
    project.settings(LOG)
    project.check(BROKEN)
    project.run(option)
    assert [] == told(project)
    project.run()
    assert ["opened"] == told(project)


def test_nothing_without_settings(project: Project) -> None:
    """Without a channel and without [incident] a run leaves nothing behind."""
    project.check(BROKEN)
    done = project.run()
    assert None is done.record["alerts"]


def test_a_failing_channel_changes_no_verdict(project: Project) -> None:
    """A channel that refuses is told in the terminal and in the reports; the verdict and the exit code stay."""
    quiet = project.run()
    project.service.answers["/hook"] = (403, '{"error": "action_prohibited"}')
    project.settings(f'[[channel]]\nid = "hook"\ntype = "webhook"\nurl = "{project.service.url}/hook"\n')
    project.check(BROKEN)
    without = project.run("--deploy-no-notify")
    done = project.run()
    assert without.verdict == done.verdict
    assert quiet.verdict != done.verdict
    assert ("failed", "it answered HTTP 403 (action_prohibited)") == (
        done.record["alerts"]["deliveries"][0]["status"],
        done.record["alerts"]["deliveries"][0]["reason"],
    )
    assert "alerts: channel hook: it answered HTTP 403" in done.shown
    assert f"{project.service.url}/hook" not in done.shown + json.dumps(done.record)


def test_no_secret_in_a_message(project: Project) -> None:
    """A secret in a failure is masked in the message as in the reports."""
    project.settings(LOG, service='secrets = ["Xy7-hidden-Qw9"]')
    project.check('@pytest.mark.severity("critical")\ndef test_it():\n    raise RuntimeError("Xy7-hidden-Qw9")')
    project.run()
    text = (project.path / "alerts.jsonl").read_text()
    assert (True, False) == ("RuntimeError" in text, "Xy7-hidden-Qw9" in text + project.run().written)


def test_a_channel_of_another_plugin(project: Project) -> None:
    """The hook brings a channel; one that fails in a way of its own is contained."""
    (project.path / "conftest.py").write_text(
        """
import pathlib
class Own:
    def __init__(self, options, send):
        self.options = options
    def send(self, message, ref):
        if self.options.get("broken"):
            raise KeyError("ours")
        pathlib.Path("own.txt").write_text(f"{self.options['room']} {message.kind}")
def pytest_deploycheck_channels():
    return {"own": Own}
"""
    )
    project.settings(
        '[[channel]]\nid = "a"\ntype = "plugin"\nplugin = "own"\noptions = { room = "r" }\n'
        '[[channel]]\nid = "b"\ntype = "plugin"\nplugin = "own"\noptions = { broken = true }\n'
        '[[channel]]\nid = "c"\ntype = "plugin"\nplugin = "nobody"\n'
    )
    project.check(BROKEN)
    done = project.run()
    assert "r opened" == (project.path / "own.txt").read_text()
    reasons = {each["channel"]: each["reason"].partition(".")[0] for each in done.record["alerts"]["deliveries"]}
    assert {"a": "", "b": "the channel failed (KeyError)", "c": "no plugin offers this channel"} == reasons
