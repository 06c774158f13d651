"""docs/ci.md shows what the program emits, and what a reader copies out of the pages is accepted."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
import yaml

from pytest_deploycheck.commands.schedule import _OPTIONS
from pytest_deploycheck.emitting import KINDS, plan_of
from pytest_deploycheck.settings.load import load_settings

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
PLAN = plan_of({option: default for option, (default, _) in _OPTIONS.items()})
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ALIKE = ("deploycheck-daily.timer", "deploycheck-weekly.timer", "deploycheck-monthly.timer")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_page_shows_what_is_emitted(kind: str) -> None:
    """Every file stands there as it is; of the timers, which are alike, one and the times of the others."""
    for name, text in KINDS[kind](PLAN).items():
        shown = text.split("OnCalendar=")[1].split("\n")[0] if name in ALIKE else f"`{name}`:"
        assert shown in PAGE
        assert name in ALIKE or f"\n{text}```" in PAGE


def test_every_block_is_emitted_or_a_workflow() -> None:
    """Nothing else stands on the page than what is checked."""
    known = {text for emit in KINDS.values() for text in emit(PLAN).values()}
    (own,) = [text for _, text in BLOCK.findall(PAGE) if text not in known]
    found = yaml.safe_load(own)
    found["on"] = found.pop(True)
    folder = files("check_jsonschema") / "builtin_schemas" / "vendor"
    jsonschema.Draft7Validator(json.loads((folder / "github-workflows.json").read_text("utf-8"))).validate(found)
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    (step,) = [step for step in found["jobs"]["deploy"]["steps"] if step.get("id") == "deploycheck"]
    assert set(step["with"]) <= set(action["inputs"])


def test_every_option_of_the_schedule_is_on_the_page() -> None:
    """The page names the options that change a name or a time."""
    missing = [option for option in _OPTIONS if option not in PAGE]
    assert ["--directory", "--python", "--action", "--requirement"] == missing


OPERATING = [
    text
    for language, text in BLOCK.findall((ROOT / "docs" / "operating.md").read_text(encoding="utf-8"))
    if language == "toml" and text.startswith(("[deployment]", "[verdict.on_rollback]"))
]


@pytest.mark.parametrize("number", range(2))
def test_settings_of_the_operating_page_are_valid(number: int, tmp_path: Path) -> None:
    """What stands there about deployments and rollbacks loads."""
    file = tmp_path / "deploycheck.toml"
    file.write_text(f'[service]\nbase_url = "http://service.internal"\n{OPERATING[number]}')
    settings = load_settings(file, cwd=tmp_path, environ={})
    assert settings.deployment.command or settings.verdict.on_rollback.enabled
