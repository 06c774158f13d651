"""The documentation says what the program does."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from pytest_deploycheck.plugin.options import _SWITCHES, _VALUES, MARKERS
from pytest_deploycheck.settings.load import load_settings
from pytest_deploycheck.settings.reference import markdown
from pytest_deploycheck.settings.telling.build import rules_of, specs_of

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: str, language: str) -> list[str]:
    """Return the code blocks of a page in one language."""
    return [text for found, text in BLOCK.findall((ROOT / page).read_text(encoding="utf-8")) if found == language]


def test_settings_page_is_up_to_date() -> None:
    """docs/settings.md is what the schema says."""
    assert markdown() == (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("number", range(len(blocks("README.md", "toml"))))
def test_settings_in_the_readme_are_valid(number: int, tmp_path: Path) -> None:
    """What a newcomer copies out of the README loads without a complaint."""
    path = tmp_path / "deploycheck.toml"
    path.write_text(blocks("README.md", "toml")[number])
    environ = {"DATABASE_URL": "postgresql://u:p@h/d", "SHOP_TOKEN": "t0ken", "PROBE_PASSWORD": "pr0be"}
    settings = load_settings(path, cwd=tmp_path, environ=environ)
    assert "shop" == settings.service.name
    assert len(tomllib.loads(path.read_text()).get("endpoint", [])) == len(settings.endpoints)


@pytest.mark.parametrize("number", range(len(blocks("docs/metrics.md", "toml"))))
def test_settings_on_the_metrics_page_are_valid(number: int, tmp_path: Path) -> None:
    """Each block loads, added to the sections that the others show."""
    path = tmp_path / "deploycheck.toml"
    text = blocks("docs/metrics.md", "toml")[number]
    sections = {
        "service": '[service]\nbase_url = "http://shop.internal"\n',
        "prometheus": '[prometheus]\nurl = "http://p:1"\n',
    }
    path.write_text("".join(each for name, each in sections.items() if f"[{name}]" not in text) + text)
    environ = {"DATABASE_URL": "postgresql://u:p@h/d", "PROMETHEUS_TOKEN": "t0ken", "REDIS_PASSWORD": "r-pass"}
    settings = load_settings(path, cwd=tmp_path, environ=environ)
    assert any(True for _ in settings.all_items())


def test_the_two_commands_open_the_readme() -> None:
    """The first two shell blocks are the two commands, in their order, each in one line."""
    setup = "python3 -m venv .venv && .venv/bin/pip install -q -e"
    expected = [
        f"{setup} '.[demo]' && .venv/bin/pytest --deploy-phase=first-hour\n",
        f"{setup} '.[dev]' && .venv/bin/pytest tests\n",
    ]
    assert expected == blocks("README.md", "sh")[:2]


@pytest.mark.parametrize("marker", [line.split("(")[0].split(":")[0] for line in MARKERS])
def test_every_marker_is_documented(marker: str) -> None:
    """docs/writing-checks.md names every marker."""
    assert f"`{marker}" in (ROOT / "docs" / "writing-checks.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("number", range(len(blocks("docs/writing-checks.md", "python"))))
def test_python_in_the_docs_compiles(number: int) -> None:
    """Every Python block of the docs is Python."""
    source = blocks("docs/writing-checks.md", "python")[number]
    assert compile(source, f"block {number}", "exec").co_name == "<module>"


def test_every_option_is_documented() -> None:
    """docs/operating.md names every option that the command line has."""
    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    assert [] == [flag for flag, *_ in (*_VALUES, *_SWITCHES) if f"`{flag}" not in page]


ALERT_VARIABLES = ("SLACK_TOKEN", "PAGERDUTY_KEY", "SMTP_PASSWORD", "SMS_URL", "HOOK_SECRET", "GITHUB_TOKEN")


@pytest.mark.parametrize("number", range(len(blocks("docs/alerts.md", "toml"))))
def test_settings_in_the_alerts_page_are_valid(number: int, tmp_path: Path) -> None:
    """What somebody copies out of docs/alerts.md loads, and becomes rules and channels."""
    text = blocks("docs/alerts.md", "toml")[number]
    path = tmp_path / "deploycheck.toml"
    path.write_text(text if "[service]" in text else f'[service]\nbase_url = "https://shop.internal"\n{text}')
    environ = dict.fromkeys(ALERT_VARIABLES, "s3cret-value") | {"HOOK_URL": "https://hook.internal/x"}
    settings = load_settings(path, cwd=tmp_path, environ=environ)
    given = [each["id"] for each in tomllib.loads(text)["channel"] if not each.get("optional")]
    assert given == [spec.id for spec in specs_of(settings)]
    assert set(given) == set(rules_of(settings).channels)
