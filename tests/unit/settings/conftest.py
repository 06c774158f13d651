"""Settings files for the tests: written to a folder of their own and loaded from there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pytest_deploycheck.errors import SettingsError, SettingsProblem
from pytest_deploycheck.settings.load import load_settings
from pytest_deploycheck.settings.schema import Settings

SERVICE = '[service]\nbase_url = "http://service.internal"\nbearer = "t0p-s3cret"\nmetrics = "/metrics"\n'

Load = Callable[..., Settings]
Problems = Callable[..., list[SettingsProblem]]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Return a function that loads settings from the text of a file, with a ``[service]`` before it."""

    def loaded(text: str, environ: Mapping[str, str] | None = None, **options: Any) -> Settings:
        file = tmp_path / options.pop("name", "deploycheck.toml")
        file.write_text(text if "service]" in text else SERVICE + text, "utf-8")
        return load_settings(Path(file.name), cwd=tmp_path, environ=environ or {}, **options)

    return loaded


@pytest.fixture
def problems(load: Load) -> Problems:
    """Return a function that loads wrong settings and returns their problems."""

    def found(text: str, environ: Mapping[str, str] | None = None, **options: Any) -> list[SettingsProblem]:
        with pytest.raises(SettingsError) as error:
            load(text, environ, **options)
        return list(error.value.problems)

    return found
