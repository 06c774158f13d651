"""The shipped checks as pytest sees them: imported under names of their own, beside whatever the project has."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from typing import TYPE_CHECKING, Final

import pytest

from pytest_deploycheck.plugin.names import shipped_checks

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

PREFIX: Final = "pytest_deploycheck.checks."


class ShippedModule(pytest.Module):
    """A file of shipped checks. A project may have a package ``checks`` and a ``test_endpoints.py``, too."""

    def _getobj(self) -> ModuleType:
        name = PREFIX + self.path.stem
        spec = spec_from_file_location(name, self.path)
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[name] = module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


@pytest.hookimpl(tryfirst=True)
def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Dir | None:
    """Take the folder of the shipped checks as a plain folder, for a package would be imported by its short name."""
    if path != shipped_checks():
        return None
    folder: pytest.Dir = pytest.Dir.from_parent(parent, path=path)
    return folder
